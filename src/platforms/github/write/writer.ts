import { header } from "../../generated.ts";
import { acceptSettings } from "../../settings.ts";
import type { Wanted, Writer } from "../../writer.ts";
import { settingCommands } from "../settings/commands.ts";
import { neededSettings } from "../settings/needed.ts";
import { settingsTerraform, terraformFile } from "../settings/terraform.ts";
import { refuseBeyondLimits } from "./limits.ts";
import { layouts, type WriteOptions } from "./options.ts";
import { pinsMovedIn } from "./pinned-actions.ts";
import { settingsFileSchema } from "./settings-file.ts";
import { writeWorkflows } from "./write.ts";

/** What the port asks for. */
export const writer: Writer = {
  write(wanted) {
    const { delivery, format: asked } = wanted;
    const options = writeOptionsOf(wanted);
    const { layout } = options;
    const needed = neededSettings(delivery, options);
    const files = writeWorkflows(delivery, options);
    refuseBeyondLimits(delivery, files, options);
    const next = (where: string) => [
      { command: `baton check ${where}`, why: "looks for races in these files and in the others that are there" },
      { command: "baton doctor --on github", why: "compares what is set on GitHub with what they need" },
    ];
    if ((asked ?? acceptSettings(settingsFileSchema, wanted.settings).format) !== "terraform") {
      return { layout, files, settings: settingCommands(needed), next };
    }
    const command = `baton generate github --layout ${layout} --format terraform`;
    const about = [
      `What the workflows of ${delivery.name} need on GitHub: environments, who approves, required checks.`,
      "",
    ];
    const head = header(about, { delivery: delivery.name, command });
    const file = { path: terraformFile(delivery.name), text: settingsTerraform(needed, head) };
    return { layout, format: "terraform", files: [...files, file], next };
  },
};

/** @throws {CannotWrite} for a setting that is not accepted. */
export function writeOptionsOf({ settings, layout, present }: Wanted): WriteOptions {
  const { format: _, ...given } = acceptSettings(settingsFileSchema, settings);
  const chosen = layouts.find((name) => name === layout) ?? given.layout ?? layouts[0];
  // Pins that a person, Dependabot or Renovate moved in the files that we wrote stay as they are.
  const actions = { ...pinsMovedIn(present), ...given.actions };
  return { ...(given as Partial<WriteOptions>), actions, layout: chosen };
}

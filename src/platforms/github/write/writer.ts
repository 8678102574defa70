import { acceptSettings } from "../../settings.ts";
import type { Writer } from "../../writer.ts";
import { layouts, type WriteOptions } from "./options.ts";
import { pinsMovedIn } from "./pinned-actions.ts";
import { settingsFor } from "./settings.ts";
import { settingsFileSchema } from "./settings-file.ts";
import { writeWorkflows } from "./write.ts";

/** What the port asks for. */
export const writer: Writer = {
  write({ delivery, settings, layout, present }) {
    const given = acceptSettings(settingsFileSchema, settings) as Partial<WriteOptions>;
    const chosen = layouts.find((name) => name === layout) ?? given.layout ?? layouts[0];
    // Pins that a person, Dependabot or Renovate moved in the files that we wrote stay as they are.
    const actions = { ...pinsMovedIn(present), ...given.actions };
    const options: WriteOptions = { ...given, actions, layout: chosen };
    return {
      layout: chosen,
      files: writeWorkflows(delivery, options),
      settings: settingsFor(delivery, options),
      next: (where) => [{ command: `baton check ${where}`, why: "finds nothing in these files" }],
    };
  },
};

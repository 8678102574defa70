import { commandsBefore, createCommand } from "../../platforms/codepipeline/write/create-commands.ts";
import { lowerDelivery } from "../../platforms/codepipeline/write/lower.ts";
import { writeCodePipeline } from "../../platforms/codepipeline/write/write.ts";
import { markOf } from "../../platforms/generated.ts";
import { readForCodePipeline } from "../codepipeline/definition.ts";
import type { ExitCode } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { writing } from "../writing.ts";
import { conclude, type GenerateOptions } from "./generate-outcome.ts";

export async function generateCodePipeline(options: GenerateOptions, terminal: Terminal): Promise<ExitCode> {
  const { project, delivery, write } = await readForCodePipeline(options, terminal);
  const { files, notes } = writing(delivery, terminal.cwd, () => writeCodePipeline(delivery, write));
  const config = options.config === undefined ? "" : ` --config ${options.config}`;
  return conclude({
    options,
    terminal,
    delivery: delivery.name,
    wanted: { root: project.root, files, mark: markOf(delivery.name) },
    command: `baton generate codepipeline --layout ${write.layout} --format ${write.format}${config}`,
    json: () => ({ layout: write.layout, format: write.format, notes }),
    tell(where) {
      for (const note of notes) terminal.say("", ...`note: ${note}`.split("\n"));
      const infrastructure = lowerDelivery(delivery, write);
      const created = { delivery: delivery.name, write, where, files, infrastructure, does: "create" } as const;
      for (const { command, place } of commandsBefore(created)) terminal.suggest(command, `first, ${place}`);
      terminal.suggest(
        createCommand(created),
        "creates it; commit the files first, the builds read them from the source",
      );
    },
  });
}

import { markOf } from "../../platforms/codepipeline/write/header.ts";
import { writeCodePipeline } from "../../platforms/codepipeline/write/write.ts";
import { createCommand } from "../codepipeline/create-commands.ts";
import { readForCodePipeline, writing } from "../codepipeline/definition.ts";
import type { ExitCode } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { conclude, type GenerateOptions } from "./generate-outcome.ts";

export async function generateCodePipeline(options: GenerateOptions, terminal: Terminal): Promise<ExitCode> {
  const { place, delivery, write } = await readForCodePipeline(options, terminal);
  const { files, notes } = writing(() => writeCodePipeline(delivery, write));
  const config = options.config === undefined ? "" : ` --config ${options.config}`;
  return conclude({
    options,
    terminal,
    delivery: delivery.name,
    wanted: { root: place.root, files, mark: markOf(delivery.name) },
    command: `baton generate codepipeline --layout ${write.layout} --format ${write.format}${config}`,
    json: () => ({ layout: write.layout, format: write.format, notes }),
    tell(where) {
      for (const note of notes) terminal.say("", `note: ${note}`);
      terminal.suggest(
        createCommand({ delivery: delivery.name, write, where, files, does: "create" }),
        "creates it; commit the files first, the builds read them from the source",
      );
    },
  });
}

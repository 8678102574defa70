import { answered } from "../../control/control.ts";
import { drawDot } from "../../order/draw/dot.ts";
import type { Drawing } from "../../order/draw/drawing.ts";
import { drawGroups } from "../../order/draw/groups.ts";
import { drawMermaid } from "../../order/draw/mermaid.ts";
import { drawTree } from "../../order/draw/text.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { drawJobs, drawPipelines, environmentNotes, withoutEnvironments } from "../plan-drawing.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { examples } from "./options.ts";
import { type PlanningOptions, planningOptions } from "./plan-options.ts";

const formats: Record<string, (drawing: Drawing) => string> = { mermaid: drawMermaid, dot: drawDot, text: drawTree };

export const describe: CommandModule["describe"] = (command) => {
  planningOptions(command)
    .argument(
      "[PATH]",
      "a repository with workflows or CodePipelines, or one file: draw those instead of the definition",
    )
    .description(
      "Draw what comes before what: the pipelines of the plan, or its jobs. Without --env and --to: every environment.",
    )
    .option("--format <FORMAT>", "text (default), mermaid or dot", "text")
    .option("--jobs", "draw jobs instead of pipelines; of CodePipelines actions instead of stages");
  examples(command, [
    ["baton graph", "pipelines as a tree"],
    ["baton graph --jobs --env dev --format mermaid", "the jobs of dev, for a README"],
    ["baton graph --format dot | dot -Tsvg > graph.svg", "as a picture"],
    ["baton graph . --format mermaid", "the workflows and CodePipelines of this repository, races marked"],
  ]);
};

interface Options extends PlanningOptions {
  format: string;
  jobs?: true;
}

export const run: CommandModule["run"] = async ({ terminal, args, options: given }) => {
  const options = given as unknown as Options;
  const draw = formats[options.format];
  if (!draw) {
    throw new UsageError(`--format ${options.format}: there is no such format`, {
      next: `use ${Object.keys(formats).join(", ")}`,
    });
  }
  if (args[0] !== undefined) {
    const { graphRepository } = await import("./graph-repository.ts");
    return await graphRepository(args[0], { ...options, draw }, terminal);
  }
  const everywhere = options.env === undefined && options.to === undefined;
  const { host } = await connected(terminal, { config: options.config });
  const { plan, delivery } = answered(await host.plan({ ...options, everywhere }));
  const drawing = options.jobs ? drawJobs(plan, delivery) : drawPipelines(plan, delivery);
  if (options.json) terminal.printJson({ version: 1, ...drawing });
  else {
    const text =
      draw === drawTree ? drawGroups(withoutEnvironments(drawing), environmentNotes(delivery)) : draw(drawing);
    terminal.print(...text.trimEnd().split("\n"));
  }
  terminal.suggest("baton plan", "why each of them runs or not");
  return exitCodes.clean;
};

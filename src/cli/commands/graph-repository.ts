import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { check } from "../../check/check.ts";
import { type PipelineGraph, pipelineGraph } from "../../check/graph/pipeline-graph.ts";
import { settingsAt } from "../../control/local/check-settings.ts";
import { readWhole, repositoryOf } from "../../control/local/read-whole.ts";
import type { Drawing } from "../../order/draw/drawing.ts";
import { withoutShortcuts } from "../../order/draw/shortcuts.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface RepositoryGraphOptions {
  readonly format: string;
  readonly jobs?: true;
  readonly json?: true;
  readonly draw: (drawing: Drawing) => string;
}

/** `baton graph PATH`: existing workflows and pipelines instead of a definition. */
export async function graphRepository(
  path: string,
  options: RepositoryGraphOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const folder = resolve(terminal.cwd, path);
  if (!existsSync(folder))
    throw new UsageError(`${path}: there is no such file or folder`, { next: "baton graph PATH" });
  const settings = settingsAt(repositoryOf(folder));
  const { facts, pipelines, simulator, workflows } = await readWhole(folder, settings.defaultBranch);
  if (workflows + pipelines === 0) {
    throw new UsageError(`${path}: there are no workflows (.github/workflows/*.yml) and no CodePipelines`, {
      next: "baton graph",
    });
  }
  const findings = check(facts, { simulator, settings });
  const graph = pipelineGraph(facts, { findings, detail: options.jobs ? "jobs" : "pipelines" });
  if (options.json) terminal.printJson({ version: 1, ...graph.drawing, races: graph.races });
  else terminal.print(...drawn(graph, options).flatMap((text) => text.split("\n")));
  terminal.suggest(`baton check ${path}`, "what is wrong, with the order of events that breaks");
  return exitCodes.clean;
}

function drawn({ drawing, races }: PipelineGraph, { format, draw }: RepositoryGraphOptions): string[] {
  if (format === "text") {
    const lines = races.map(({ from, to, rule }) => `race  ${from} | ${to}  ${rule}`);
    return [draw(withoutShortcuts(drawing)).trimEnd(), ...(lines.length > 0 ? ["", ...lines] : [])];
  }
  const edges = races.map(({ from, to, rule }) => ({ from, to, kind: "order" as const, label: `race: ${rule}` }));
  return [draw({ ...drawing, edges: [...drawing.edges, ...edges] }).trimEnd()];
}

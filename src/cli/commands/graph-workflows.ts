import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { check } from "../../check/check.ts";
import { type PipelineGraph, pipelineGraph } from "../../check/graph.ts";
import type { Drawing } from "../../order/draw/drawing.ts";
import { githubFacts } from "../../platforms/github/facts/github-facts.ts";
import { readRepository } from "../../platforms/github/read/repository.ts";
import { createSimulator } from "../../platforms/github/simulate/simulator.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface WorkflowGraphOptions {
  readonly format: string;
  readonly json?: true;
  readonly draw: (drawing: Drawing) => string;
}

/** `baton graph PATH`: existing workflows instead of a definition. */
export function graphWorkflows(path: string, options: WorkflowGraphOptions, terminal: Terminal): ExitCode {
  const folder = resolve(terminal.cwd, path);
  if (!existsSync(folder))
    throw new UsageError(`${path}: there is no such file or folder`, { next: "baton graph PATH" });
  const repository = readRepository(folder);
  if (repository.workflows.length === 0) {
    throw new UsageError(`${path}: there are no workflows (.github/workflows/*.yml)`, { next: "baton graph" });
  }
  const facts = githubFacts(repository);
  const findings = check(facts, { simulator: createSimulator(repository) });
  const graph = pipelineGraph(facts, findings);
  if (options.json) terminal.printJson({ version: 1, ...graph.drawing, races: graph.races });
  else terminal.print(...drawn(graph, options));
  terminal.suggest(`baton check ${path}`, "what is wrong, with the order of events that breaks");
  return exitCodes.clean;
}

function drawn({ drawing, races }: PipelineGraph, { format, draw }: WorkflowGraphOptions): string[] {
  if (format === "text") {
    const lines = races.map(({ from, to, rule }) => `race  ${from} | ${to}  ${rule}`);
    return [draw(drawing).trimEnd(), ...(lines.length > 0 ? ["", ...lines] : [])];
  }
  const edges = races.map(({ from, to, rule }) => ({ from, to, kind: "order" as const, label: `race: ${rule}` }));
  return [draw({ ...drawing, edges: [...drawing.edges, ...edges] }).trimEnd()];
}

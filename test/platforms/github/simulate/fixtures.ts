import { readRepository } from "../../../../src/platforms/github/read/repository.ts";
import { createSimulator } from "../../../../src/platforms/github/simulate/simulator.ts";
import type { RootEvent, Scenario } from "../../../../src/simulation/scenario.ts";
import type { Simulator } from "../../../../src/simulation/simulator.ts";
import type { Trace } from "../../../../src/simulation/trace.ts";
import { writeTree } from "../read/tree.ts";

/** A simulator of these workflow files; their names are given without the folder. */
export function simulatorOf(files: Record<string, string>): Simulator {
  const tree = Object.fromEntries(Object.entries(files).map(([name, text]) => [`.github/workflows/${name}`, text]));
  return createSimulator(readRepository(writeTree(tree), { defaultBranch: "main" }));
}

export const push = (id: string, more: Partial<Extract<RootEvent, { kind: "push" }>> = {}): RootEvent => ({
  id,
  kind: "push",
  ref: { kind: "branch", name: "main" },
  paths: "every",
  commit: `commit of ${id}`,
  ...more,
});

export function scenario(events: RootEvent[], more: Partial<Scenario> = {}): Scenario {
  return { events, outcomes: [], choices: [], defaultBranch: "main", unknownConditions: "hold", ...more };
}

export const job = (file: string, path: string, event?: string) => ({
  run: { pipeline: `.github/workflows/${file}`, ...(event === undefined ? {} : { event }) },
  path: path.split("/"),
});

export const fails = (file: string, path: string) => ({ job: job(file, path), outcome: "failure" as const });

/** `ci.yml#test success` for each job that ended and was not skipped, in order. */
export function ended(trace: Trace): string[] {
  return trace.entries.flatMap((entry) => {
    if (entry.kind !== "job-ended" || entry.conclusion === "skipped") return [];
    const file = trace.runs[entry.run]!.pipeline.replace(".github/workflows/", "");
    return [`${file}#${entry.path.join("/")} ${entry.conclusion}`];
  });
}

export const conclusions = (trace: Trace) =>
  trace.entries.flatMap((entry) => (entry.kind === "run-ended" ? [entry.conclusion] : []));

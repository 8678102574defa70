import { findCycles } from "../../../order/cycles.ts";
import { transposed } from "../../../order/graph.ts";
import { graphByNames } from "../../../order/keyed-graph.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { type Rule, refusal } from "../subject.ts";

/** Nothing waits for itself: not pipelines, not the jobs of one, not environments. */
export const cycles: Rule = function* ({ environments, pipelines }) {
  const after = new Map([...environments.values()].map((environment) => [environment.name, environment.after]));
  yield* refuseCycles(after, "environments", (name) => ["environments", name, "after"]);
  const needs = new Map([...pipelines.values()].map((pipeline) => [pipeline.name, pipeline.needs]));
  yield* refuseCycles(needs, "pipelines", (name) => ["pipelines", name, "needs"]);
  for (const pipeline of pipelines.values()) {
    const jobs = new Map(Object.entries(pipeline.jobs).map(([name, job]) => [name, job.needs]));
    const at = (name: string) => ["pipelines", pipeline.name, "jobs", name, "needs"];
    yield* refuseCycles(jobs, `jobs of "${pipeline.name}"`, at);
  }
};

function* refuseCycles(
  waitsFor: ReadonlyMap<string, readonly string[]>,
  kind: string,
  pathOf: (name: string) => DefinitionPath,
): Generator<Refusal> {
  const names = [...waitsFor.keys()];
  // A name that does not exist is refused elsewhere.
  const before = (name: string) => waitsFor.get(name)!;
  const graph = graphByNames(names, { nameOf: (name) => name, before, unknown: "passed over" });
  for (const found of findCycles(transposed(graph))) {
    const cycle = found.map((node) => names[node]!);
    const [first, ...others] = cycle as [string, ...string[]];
    yield refusal("cycle", pathOf(first), {
      message: `the ${kind} wait for each other: ${[...cycle, first].join(" -> ")}`,
      related: others.map((name) => ({ message: `"${name}" waits here`, path: pathOf(name) })),
      help: `nothing could start: take ${links(cycle, kind === "environments" ? "after" : "needs")}`,
    });
  }
}

/** Each that can be taken out to open the circle; of a long one the first few. */
function links(cycle: readonly string[], key: "after" | "needs"): string {
  return cycle
    .slice(0, 3)
    .map((name, at) => `"${cycle[(at + 1) % cycle.length]}" out of the "${key}" of "${name}"`)
    .join(", or ");
}

import type { Delivery, Environment, Pipeline } from "../../../model/delivery.ts";
import { matchesAny } from "../../../model/filters.ts";
import { buildKeyedGraph } from "../../../order/keyed-graph.ts";
import { topologicalOrder } from "../../../order/topological.ts";
import { CannotWrite } from "./options.ts";

/**
 * What one push goes through: a branch, and the environments that a release of it reaches, in order. A CodePipeline has
 * one source branch, so each line becomes one pipeline.
 */
export interface Line {
  readonly name: string;
  readonly branch: string;
  readonly environments: readonly Environment[];
  /** What is written in this CodePipeline, in an order in which each comes after those it needs. */
  readonly pipelines: readonly Pipeline[];
  /** All that run on the branch, wherever they are written. */
  readonly onBranch: readonly Pipeline[];
  /** Whether the delivery has no other branch. */
  readonly isOnlyBranch: boolean;
  /** What starts it: pushes to the branch, or pull requests for it. */
  readonly runsFor: "pushes" | "pull requests";
}

/** @throws {CannotWrite} for environments that no single push can reach. */
export function linesOf(delivery: Delivery): Line[] {
  const { environments } = delivery;
  const entryOf = new Map<string, string>();
  for (const environment of inOrder(environments, ({ after }) => after)) {
    entryOf.set(environment.name, branchOf(environment, entryOf));
  }
  const branches = [...new Set(environments.map(({ name }) => entryOf.get(name)!))];
  if (branches.length === 0) {
    throw new CannotWrite(
      `the delivery ${delivery.name} has no environment, so nothing says which branch its pipeline takes`,
      "add an environment with a branch",
    );
  }
  return branches.map((branch) => {
    const own = environments.filter(({ name }) => entryOf.get(name) === branch);
    const pipelines = pipelinesOn(branch, delivery);
    return {
      name: branches.length === 1 ? delivery.name : `${delivery.name}-${own[0]!.name}`,
      branch,
      environments: inOrder(own, ({ after }) => after),
      pipelines,
      onBranch: pipelines,
      isOnlyBranch: branches.length === 1,
      runsFor: "pushes",
    };
  });
}

/** One CodePipeline for each pipeline. @throws {CannotWrite} where two would have one name. */
export function separated(lines: readonly Line[]): Line[] {
  const separate = lines.flatMap((line) =>
    line.pipelines.map((pipeline) => ({ ...line, name: `${line.name}-${pipeline.name}`, pipelines: [pipeline] })),
  );
  const names = separate.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return separate;
  throw new CannotWrite(`two CodePipelines would be called ${twice}`, "rename a pipeline or an environment");
}

function branchOf({ name, branch, after }: Environment, entryOf: ReadonlyMap<string, string>): string {
  if (branch !== undefined && !/^[A-Za-z0-9._/-]+$/.test(branch)) {
    throw new CannotWrite(
      `the environment ${name} takes pushes to ${branch}, and a CodePipeline needs the name of one branch for its source`,
      "name the branch, without a pattern",
    );
  }
  const earlier = new Set(after.map((one) => entryOf.get(one)!));
  if (branch !== undefined) earlier.add(branch);
  const [only, ...others] = earlier;
  if (only === undefined) {
    throw new CannotWrite(
      `the environment ${name} has neither a branch nor an environment that it comes after, so no push reaches it`,
      `give it a branch, or say after which environment it comes`,
    );
  }
  if (others.length > 0) {
    throw new CannotWrite(
      `the environment ${name} is reached from several branches (${[...earlier].join(", ")}), and a CodePipeline has one`,
      "let it come after environments of one branch, or give it a branch and let it come after none",
    );
  }
  return only;
}

function pipelinesOn(branch: string, delivery: Delivery): Pipeline[] {
  const all = inOrder(delivery.pipelines, ({ needs }) => needs);
  const kept = all.filter(({ triggers }) => matchesAny(triggers.branches, [branch]));
  const names = new Set(kept.map(({ name }) => name));
  for (const { name, needs } of kept) {
    const missing = needs.find((need) => !names.has(need));
    if (missing !== undefined) {
      throw new CannotWrite(
        `on ${branch} the pipeline ${name} needs ${missing}, which does not run on this branch`,
        `add ${branch} to the branches of ${missing}`,
      );
    }
  }
  return kept;
}

/** Things after those they name; what no edge moves keeps its place. */
export function inOrder<T extends { name: string }>(
  things: readonly T[],
  before: (thing: T) => readonly string[],
): T[] {
  const named = new Map(things.map((thing) => [thing.name, thing]));
  const edges = things.flatMap((thing) =>
    before(thing).flatMap((name): [T, T][] => {
      const earlier = named.get(name);
      return earlier === undefined ? [] : [[earlier, thing]];
    }),
  );
  return Array.from(topologicalOrder(buildKeyedGraph(things, edges).graph), (index) => things[index]!);
}

import type { Delivery, Environment, Pipeline } from "../../../model/delivery.ts";
import { deploysOn } from "../../../model/deploys-on.ts";
import { matchesAny } from "../../../model/filters.ts";
import { previewOf } from "../../../model/previews.ts";
import { inOrder } from "../../../order/topological.ts";
import { CannotWrite } from "../../generated.ts";

/**
 * What one push goes through: a branch, and the environments that a release of it reaches, in order. A CodePipeline has
 * one source branch, so each line becomes one pipeline.
 */
export interface ReleaseLine {
  readonly name: string;
  readonly branch: string;
  readonly environments: readonly Environment[];
  /** What is written in this CodePipeline, in an order in which each comes after those it needs. */
  readonly pipelines: readonly Pipeline[];
  /** All that run on the branch, wherever they are written. */
  readonly onBranch: readonly Pipeline[];
  /** CodePipelines with these pipelines, on every branch. */
  readonly everywhere: readonly string[];
  /** Whether the delivery has no other branch. */
  readonly isOnlyBranch: boolean;
  /** What starts it: pushes to the branch, or pull requests for it. */
  readonly runsFor: "pushes" | "pull requests";
  /** Its part in a set of pipelines that are built apart and deployed together. Absent: from source to the last environment. */
  readonly joined?: {
    readonly set: string;
    readonly does: "builds" | "deploys";
    /** Names of those that the set is deployed to from this branch. */
    readonly environments: readonly string[];
  };
}

/** @throws {CannotWrite} for environments that no single push can reach. */
export function releaseLinesOf(delivery: Delivery): ReleaseLine[] {
  refusePreview(delivery);
  const { environments } = delivery;
  const branches = [...new Set(environments.flatMap((environment) => branchOf(environment)))];
  const reached = new Map(branches.map((branch) => [branch, deploysOn(delivery, branch)]));
  for (const environment of environments) {
    if (![...reached.values()].some((line) => line.includes(environment))) throw notReached(environment, delivery);
  }
  if (branches.length === 0) {
    throw new CannotWrite(
      `the delivery ${delivery.name} has no environment, so nothing says which branch its pipeline takes`,
      "add an environment with a branch",
    );
  }
  const nameOf = (branch: string) =>
    branches.length === 1 ? delivery.name : `${delivery.name}-${reached.get(branch)![0]!.name}`;
  const everywhere = branches.map(nameOf);
  return branches.map((branch) => {
    const own = reached.get(branch)!;
    const pipelines = pipelinesOn(branch, delivery);
    return {
      name: nameOf(branch),
      branch,
      environments: inOrder(own, ({ after }) => after),
      pipelines,
      onBranch: pipelines,
      everywhere,
      isOnlyBranch: branches.length === 1,
      runsFor: "pushes",
    };
  });
}

/** @throws {CannotWrite} */
function refusePreview(delivery: Delivery): void {
  const preview = previewOf(delivery);
  if (preview === undefined) return;
  throw new CannotWrite(
    `${preview.name} is a preview for each pull request, and generated CodePipelines run for branches alone`,
    "leave it out, or generate github, which deploys it and removes it again",
    ["environments", preview.name, "preview"],
  );
}

function branchOf({ name, branch }: Environment): string[] {
  if (branch === undefined) return [];
  if (/^[A-Za-z0-9._/-]+$/.test(branch)) return [branch];
  throw new CannotWrite(
    `the environment ${name} takes pushes to ${branch}, and a CodePipeline needs the name of one branch for its source`,
    "name the branch, without a pattern",
    ["environments", name, "branch"],
  );
}

/** With branches named in full, at most one push gets anywhere: that of what comes first. */
function notReached({ name, after }: Environment, delivery: Delivery): CannotWrite {
  const entries = [...new Set(entriesOf(name, delivery))];
  if (entries.length > 1) {
    return new CannotWrite(
      `the environment ${name} comes after environments of several branches (${entries.join(", ")}), so no push gets there, and a CodePipeline starts with a push`,
      "let it come after environments of one branch, or give it a branch and let it come after none",
      ["environments", name, "after"],
    );
  }
  return new CannotWrite(
    `the environment ${name} has neither a branch nor an environment ${after.length > 0 ? "that pushes reach before it" : "that it comes after"}, so no push reaches it`,
    "give it a branch, or say after which environment it comes",
    ["environments", name],
  );
}

function entriesOf(name: string, delivery: Delivery): string[] {
  const { branch, after } = delivery.environments.find((environment) => environment.name === name)!;
  return branch === undefined ? after.flatMap((before) => entriesOf(before, delivery)) : [branch];
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
        ["pipelines", name, "needs"],
      );
    }
  }
  return kept;
}

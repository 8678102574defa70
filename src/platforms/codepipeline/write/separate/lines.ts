/**
 * Which CodePipelines a delivery becomes when its pipelines are built apart, and what they are called. Pipelines that
 * nothing joins keep a line of their own; joined ones are built apart, and deployed to each environment by one.
 */

import type { Delivery, Environment } from "../../../../model/delivery.ts";
import { CannotWrite } from "../../../generated.ts";
import { limits } from "../limits.ts";
import { within } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { groupOf } from "../order.ts";
import type { ReleaseLine } from "../release-lines.ts";

interface Around {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
}

/**
 * The lines of all branches, built from those with all pipelines of each. What is joined on one branch is on every other one,
 * because their builds do the same.
 *
 * @throws {CannotWrite} for what no stage can keep apart.
 */
export function separateLines(branches: readonly ReleaseLine[], around: Around): ReleaseLine[] {
  const { name: delivery } = around.delivery;
  const sets = joinedSets(branches, around).map((members) => new Set(members));
  return branches.flatMap((line) =>
    sets.flatMap((members) => {
      const pipelines = line.pipelines.filter(({ name }) => members.has(name));
      if (pipelines.length === 0) return [];
      const apart = pipelines.map((pipeline) => ({
        ...line,
        name: lineName(delivery, pipeline.name, line.branch),
        pipelines: [pipeline],
        everywhere: branches
          .filter((other) => other.pipelines.some(({ name }) => name === pipeline.name))
          .map(({ branch }) => lineName(delivery, pipeline.name, branch)),
      }));
      if (members.size === 1) return apart;
      const first = pipelines[0]!.name;
      const environments = line.environments.map(({ name }) => name);
      const joined = { set: setName(first, line.branch), environments };
      return [
        ...apart.map((one) => ({
          ...one,
          environments: [],
          everywhere: [],
          joined: { ...joined, does: "builds" as const },
        })),
        ...line.environments.map((environment) => ({
          ...line,
          name: deployingName(delivery, first, environment.name),
          environments: [environment],
          pipelines,
          everywhere: [],
          joined: { ...joined, does: "deploys" as const },
        })),
      ];
    }),
  );
}

/** @throws {CannotWrite} where two would have one name. */
export function refuseSameLines(lines: readonly ReleaseLine[]): void {
  const seen = new Set<string>();
  for (const { name } of lines) {
    if (seen.has(name)) {
      throw new CannotWrite(
        `two CodePipelines would be called ${name}`,
        "rename a pipeline, or the branch or environment at the end of the name",
      );
    }
    seen.add(name);
  }
}

/** Always with the branch: a second one renames nothing. */
export const lineName = (delivery: string, pipeline: string, branch: string) =>
  within(limits.codepipeline.name, `${delivery}-${pipeline}-${branch.replaceAll(/[^A-Za-z0-9.@_-]/g, "-")}`);

/** A set has releases of its own on each branch. */
const setName = (first: string, branch: string) => `${first}@${branch}`;

/** An environment is reached by one branch. */
export const deployingName = (delivery: string, set: string, environment: string) =>
  within(limits.codepipeline.name, `${delivery}-${set}-to-${environment}`);

/**
 * Names of pipelines that need each other, or of which jobs are in one concurrency group, over any number of steps. In the
 * order of the branches: the first of each set needs none of the others, and gives the set its name.
 *
 * @throws {CannotWrite} for a group of jobs that are built apart.
 */
export function joinedSets(branches: readonly ReleaseLine[], around: Around): string[][] {
  const pipelines = branches.flatMap((line) => line.pipelines);
  const setOf = new Map(pipelines.map(({ name }) => [name, name]));
  const join = (one: string, other: string) => {
    const [gone, kept] = [setOf.get(one)!, setOf.get(other)!];
    for (const [name, set] of setOf) if (set === gone) setOf.set(name, kept);
  };
  for (const { name, needs } of pipelines) for (const need of needs) join(name, need);
  for (const line of branches) {
    for (const environment of line.environments) {
      for (const members of pipelinesByGroup(line, environment, around).values()) {
        for (const member of members) join(member, members[0]!);
      }
    }
    for (const [group, members] of pipelinesByGroup(line, undefined, around)) {
      if (members.length < 2) continue;
      throw new CannotWrite(
        `the concurrency group ${group} has jobs of ${members.join(" and ")} that run once for each release, and separate CodePipelines build apart`,
        "put these jobs into one pipeline, or use the layout single",
      );
    }
  }
  return [...Map.groupBy(setOf.keys(), (name) => setOf.get(name)).values()];
}

/** Concurrency groups of an environment, or of all releases, with the pipelines that have jobs in them. */
function pipelinesByGroup(
  line: ReleaseLine,
  environment: Environment | undefined,
  around: Around,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const pipeline of line.pipelines) {
    for (const [name, job] of Object.entries(pipeline.jobs)) {
      if ((job.per === "release") !== (environment === undefined)) continue;
      const group = groupOf({ ...around, line, pipeline, name, job, environment });
      if (group === undefined) continue;
      const members = found.get(group) ?? [];
      if (!members.includes(pipeline.name)) members.push(pipeline.name);
      found.set(group, members);
    }
  }
  return found;
}

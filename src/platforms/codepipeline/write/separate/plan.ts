/** What the function of separate pipelines knows of a delivery. */

import { patternSource } from "../../../../model/filters.ts";
import type { LineStages } from "../stages.ts";
import type { Plan, PlannedEnvironment, PlannedSet } from "./program/releases.cjs";

type PlacedLine = Pick<LineStages, "line" | "places">;

/** Sets only: lines of their own need no function. */
export function releasesPlan(lines: readonly PlacedLine[]): Plan {
  const sets: Record<string, PlannedSet> = {};
  const joined = lines.filter(({ line }) => line.joined);
  for (const [set, own] of Map.groupBy(joined, ({ line }) => line.joined!.set)) sets[set] = plannedSet(own);
  return { sets };
}

function plannedSet(lines: readonly PlacedLine[]): PlannedSet {
  const { branch } = lines[0]!.line;
  const building = lines.filter(({ line }) => line.joined!.does === "builds");
  const deploying = lines.filter(
    ({ line, places }) => line.joined!.does === "deploys" && places.some(({ environment }) => environment),
  );
  const there = new Map(deploying.map((one) => [one.line.environments[0]!.name, one]));
  return {
    branch,
    members: building.map(({ line }) => {
      const { name, needs, triggers } = line.pipelines[0]!;
      return {
        name,
        needs,
        paths: triggers.paths.map((glob) => [glob.startsWith("!") ? "without" : "with", patternSource(glob)] as const),
        codepipeline: line.name,
      };
    }),
    environments: deploying.map(({ line, places }): PlannedEnvironment => {
      const { name, after, approval } = line.environments[0]!;
      const environments = places[0]!.delivery.environments;
      return {
        name,
        codepipeline: line.name,
        after: nearest(after, {
          isThere: (one) => there.has(one),
          before: (one) => environments.find((environment) => environment.name === one)!.after,
        }),
        ...(approval && { approval: { stage: `Approve-${name}`, action: `approve-${name}` } }),
      };
    }),
  };
}

/** Environments that are there; in the place of one that is not, the ones before it. */
function nearest(
  names: readonly string[],
  { isThere, before }: { isThere(name: string): boolean; before(name: string): readonly string[] },
): string[] {
  const found = names.flatMap((name) => (isThere(name) ? [name] : nearest(before(name), { isThere, before })));
  return [...new Set(found)];
}

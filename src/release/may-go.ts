import type { Delivery } from "../model/delivery.ts";
import { plan } from "../plan/make-plan.ts";
import type { Deployed, History, PlannedPipeline, PlanRequest } from "../plan/plan.ts";
import { missingFrom, type Release, releaseIn } from "./release.ts";

/** Why something may not go to an environment; data, for whoever has to put it into words. */
export type MayNot =
  /** It has not passed what comes before: there a pipeline would still have to run. */
  | { code: "not-passed"; before: string[]; open: PlannedPipeline }
  /** The environment before has other files or another version of a pipeline than the release. */
  | { code: "not-proven"; before: string; pipeline: string }
  /** Files or values of it are missing: it is not the set that was proven. */
  | { code: "incomplete"; missing: string[] }
  /** A newer one is there: going back is a rollback, and asked for as such. */
  | { code: "older"; pipeline: string; here: number; comes: number };

/** Environments that come before, however far, in promotion order. */
export function environmentsBefore({ environments }: Delivery, name: string): string[] {
  const named = new Map(environments.map((environment) => [environment.name, environment]));
  const before = new Set(named.get(name)?.after);
  for (const one of before) for (const further of named.get(one)?.after ?? []) before.add(further);
  return environments.flatMap((environment) => (before.has(environment.name) ? [environment.name] : []));
}

/**
 * Whether the files of a request may go to an environment alone: when what comes before it has nothing left to do for them.
 * The request's own environments do not matter.
 */
export function mayDeploy(delivery: Delivery, request: PlanRequest, environment: string): MayNot | undefined {
  const before = environmentsBefore(delivery, environment);
  if (before.length === 0) return undefined;
  // With the environment itself, whose needs may send something through those before it again.
  const { pipelines, jobs } = plan(delivery, { ...request, environments: [...before, environment] });
  // Where all that a pipeline does is done already, nothing is left to pass.
  const isBefore = (at: { environment?: string }) => at.environment !== environment;
  const busy = new Set(
    jobs.filter(isBefore).flatMap(({ decision, pipeline }) => (decision === "run" ? [pipeline] : [])),
  );
  const open = pipelines.find((item) => isBefore(item) && item.decision === "run" && busy.has(item.pipeline));
  return open && { code: "not-passed", before, open };
}

/**
 * Whether a release may be promoted to an environment: all of it is there, every environment right before has the very same,
 * and nothing newer is in place.
 */
export function mayPromote(
  delivery: Delivery,
  { release, to, history }: { release: Release; to: string; history: History },
): MayNot | undefined {
  const missing = missingFrom(delivery, release);
  if (missing.length > 0) return { code: "incomplete", missing };
  const after = delivery.environments.find(({ name }) => name === to)?.after ?? [];
  for (const before of after) {
    const proven = releaseIn(delivery, history, before)?.pipelines ?? {};
    for (const [pipeline, version] of Object.entries(release.pipelines)) {
      const there = Object.hasOwn(proven, pipeline) ? proven[pipeline] : undefined;
      const files = perReleaseArtifacts(delivery, pipeline);
      if (there === undefined || !isSame(version, there, files)) return { code: "not-proven", before, pipeline };
    }
  }
  const here = releaseIn(delivery, history, to)?.pipelines ?? {};
  for (const [pipeline, { release: comes }] of Object.entries(release.pipelines)) {
    const there = Object.hasOwn(here, pipeline) ? here[pipeline]!.release : 0;
    if (there > comes) return { code: "older", pipeline, here: there, comes };
  }
  return undefined;
}

/** The same commit and the same files; what is made anew in each environment is no part of the comparison. */
function isSame(one: Deployed, other: Deployed, files: readonly string[]): boolean {
  return (
    one.commit === other.commit && files.every((name) => one.artifacts[name]?.digest === other.artifacts[name]?.digest)
  );
}

function perReleaseArtifacts({ pipelines }: Delivery, pipeline: string): string[] {
  const jobs = pipelines.find(({ name }) => name === pipeline)?.jobs ?? {};
  return Object.values(jobs).flatMap(({ per, artifacts }) => (per === "release" ? Object.keys(artifacts) : []));
}

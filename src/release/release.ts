import type { Delivery } from "../model/delivery.ts";
import type { Deployed, History } from "../plan/plan.ts";

/**
 * The exact set that was proven together in an environment: of each pipeline the version that is deployed there, with its
 * outputs and the digests of its artifacts. This is what is promoted and what is rolled back to, never a commit alone.
 */
export interface Release {
  environment: string;
  /** The newest release that brought a pipeline here; others of the set may be older and unchanged since. */
  number: number;
  pipelines: Record<string, Deployed>;
}

/** What an environment has; undefined when nothing was ever deployed there. Pipelines that the delivery has lost are left out. */
export function releaseIn(delivery: Delivery, history: History, environment: string): Release | undefined {
  const there = Object.hasOwn(history.deployed, environment) ? history.deployed[environment]! : {};
  const known = delivery.pipelines.filter(({ name }) => Object.hasOwn(there, name));
  if (known.length === 0) return undefined;
  const pipelines = Object.fromEntries(known.map(({ name }) => [name, there[name]!]));
  return { environment, number: Math.max(...known.map(({ name }) => there[name]!.release)), pipelines };
}

/** What the per-release jobs of the set's pipelines should have left and did not: `web.dist`. Empty: it is complete. */
export function missingFrom(delivery: Delivery, { pipelines }: Pick<Release, "pipelines">): string[] {
  return delivery.pipelines.flatMap(({ name, jobs, outputs }) => {
    const deployed = Object.hasOwn(pipelines, name) ? pipelines[name]! : undefined;
    if (deployed === undefined) return [];
    const perRelease = Object.entries(jobs).filter(([, { per }]) => per === "release");
    const artifacts = perRelease.flatMap(([, job]) => Object.keys(job.artifacts));
    const promised = Object.entries(outputs).filter(([, { job }]) => perRelease.some(([maker]) => maker === job));
    return [
      ...artifacts.filter((artifact) => !Object.hasOwn(deployed.artifacts, artifact)),
      ...promised.flatMap(([output]) => (Object.hasOwn(deployed.outputs, output) ? [] : [output])),
    ].map((missing) => `${name}.${missing}`);
  });
}

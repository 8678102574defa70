import { type EnvironmentKind, environmentKindIn } from "../../facts/environment-kind.ts";
import type { JobFacts } from "../../facts/facts.ts";
import { literalText } from "./wording.ts";

/** By environment first, then by the job's own names. */
export function environmentKindOf(job: JobFacts): EnvironmentKind | undefined {
  const environment = job.environment && literalText(job.environment.name);
  return (environment ? environmentKindIn(environment) : undefined) ?? environmentKindIn(`${job.key} ${job.label}`);
}

import { changesEnvironment } from "../../changes-environment.ts";
import type { Concurrency, ContextName, Step, Value } from "../../delivery.ts";
import type { Refusal } from "../../refusal.ts";
import type { PlacedJob } from "../placed.ts";
import { type Rule, refusal } from "../subject.ts";

/** What an action leaves changed: something that runs or is looked after (`state`), files in a bucket, a stored value. */
const changing: ReadonlyMap<string, "state" | "files" | "value"> = new Map([
  ["terraform.apply", "state"],
  ["terraform.destroy", "state"],
  ["cloudformation.deploy", "state"],
  ["cdk.deploy", "state"],
  ["lambda.update", "state"],
  ["lambda.blue-green", "state"],
  ["s3.sync", "files"],
  ["parameter-store.put", "value"],
]);

/** A job that changes an environment says so: only then does it take the environment's lock, and only then is it undone. */
export const changes: Rule = function* (subject) {
  for (const placed of subject.jobs) {
    if (changesEnvironment(placed.job)) continue;
    for (const [index, step] of placed.job.steps.entries()) {
      const changed = step.action && changing.get(step.action.kind);
      if (changed === undefined) continue;
      const refused = placed.job.per === "release" ? oncePerRelease(step, placed, changed) : unlocked(step, placed);
      if (!refused) continue;
      yield { ...refused, path: [...placed.path, "steps", index] };
      // One is enough to see what is missing.
      break;
    }
  }
};

function unlocked(step: Step, { name, path }: PlacedJob): Refusal {
  return refusal("changes-without-deploys", path, {
    message: `the step "${step.name}" changes an environment, but its job "${name}" does not say that it deploys: nothing keeps two runs from doing it at once`,
    help: `add deploys: true to "${name}"; checks that need no lock go into a job of their own`,
  });
}

/** Files and values that a release leaves in a place of its own are its packages; all else is shared by all releases. */
function oncePerRelease(step: Step, { name, job, path }: PlacedJob, changed: string): Refusal | undefined {
  if (changed === "value") return undefined;
  if (changed === "files") {
    const { others, bucket, prefix } = step.action!.inputs;
    if (others !== "deleted" || [bucket, prefix].some(differsByRelease)) return undefined;
    return refusal("release-job-changes", path, {
      message: `the step "${step.name}" of the job "${name}" runs once per release and deletes what is there: the next release takes away what this one still needs in its later environments`,
      help: 'give each release a place of its own, prefix: ["web/", context("commit")], or keep what is there, others: "kept"',
    });
  }
  if (isAlone(job.concurrency)) return undefined;
  return refusal("release-job-changes", path, {
    message: `the step "${step.name}" changes something that all releases share, but its job "${name}" runs once per release and holds no lock: two releases may do it at once`,
    help: `make "${name}" per: "environment" with deploys: true; where it belongs to no environment, give it a concurrency group`,
  });
}

const ofRelease: ReadonlySet<ContextName> = new Set(["release", "run", "commit"]);

function differsByRelease(value: Value | undefined): boolean {
  if (value === undefined || typeof value === "string") return false;
  if (Array.isArray(value)) return value.some(differsByRelease);
  return "output" in value || ("context" in value && ofRelease.has(value.context));
}

/** One at a time, over all runs. */
function isAlone(concurrency: Concurrency | undefined): boolean {
  return concurrency !== undefined && concurrency.limit === 1 && typeof concurrency.group === "string";
}

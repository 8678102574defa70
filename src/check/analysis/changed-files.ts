/** Work that is done only for the files that one push has changed. */

import type { JobFacts, StepFacts } from "../../facts/facts.ts";
import type { Analysis } from "./analysis.ts";
import { type Effect, lastingEffects } from "./effects.ts";

/** The step that tells which files have changed. */
export interface Detector {
  readonly job: JobFacts;
  readonly step: StepFacts;
}

/** They compare a push with the one before, unless they are told another commit. */
const actions =
  /^(?:dorny\/paths-filter|tj-actions\/changed-files|step-security\/(?:paths-filter|changed-files)|tj-actions\/verify-changed-files|jitterbit\/get-changed-files|trilom\/file-changes-action|technote-space\/get-diff-action)$/;
const commands = /\bgit\s+diff\b[^\n]*(?:github\.event\.before|HEAD(?:\^|~1)|HEAD\^1)/;
const otherBase = ["base", "base_sha", "since"];

function detects(step: StepFacts): boolean {
  if (step.kind === "command") return commands.test(step.text);
  // An action of one's own, handed the commit before the push.
  if (/\bgithub\.event\.before\b/.test(step.text)) return true;
  return (
    step.action !== undefined &&
    actions.test(step.action) &&
    !otherBase.some((name) => step.parameter(name) !== undefined)
  );
}

/** What decides, by what one push changed, whether the effect takes place; undefined where it always does. */
export function changesAskedFor(analysis: Analysis, job: JobFacts, { step }: Effect): Detector | undefined {
  const own = job.steps.find(detects);
  if (own?.id && step?.condition?.reads.some((path) => path.startsWith(`steps.${own.id}.outputs`))) {
    return { job, step: own };
  }
  const reads = [job, ...callersOf(analysis, job)].flatMap(({ condition }) => condition?.reads ?? []);
  for (const before of analysis.jobsBefore(job)) {
    const found = before.steps.find(detects);
    if (found && reads.some((path) => path.startsWith(`needs.${before.key.toLowerCase()}.outputs`))) {
      return { job: before, step: found };
    }
  }
  return undefined;
}

/** A run of it that is dropped while it waits is not made up for by the next one. */
export function deploysOwnChangesOnly(analysis: Analysis, job: JobFacts): boolean {
  return lastingEffects(job).some((effect) => changesAskedFor(analysis, job, effect) !== undefined);
}

function callersOf(analysis: Analysis, job: JobFacts): JobFacts[] {
  const caller = job.caller === undefined ? undefined : analysis.facts.job(job.caller);
  return caller ? [caller, ...callersOf(analysis, caller)] : [];
}

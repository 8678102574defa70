/** Missing gates: work with an effect that happens although what was before it did not succeed. */

import type { Activation, Conclusion, JobFacts, Pipeline } from "../../facts/facts.ts";
import { type Analysis, asksForOtherRuns, can, weakest } from "./analysis.ts";
import { type Effect, lastingEffects, reportsOrCleans } from "./effects.ts";
import { onceFor } from "./once-for.ts";
import { type TriggerChain, withConclusion } from "./trigger-chains.ts";

export interface UngatedEffect {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly effect: Effect;
  readonly chain: TriggerChain;
  /** Conclusions of the run before under which it happens all the same; none where it does not even wait for its end. */
  readonly conclusions: readonly Conclusion[];
  readonly activation: Activation;
}

const bad: readonly Conclusion[] = ["failure", "cancelled", "skipped", "timed_out"];

/** Effects of runs that a completion starts, with the bad conclusions they do not stop at. One for each job. */
export const effectsAfterBadRuns: (analysis: Analysis) => readonly UngatedEffect[] = onceFor((analysis) => {
  const found: UngatedEffect[] = [];
  for (const { pipeline, job } of analysis.work()) {
    const effects = lastingEffects(job);
    if (effects.length === 0 || reportsOrCleans(job)) continue;
    const hit = firstUngated(analysis, pipeline, job, effects);
    if (hit) found.push(hit);
  }
  // A guard on the first of a chain stops those that need it too.
  return found.filter(
    ({ job }) => !found.some((other) => analysis.before(other.job, job) && !job.condition?.overridesSuccess),
  );
});

function firstUngated(
  analysis: Analysis,
  pipeline: Pipeline,
  job: JobFacts,
  effects: readonly Effect[],
): UngatedEffect | undefined {
  let weaker: UngatedEffect | undefined;
  for (const chain of analysis.chains(pipeline)) {
    if (!chain.upstream || chain.depth > 2) continue;
    for (const effect of effects) {
      const runs = (each: TriggerChain): Activation =>
        weakest(job.runs(each.circumstances), effect.step?.runs(each.circumstances) ?? "yes");
      if (!can(runs(chain))) continue;
      if (chain.circumstances.upstream?.conclusion === undefined) {
        // Started by the request: the run before has not even begun.
        if (guardsItself(analysis, job, effect)) continue;
        return { pipeline, job, effect, chain, conclusions: [], activation: runs(chain) };
      }
      const conclusions = bad.filter((conclusion) => can(runs(withConclusion(chain, conclusion))));
      if (conclusions.length === 0 || guardsItself(analysis, job, effect)) continue;
      if (needsWhatOnlySuccessMakes(analysis, job, chain)) continue;
      const activation = runs(withConclusion(chain, conclusions[0]!));
      const hit = { pipeline, job, effect, chain, conclusions, activation };
      if (conclusions.includes("failure")) return hit;
      weaker ??= hit;
    }
  }
  return weaker;
}

/** An earlier step or job asks how the run before ended. */
function guardsItself(analysis: Analysis, job: JobFacts, effect: Effect): boolean {
  const earlier = job.steps.slice(0, effect.step ? job.steps.indexOf(effect.step) + 1 : 0);
  return earlier.some(asksForOtherRuns) || analysis.jobsBefore(job).some((each) => each.steps.some(asksForOtherRuns));
}

/**
 * It downloads, by name and from the run before, what that run uploads as the last thing it does: no success, no artifact,
 * and the download fails.
 */
function needsWhatOnlySuccessMakes(analysis: Analysis, job: JobFacts, chain: TriggerChain): boolean {
  const upstream = analysis.facts.pipeline(chain.circumstances.upstream!.pipeline);
  if (!upstream) return false;
  const downloads = [job, ...analysis.jobsBefore(job)].flatMap((each) =>
    each.steps.filter(
      (step) =>
        !step.failureIgnored &&
        !step.condition &&
        step.accesses.some(
          (access) =>
            access.kind === "resource" &&
            access.resource === "artifact" &&
            access.mode === "read" &&
            access.key.length > 0 &&
            !access.details.has("pattern") &&
            access.binding.kind === "given-run",
        ),
    ),
  );
  if (downloads.length === 0) return false;
  return upstream.jobs.some((producer) => {
    if (producer.kind !== "work") return false;
    const uploads = producer.steps.findIndex(
      (step) =>
        !step.condition &&
        step.accesses.some(
          (access) => access.kind === "resource" && access.resource === "artifact" && access.mode !== "read",
        ),
    );
    if (uploads < 0 || uploads < producer.steps.length - 1) return false;
    return upstream.jobs.every((each) => each === producer || each.kind === "call" || analysis.before(each, producer));
  });
}

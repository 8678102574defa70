import type { JobFacts, Lock, Pipeline, StepFacts } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { somehowAtOnce } from "../analysis/at-once.ts";
import { effectsOf } from "../analysis/effects.ts";
import { imagesOf, isMutableTag, tagOf } from "../analysis/images.ts";
import { locksOf, sharedLock } from "../analysis/locks.ts";
import { onceFor } from "../analysis/once-for.ts";
import { fileName, jobName, list, sameKey } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const duplicateProducer: Rule = {
  id: "duplicate-producer",
  severity: "warning",
  kind: "race",
  title: "two workflows publish the same version",
  why: "Both build and push one version of one thing. Where versions cannot be overwritten the second fails; where they can, what is tested and what is deployed may be two different builds.",
  url: documentation.concurrency,
  *find(analysis) {
    yield* oneEventTwoProducers(analysis);
    yield* oneProducerTwoCallers(analysis);
  },
};

/** Two jobs push the same tag, made of the commit, on one event. */
function* oneEventTwoProducers(analysis: Analysis): Generator<Candidate> {
  const writes = imagesOf(analysis, "write");
  const seen = new Set<string>();
  for (const [i, first] of writes.entries()) {
    const tag = tagOf(first.name);
    if (
      first.name.length === 0 ||
      (tag !== undefined && isMutableTag(tag)) ||
      !first.name.some((part) => part.kind === "text")
    )
      continue;
    for (const second of writes.slice(i + 1)) {
      if (first.pipeline === second.pipeline || !sameKey(first.name, second.name) || !namesCommit(first.name)) continue;
      const pair = analysis
        .together(first.pipeline, second.pipeline)
        .find(
          ({ a, b }) =>
            can(analysis.stepRuns(first.job, first.step, a.circumstances)) &&
            can(analysis.stepRuns(second.job, second.step, b.circumstances)),
        );
      const once = [first.pipeline.id, second.pipeline.id].join(" ");
      if (!pair || seen.has(once)) continue;
      if (
        sharedLock(
          analysis,
          { job: first.job, under: pair.a.circumstances },
          { job: second.job, under: pair.b.circumstances },
        ) !== "no"
      )
        continue;
      seen.add(once);
      const { a: chain, b: otherChain } = pair;
      yield {
        message: `${fileName(first.pipeline.id)} and ${fileName(second.pipeline.id)} both push ${showKey(first.name)} on ${chain.described}`,
        at: second.step.at,
        related: [{ at: first.step.at, message: `Also pushed by "${jobName(first.job)}"` }],
        confidence: "high",
        schedule: [
          `${chain.described} -> ${fileName(first.pipeline.id)} starts; ${fileName(second.pipeline.id)} starts`,
          `"${jobName(first.job)}" pushes ${showKey(first.name)}`,
          `"${jobName(second.job)}" pushes another build under the same name`,
        ],
        help: "Build it once, in one workflow, and let the others use what it pushed.",
        claim: analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: jobPattern(first.job, chain) },
            { kind: "job-ended", job: jobPattern(second.job, otherChain) },
          ],
          { kind: "before", first: jobPattern(first.job, chain), second: jobPattern(second.job, otherChain) },
        ),
      };
    }
  }
}

function namesCommit(name: ReturnType<typeof imagesOf>[number]["name"]): boolean {
  return name.some((part) => part.kind === "expression" && /sha|version|tag|commit|ref/.test(part.text));
}

interface Occurrence {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly step: StepFacts | undefined;
}

interface SharedProducer {
  readonly callers: readonly Pipeline[];
  /** What publishes, in the run of the first caller. */
  readonly first: Occurrence;
  readonly lock: Lock;
  readonly claim: Claim;
}

/**
 * Called workflows that publish what their caller names, under a lock that is keyed by that name and by the caller: two
 * callers publish the same thing at once.
 */
export const producersLockedByCaller: (analysis: Analysis) => readonly SharedProducer[] = onceFor((analysis) => [
  ...sharedProducers(analysis),
]);

function* sharedProducers(analysis: Analysis): Generator<SharedProducer> {
  const byPlace = new Map<object, Occurrence[]>();
  for (const { pipeline, job } of analysis.work()) {
    const effect = effectsOf(job).find((each) => each.kind === "publish");
    if (!effect) continue;
    const occurrences = byPlace.get(job.keyAt) ?? [];
    byPlace.set(job.keyAt, [...occurrences, { pipeline, job, step: effect.step }]);
  }
  for (const occurrences of byPlace.values()) {
    const callers = [...new Set(occurrences.map(({ pipeline }) => pipeline))];
    const [first] = occurrences;
    if (!first || callers.length < 2) continue;
    const lock = locksOf(analysis, first.job).find(
      (each) => each.file === first.job.file && each.reads.includes("github.workflow") && keyedByVersion(each.reads),
    );
    const second = occurrences.find(({ pipeline }) => pipeline === callers[1]);
    const claim = second && somehowAtOnce(analysis, first, second);
    if (lock && claim) yield { callers, first, lock, claim };
  }
}

function* oneProducerTwoCallers(analysis: Analysis): Generator<Candidate> {
  for (const { callers, first, lock, claim } of producersLockedByCaller(analysis)) {
    yield {
      message: `"${first.job.key}" in ${fileName(first.job.file)} is run by ${list(callers.map((each) => fileName(each.id)))}; its group holds the caller's name, so they publish one version at the same time`,
      at: first.step?.at ?? first.job.keyAt,
      related: [
        { at: lock.at, message: "`github.workflow` is the caller's name here: each caller has a group of its own" },
      ],
      confidence: "medium",
      schedule: [
        `${fileName(callers[0]!.id)} calls ${fileName(first.job.file)} for a commit; ${fileName(callers[1]!.id)} calls it for the same commit`,
        "both find that it is not published yet",
        "both build and publish it; the second one fails or overwrites the first",
      ],
      help: `Take \`github.workflow\` out of the group and write the name of what is published instead.`,
      claim,
    };
  }
}

function keyedByVersion(reads: readonly string[]): boolean {
  return reads.some((path) => /commit|sha|version|tag|ref$/.test(path) && path !== "github.ref");
}

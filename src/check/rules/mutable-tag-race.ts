import type { Key } from "../../facts/access.ts";
import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { isStaged } from "../../facts/stages.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { follows, startedTogether } from "../analysis/beside.ts";
import { type Effect, isDocumentation, lastingEffects } from "../analysis/effects.ts";
import { type ImageAccess, imagesOf, isMutableTag, tagOf, usesInCommands } from "../analysis/images.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { jobName, literalText, sameKey } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const mutableTagRace: Rule = {
  id: "mutable-tag-race",
  severity: "error",
  kind: "race",
  title: "uses a moving tag that another workflow pushes on the same event",
  why: "Both start together. What the tag points to when it is read depends on who is faster: the image of this commit or of the one before.",
  url: documentation.trigger,
  *find(analysis) {
    const writes = imagesOf(analysis, "write");
    const seen = new Set<object>();
    for (const found of takenUnnamed(analysis, writes)) yield unnamed(analysis, found);
    for (const read of [...imagesOf(analysis, "read"), ...usesInCommands(analysis, writes)]) {
      const tag = tagOf(read.name);
      if (read.access.binding.kind === "given-digest") continue;
      if (tag === undefined || !isMutableTag(tag) || seen.has(read.step.at) || analysis.waitsOrAsks(read.job)) continue;
      for (const write of writes) {
        if (!mayBeSame(read.name, write.name) || write.job === read.job || analysis.before(write.job, read.job))
          continue;
        const pair = chainsOfBoth(analysis, write, read.pipeline, read.job).find(
          ({ a, b }) =>
            sameKey(read.name, write.step.resolve(write.access.key, a.circumstances)) &&
            can(analysis.stepRuns(write.job, write.step, a.circumstances)) &&
            can(analysis.stepRuns(read.job, read.step, b.circumstances)),
        );
        if (!pair) continue;
        seen.add(read.step.at);
        const { a: chain, b: readChain } = pair;
        yield {
          message: `"${jobName(read.job)}" uses ${showKey(read.name)} while "${jobName(write.job)}" in ${write.pipeline.label} is pushing it`,
          at: isStaged(read.pipeline) && read.access.mode === "read" ? read.access.at : read.step.at,
          related: [
            {
              at: isStaged(write.pipeline) ? write.access.at : write.step.at,
              message: "Pushed here on the same event; nothing orders the two",
            },
          ],
          confidence: "high",
          schedule: [
            `${chain.described} -> ${[...new Set([write.pipeline.label, read.pipeline.label])].join(" starts; ")} starts`,
            `"${jobName(read.job)}" takes ${showKey(read.name)}: still the old image`,
            `"${jobName(write.job)}" pushes the new one`,
          ],
          ...(isStaged(read.pipeline) || isStaged(write.pipeline)
            ? {
                url: awsDocumentation.executions,
                help: "Tag images with the commit, use that tag, and start the one when the other has succeeded.",
              }
            : { help: "Tag images with the commit (`github.sha`), use that tag, and let the use need the push." }),
          claim: analysis.claim(
            [chain, readChain],
            [
              { kind: "job-ended", job: jobPattern(read.job, readChain) },
              { kind: "job-ended", job: jobPattern(write.job, chain) },
            ],
            { kind: "before", first: jobPattern(read.job, readChain), second: jobPattern(write.job, chain) },
          ),
        };
        break;
      }
    }
  },
};

/** Equal already, or with a hole in the tag that a branch may fill. */
function mayBeSame(read: Key, write: Key): boolean {
  if (sameKey(read, write)) return true;
  const [first, last] = [write[0], write.at(-1)];
  return (
    write.length === 2 &&
    last?.kind === "expression" &&
    first?.kind === "text" &&
    first.text.endsWith(":") &&
    (literalText(read) ?? "").startsWith(first.text)
  );
}

/** Chains of both that one event starts, where the read does not come after the write. */
function chainsOfBoth(analysis: Analysis, write: ImageAccess, pipeline: Pipeline, job: JobFacts) {
  if (follows(pipeline, write.pipeline)) return [];
  return startedTogether(analysis, [write.pipeline, pipeline], [write.job, job]);
}

/** Commands that take whatever a moving tag points to then, without naming it. */
const takesNewest =
  /\bdocker[- ]compose\b[^\n]*\s(?:pull\b|up\b[^\n]*--pull[= ]always)|\bkubectl\b[^\n]*\brollout restart\b|\baws ecs update-service\b(?:[^\n]|\\\n)*--force-new-deployment/;

interface Unnamed {
  readonly write: ImageAccess;
  readonly effect: Effect;
  readonly pair: { readonly a: TriggerChain; readonly b: TriggerChain };
  readonly name: Key;
}

function* takenUnnamed(analysis: Analysis, writes: readonly ImageAccess[]): Generator<Unnamed> {
  for (const { pipeline, job } of analysis.work()) {
    const effect = lastingEffects(job).find(
      (each) =>
        each.kind === "deploy" &&
        !isDocumentation(each) &&
        each.step &&
        takesNewest.test(`${each.step.text}\n${each.step.opened}`),
    );
    if (!effect || analysis.waitsOrAsks(job)) continue;
    // Whoever has pushed an image before it deploys takes that one.
    const before = [job, ...analysis.jobsBefore(job)];
    if (writes.some((write) => before.includes(write.job))) continue;
    const found = firstUnnamed(analysis, pipeline, effect, writes);
    if (found) yield found;
  }
}

function firstUnnamed(
  analysis: Analysis,
  pipeline: Pipeline,
  effect: Effect,
  writes: readonly ImageAccess[],
): Unnamed | undefined {
  for (const write of writes) {
    if (write.pipeline === pipeline) continue;
    for (const pair of chainsOfBoth(analysis, write, pipeline, effect.job)) {
      const name = write.step.resolve(write.access.key, pair.a.circumstances);
      const tag = tagOf(name);
      if (tag === undefined || !isMutableTag(tag)) continue;
      if (pair.b.upstream && analysis.startsAfter(pair.b, write.pipeline.id)) continue;
      if (!can(analysis.stepRuns(write.job, write.step, pair.a.circumstances))) continue;
      if (can(analysis.stepRuns(effect.job, effect.step!, pair.b.circumstances))) return { write, effect, pair, name };
    }
  }
  return undefined;
}

function unnamed(analysis: Analysis, { write, effect, pair, name }: Unnamed): Candidate {
  const { a, b } = pair;
  const [file, maker] = [analysis.facts.pipeline(effect.job.pipeline)!.label, write.pipeline.label];
  return {
    message: `"${jobName(effect.job)}" in ${file} takes the newest image while "${jobName(write.job)}" in ${maker} is still pushing ${showKey(name)}`,
    at: effect.step!.at,
    related: [{ at: write.step.at, message: "Pushed here on the same event; nothing orders the two" }],
    severity: "warning",
    confidence: "medium",
    schedule: [
      `${a.described} -> ${maker} starts; ${file} starts`,
      `"${jobName(effect.job)}" takes the image that the tag points to: still the old one`,
      `"${jobName(write.job)}" pushes the new one, which nobody takes`,
    ],
    help: `Let the deployment start after ${maker}: call that from ${file} and let the job need it, or use workflow_run and a test of the conclusion. A tag of the commit instead of a moving one makes a wrong order fail instead of pass.`,
    claim: analysis.claim(
      [a, b],
      [
        { kind: "job-ended", job: jobPattern(effect.job, b) },
        { kind: "job-ended", job: jobPattern(write.job, a) },
      ],
      { kind: "before", first: jobPattern(effect.job, b), second: jobPattern(write.job, a) },
    ),
  };
}

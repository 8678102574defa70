import type { Access, Key } from "../../facts/access.ts";
import type { JobFacts, StepFacts } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { effectsOf, lastingEffects } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const publishPointerBeforePayload: Rule = {
  id: "publish-pointer-before-payload",
  severity: "error",
  kind: "race",
  title: "announces a version before it is there",
  why: "A parameter or a release that says which version is current is written before the image is pushed. Readers in between look for something that does not exist yet, and if the push fails they keep doing so.",
  url: documentation.syntax,
  *find(analysis) {
    const seen = new Set<object>();
    yield* releasesBeforeImages(analysis);
    for (const { pipeline, job } of analysis.work()) {
      for (const [i, step] of job.steps.entries()) {
        const pointer = step.accesses.find(isPointer);
        if (!pointer || seen.has(step.at)) continue;
        const isTag = pointer.kind === "resource" && pointer.resource === "git-tag";
        if (!isTag && !/version|image|tag|release/i.test(step.text)) continue;
        const payload = job.steps
          .slice(i + 1)
          .find((later) =>
            effectsOf(job).some(
              (effect) =>
                effect.step === later &&
                (effect.access?.resource === "image" || effect.access?.resource === "package") &&
                (sharesHole(later.resolve(effect.access.key), step.text) ||
                  isMadeBy(later.resolve(effect.access.key), step)),
            ),
          );
        const chain = analysis.chains(pipeline).find((each) => can(analysis.stepRuns(job, step, each.circumstances)));
        if (!payload || !chain) continue;
        seen.add(step.at);
        yield {
          message: isTag
            ? `"${jobName(job)}" pushes the git tag (${pointer.tool}) before what the tag names (${payload.action ?? `"${payload.label}"`})`
            : `"${jobName(job)}" writes the version ("${step.label}") before it pushes it ("${payload.label}")`,
          at: step.at,
          related: [{ at: payload.at, message: "Pushed only here" }],
          confidence: "medium",
          schedule: [
            `${chain.described} -> ${fileName(pipeline.id)}: "${step.label}" names the new version`,
            "somebody reads it: the version is not there",
            `"${payload.label}" pushes it, or fails`,
          ],
          ...(isTag ? { severity: "warning" as const } : {}),
          help: isTag ? "Push first, then the tag." : "Push first, then write the parameter.",
          claim: analysis.claim(
            [chain],
            [
              { kind: "step", job: jobPattern(job, chain), step: step.index, outcome: "success" },
              { kind: "step", job: jobPattern(job, chain), step: payload.index, outcome: "failure" },
            ],
            { kind: "runs", job: jobPattern(job, chain), step: step.index },
            [{ job: jobPattern(job, chain), step: payload.index, outcome: "failure" }],
          ),
        };
      }
    }
  },
};

/** What tells others which version there is. */
function isPointer(access: Access): boolean {
  return (
    access.kind === "resource" &&
    access.mode !== "read" &&
    (access.resource === "parameter" || access.resource === "git-tag") &&
    !access.details.has("repository")
  );
}

/** The name is an output of that very step. */
function isMadeBy(key: Key, { id }: StepFacts): boolean {
  return (
    id !== undefined && key.some((part) => part.kind === "expression" && part.text.includes(`steps.${id}.outputs`))
  );
}

interface Push {
  readonly job: JobFacts;
  readonly step: StepFacts;
}

/** A release that people are told of, and only then, in the same run, the image of it. */
function* releasesBeforeImages(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of analysis.facts.pipelines) {
    const pushes = pipeline.jobs.flatMap(imagesOf);
    const releases = pipeline.jobs.flatMap(releasesOf);
    if (pushes.length === 0) continue;
    for (const release of releases) {
      // One that was pushed before is announced; what comes later moves names or adds to it.
      if (pushes.some((push) => isBefore(analysis, push, release))) continue;
      const push = pushes.find((each) => isBefore(analysis, release, each)) ?? leftOut(analysis, release, pushes);
      const chain = analysis
        .chains(pipeline)
        .find(
          (each) =>
            each.root.kind !== "release" &&
            push &&
            [release, push].every(({ job, step }) => analysis.stepRuns(job, step, each.circumstances) !== "no"),
        );
      if (!push || !chain) continue;
      yield announcement(analysis, { release, push, chain });
      break;
    }
  }
}

/** The release waits for what else the run publishes, and was not told of the image. */
function leftOut(analysis: Analysis, release: Push, pushes: readonly Push[]): Push | undefined {
  const waits = analysis.jobsBefore(release.job).some((each) => lastingEffects(each).length > 0);
  return waits ? pushes.find(({ job }) => job !== release.job) : undefined;
}

function announcement(
  analysis: Analysis,
  { release, push, chain }: { readonly release: Push; readonly push: Push; readonly chain: TriggerChain },
): Candidate {
  const [first, second] = [jobPattern(release.job, chain), jobPattern(push.job, chain)];
  const together = release.job === push.job;
  const failing = { job: second, step: push.step.index, outcome: "failure" as const };
  return {
    message: `"${jobName(release.job)}" publishes the release ("${release.step.label}") ${isBefore(analysis, release, push) ? "before" : "without waiting until"} "${jobName(push.job)}" pushes the image of it`,
    at: release.step.at,
    related: [{ at: push.step.at, message: "Pushed only here" }],
    severity: "warning",
    confidence: "medium",
    schedule: [
      `${chain.described} -> ${fileName(chain.start.pipeline)}: "${release.step.label}" announces the version`,
      "somebody pulls its image: it is not there",
      `"${push.step.label}" pushes it, or fails`,
    ],
    help: isBefore(analysis, release, push)
      ? "Push the image first, or make the release a draft and publish it as the last step."
      : `Let "${release.job.path[0]}" need "${push.job.path[0]}", or make the release a draft and publish it as the last step.`,
    claim: analysis.claim(
      [chain],
      [
        { kind: "step", job: first, step: release.step.index, outcome: "success" },
        ...(together ? [] : [{ kind: "job-ended" as const, job: first }]),
        { kind: "step", job: second, step: push.step.index, outcome: "failure" },
      ],
      together ? { kind: "runs", job: first, step: release.step.index } : { kind: "before", first, second },
      [failing],
    ),
  };
}

function imagesOf(job: JobFacts): Push[] {
  return lastingEffects(job).flatMap(({ access, step }) =>
    // A name without holes moves with every push and is no version.
    access?.resource === "image" && step && literalText(step.resolve(access.key)) === undefined ? [{ job, step }] : [],
  );
}

function releasesOf(job: JobFacts): Push[] {
  return lastingEffects(job).flatMap(({ access, step, tool }) => {
    if (access?.resource !== "release" || !step || /\b(upload|edit|delete)\b|draft/.test(tool)) return [];
    const draft = access.details.get("draft");
    const isDraft = (draft !== undefined && literalText(draft) !== "false") || /--draft\b/.test(step.text);
    return isDraft ? [] : [{ job, step }];
  });
}

function isBefore(analysis: Analysis, a: Push, b: Push): boolean {
  return a.job === b.job ? a.job.steps.indexOf(a.step) < a.job.steps.indexOf(b.step) : analysis.before(a.job, b.job);
}

/** The pointer's command uses the same value as the name of the payload. */
function sharesHole(key: Key, text: string): boolean {
  return (
    key.some((part) => {
      if (part.kind === "expression") return text.includes(part.text);
      return part.kind === "variable" && new RegExp(`\\$\\{?${part.name}\\b`).test(text);
    }) && showKey(key) !== ""
  );
}

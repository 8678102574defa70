import type { Key } from "../../facts/access.ts";
import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import type { Place } from "../../findings/source.ts";
import { type Analysis, can, jobPattern, runPattern } from "../analysis/analysis.ts";
import { artifactsOf, mayMean } from "../analysis/artifacts.ts";
import { effectsOf, lastingEffects } from "../analysis/effects.ts";
import { imagesOf, isMutableTag, tagOf } from "../analysis/images.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, sameKey } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const missingNeeds: Rule = {
  id: "missing-needs",
  severity: "error",
  kind: "broken hand-off",
  title: "a job takes what another job of its run makes, and does not need it",
  why: "Jobs of one run start at the same time unless `needs` orders them, and the outputs of a job are there only for those that need it themselves. What is taken is empty, missing, or left from before.",
  url: documentation.syntax,
  *find(analysis) {
    const seen = new Set<string>();
    for (const taken of takings(analysis)) {
      const { taker, maker } = taken;
      const once = `${taker.id} ${maker.id}`;
      const chain = seen.has(once) ? undefined : chainOf(analysis, taken);
      if (!chain) continue;
      seen.add(once);
      yield candidate(analysis, taken, chain);
    }
  },
};

interface Taking {
  readonly pipeline: Pipeline;
  readonly taker: JobFacts;
  readonly maker: JobFacts;
  readonly at: Place;
  readonly madeAt: Place;
  /** What is taken, as people write it. */
  readonly what: string;
  /** The maker has ended before, but hands its outputs to those alone that need it themselves. */
  readonly isOrdered: boolean;
  /** Asked for in the condition of the whole job. */
  readonly isCondition?: true;
  readonly step: StepFacts | undefined;
}

function* takings(analysis: Analysis): Generator<Taking> {
  for (const pipeline of analysis.facts.pipelines) {
    for (const taker of pipeline.jobs) yield* outputsTaken(analysis, pipeline, taker);
  }
  yield* imagesTaken(analysis);
  yield* imagesNamed(analysis);
  yield* artifactsTaken(analysis);
}

/** In a condition, in lower case. */
const asked = /^needs\.([\w-]+)\.(result|outputs\.[\w-]+)$/;

const output = /\$\{\{[^}]*?\bneeds\.([A-Za-z_][\w-]*)\.outputs\.([\w-]+)/g;

function* outputsTaken(analysis: Analysis, pipeline: Pipeline, taker: JobFacts): Generator<Taking> {
  const inFile = new Map(
    pipeline.jobs
      .filter((job) => job.file === taker.file && job.caller === taker.caller)
      .map((job) => [job.key.toLowerCase(), job]),
  );
  const needed = new Set(taker.needs.map((id) => analysis.facts.job(id)).map((job) => job?.key.toLowerCase()));
  const notNeeded = (key: string): JobFacts | undefined => {
    const maker = needed.has(key.toLowerCase()) ? undefined : inFile.get(key.toLowerCase());
    return maker === taker ? undefined : maker;
  };
  for (const path of taker.condition?.reads ?? []) {
    const [, key, rest] = asked.exec(path) ?? [];
    const maker = key === undefined ? undefined : notNeeded(key);
    if (!maker) continue;
    yield {
      pipeline,
      taker,
      maker,
      at: taker.condition!.at,
      madeAt: maker.keyAt,
      what: `needs.${maker.key}.${rest}`,
      isOrdered: analysis.before(maker, taker),
      isCondition: true,
      step: undefined,
    };
  }
  for (const step of taker.steps) {
    if (step.at.source.path !== taker.file) continue;
    for (const [, key, name] of step.text.matchAll(output)) {
      const maker = notNeeded(key!);
      if (!maker) continue;
      const isOrdered = analysis.before(maker, taker);
      yield {
        pipeline,
        taker,
        maker,
        at: step.at,
        madeAt: maker.keyAt,
        what: `needs.${key}.outputs.${name}`,
        isOrdered,
        step,
      };
    }
  }
}

/** Images of this commit: of a moving tag there is one from before, which `mutable-tag-race` speaks of. */
function* imagesTaken(analysis: Analysis): Generator<Taking> {
  const writes = imagesOf(analysis, "write");
  for (const read of imagesOf(analysis, "read")) {
    const tag = tagOf(read.name);
    if (read.name.length < 2 || (tag !== undefined && isMutableTag(tag)) || analysis.waitsOrAsks(read.job)) continue;
    const made = writes.filter((write) => write.pipeline === read.pipeline && sameKey(read.name, write.name));
    if (made.length === 0 || made.some(({ job }) => job === read.job || analysis.before(job, read.job))) continue;
    const [first] = made;
    if (analysis.before(read.job, first!.job) || !/sha|commit|run_id|run_number/.test(showKey(read.name))) continue;
    yield {
      pipeline: read.pipeline,
      taker: read.job,
      maker: first!.job,
      at: read.step.at,
      madeAt: first!.step.at,
      what: showKey(read.name),
      isOrdered: false,
      step: read.step,
    };
  }
}

/** Names for one value that the runner offers: an expression and a variable. */
const asVariable: Readonly<Record<string, string>> = {
  "github.sha": "GITHUB_SHA",
  "github.ref_name": "GITHUB_REF_NAME",
  "github.run_number": "GITHUB_RUN_NUMBER",
  "github.run_id": "GITHUB_RUN_ID",
};

/** What is deployed, or written down for those who deploy, is an image by its tag that a job beside it still pushes. */
function* imagesNamed(analysis: Analysis): Generator<Taking> {
  const read = new Set(imagesOf(analysis, "read").map(({ job }) => job));
  for (const { pipeline, job: maker, step: push, name } of imagesOf(analysis, "write")) {
    const tag = name.at(-1);
    if (tag?.kind !== "expression" || !asVariable[tag.text.trim()] || !/:$|:[\w.-]+$/.test(textBefore(name))) continue;
    for (const taker of pipeline.jobs) {
      if (taker === maker || taker.kind !== "work" || read.has(taker) || analysis.waitsOrAsks(taker)) continue;
      if (analysis.before(maker, taker) || analysis.before(taker, maker)) continue;
      const step = taker.steps.find((each) => namesImage(each, tag.text.trim()) && handsOn(taker, each));
      if (!step || imagesMadeIn(taker)) continue;
      yield {
        pipeline,
        taker,
        maker,
        at: step.at,
        madeAt: push.at,
        what: `the image ${showKey(name)}`,
        isOrdered: false,
        step,
      };
    }
  }
}

function textBefore(name: Key): string {
  const before = name.at(-2);
  return before?.kind === "text" ? before.text : "";
}

/** A line that speaks of an image, with the value that is its tag. */
function namesImage({ text, opened }: StepFacts, expression: string): boolean {
  const value = new RegExp(`\\{\\s*${expression.replace(".", "\\.")}\\s*\\}|\\$\\{?${asVariable[expression]}\\b`);
  return `${text}\n${opened}`
    .replace(/\\\r?\n\s*/g, " ")
    .split("\n")
    .some(
      (line) =>
        value.test(line) &&
        /image|[^g]\btag\b|\.tag\b/i.test(line) &&
        !/^\s*(?:#|echo\b|git (?:commit|tag)\b)/.test(line),
    );
}

/** It deploys there, or the commit with the name goes to those who deploy. */
function handsOn(job: JobFacts, step: StepFacts): boolean {
  const later = job.steps.slice(job.steps.indexOf(step));
  return (
    lastingEffects(job).some((effect) => effect.kind === "deploy" && effect.step === step) ||
    later.some(({ accesses }) =>
      accesses.some((each) => each.kind === "resource" && each.resource === "source" && each.mode !== "read"),
    )
  );
}

function imagesMadeIn(job: JobFacts): boolean {
  return effectsOf(job).some(({ access }) => access?.resource === "image");
}

function* artifactsTaken(analysis: Analysis): Generator<Taking> {
  const { uploads, downloads } = artifactsOf(analysis);
  for (const download of downloads) {
    const { job, step, pipeline, access } = download;
    if (access.binding.kind !== "this-run" || download.name.length === 0 || download.pattern || step.failureIgnored)
      continue;
    if (step.condition || analysis.waitsOrAsks(job)) continue;
    const made = uploads.filter((upload) => upload.pipeline === pipeline && mayMean(download, upload));
    if (made.length === 0 || made.some((upload) => upload.job === job || analysis.before(upload.job, job))) continue;
    const [first] = made;
    if (analysis.before(job, first!.job)) continue;
    const what = `the artifact "${showKey(download.name)}"`;
    yield {
      pipeline,
      taker: job,
      maker: first!.job,
      at: step.at,
      madeAt: first!.step.at,
      what,
      isOrdered: false,
      step,
    };
  }
}

function chainOf(analysis: Analysis, { pipeline, taker, maker, step, isCondition }: Taking): TriggerChain | undefined {
  if (isCondition) return analysis.chains(pipeline).find(({ circumstances }) => can(maker.runs(circumstances)));
  return analysis
    .chains(pipeline)
    .find(
      ({ circumstances }) =>
        can(step ? analysis.stepRuns(taker, step, circumstances) : taker.runs(circumstances)) &&
        can(maker.runs(circumstances)),
    );
}

function candidate(analysis: Analysis, taken: Taking, chain: TriggerChain): Candidate {
  if (taken.isCondition) return ofCondition(analysis, taken, chain);
  const { taker, maker, isOrdered, what } = taken;
  const [first, second] = [jobPattern(taker, chain), jobPattern(maker, chain)];
  return {
    message: isOrdered
      ? `"${jobName(taker)}" reads \`${what}\`, which is empty there: it does not itself need "${maker.key}"`
      : `"${jobName(taker)}" takes ${what}, which "${jobName(maker)}" of the same run makes: nothing lets it wait`,
    at: taken.at,
    related: [{ at: taken.madeAt, message: `Made here, by "${jobName(maker)}"` }],
    confidence: "high",
    schedule: isOrdered
      ? [
          `${chain.described} -> "${jobName(maker)}" ends, and its outputs are handed to jobs that need it`,
          `"${jobName(taker)}" starts: \`${what}\` is empty`,
        ]
      : [
          `${chain.described} -> "${jobName(taker)}" and "${jobName(maker)}" start`,
          `"${jobName(taker)}" takes ${what}: not there yet`,
          `"${jobName(maker)}" makes it`,
        ],
    help: help(taken),
    claim: isOrdered
      ? analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: second, conclusion: "success" },
            { kind: "job-started", job: first },
          ],
          { kind: "runs", job: first },
        )
      : analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: first },
            { kind: "job-ended", job: second },
          ],
          { kind: "before", first, second },
        ),
  };
}

function help({ pipeline, taker, maker }: Taking): string {
  return `Add "${maker.key}" to the \`needs\` of "${taker.file === pipeline.id ? taker.path[0]! : taker.key}".`;
}

/** What is not there is the empty text, so the condition says the same whatever has become of the other job. */
function ofCondition(analysis: Analysis, taken: Taking, chain: TriggerChain): Candidate {
  const { taker, maker, what, pipeline } = taken;
  const [first, second] = [jobPattern(taker, chain), jobPattern(maker, chain)];
  const runs = taker.runs(chain.circumstances);
  return {
    message:
      runs === "no"
        ? `"${jobName(taker)}" never runs: it asks for \`${what}\`, which is empty there, as it does not itself need "${maker.key}"`
        : `"${jobName(taker)}" asks for \`${what}\`, which is empty there whatever becomes of "${maker.key}": it does not itself need it`,
    at: taken.at,
    related: [{ at: taken.madeAt, message: `"${jobName(maker)}" hands it only to jobs that need it` }],
    confidence: "high",
    schedule: [
      `${chain.described} -> ${fileName(pipeline.id)} starts`,
      runs === "no"
        ? `\`${what}\` is empty: "${jobName(taker)}" is skipped`
        : `\`${what}\` is empty: "${jobName(taker)}" runs, however "${jobName(maker)}" ends`,
    ],
    help: help(taken),
    claim:
      runs === "no"
        ? analysis.claim([chain], [{ kind: "run-created", run: runPattern(pipeline.id, chain) }], {
            kind: "never-runs",
            job: first,
          })
        : analysis.claim([chain], [{ kind: "job-started", job: first }], { kind: "runs", job: first }, [
            { job: second, outcome: "failure" },
          ]),
  };
}

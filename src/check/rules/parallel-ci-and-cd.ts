import type { ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { isAction, isStaged, runTogether } from "../../facts/stages.ts";
import type { Place } from "../../findings/source.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { follows, startedTogether } from "../analysis/beside.ts";
import {
  type Effect,
  forgivesTests,
  isCalledDocumentation,
  isDocumentation,
  lastingEffects,
  reportsOrCleans,
  testsCode,
  testsInStep,
  triesCode,
} from "../analysis/effects.ts";
import { isMutableTag, tagOf } from "../analysis/images.ts";
import { sharesFolder } from "../analysis/sources.ts";
import { isQueued, type TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

interface Pair {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly effect: Effect;
  readonly chain: TriggerChain;
  readonly tests: Pipeline;
  readonly test: JobFacts;
  readonly testChain: TriggerChain;
}

export const parallelCiAndCd: Rule = {
  id: "parallel-ci-and-cd",
  severity: "warning",
  kind: "missing gate",
  title: "tests and deployment start together and nothing orders them",
  why: "Both workflows start on the same push. The deployment does not wait for the tests, so it is out before they have failed.",
  url: documentation.trigger,
  *find(analysis) {
    for (const pair of pairs(analysis)) yield candidate(analysis, pair);
  },
};

function candidate(analysis: Analysis, { pipeline, job, effect, chain, tests, test, testChain }: Pair): Candidate {
  const isOwn = pipeline === tests;
  const started = analysis.facts.pipeline(rootOf(chain).start.pipeline)!.label;
  const staged = isStaged(pipeline) || isStaged(tests);
  const does = effect.kind === "publish" ? "publishes" : "deploys";
  const mayBeHeld = job.environment && analysis.environmentSettings(job)?.approval === undefined;
  const protectedPlace = mayBeHeld ? " Protection rules of its environment, if it has any, may hold it back." : "";
  const mandatory = tests.starts.some((start) => start.cause.kind === "pull-request");
  // An image is not running anywhere yet, a site is put right by the next push, and pull requests have shown most of what the tests would say.
  const isMilder = (isImage(effect) || isDocumentation(effect)) && mandatory && !isHandedOn(analysis, job);
  const help = staged
    ? helpInStages({ pipeline, job, tests })
    : isOwn
      ? `Let "${job.path[0]}" need "${test.path[0]}".`
      : `Call the tests from ${started} and let ${chain.upstream ? "its jobs" : `"${job.path[0]}"`} need them, or start it with workflow_run after "${tests.name}" and a test of the conclusion.`;
  return {
    message: `"${jobName(job)}" in ${pipeline.label} ${does} on ${chain.described} while the tests in ${isOwn ? `"${jobName(test)}"` : tests.label} still run`,
    at: isOwn ? startOf(job) : job.keyAt,
    ...(isOwn ? {} : { cause: { of: test.keyAt, here: `"${jobName(job)}" ${does} on ${chain.described} as well` } }),
    related: [
      {
        at: chain.start.at,
        message: chain.upstream
          ? `Starts after ${analysis.facts.pipeline(chain.upstream.start.pipeline)!.label}, which tests nothing`
          : `Starts on ${chain.described}${isStaged(pipeline) ? ` (${chain.start.event})` : ""}`,
      },
      {
        at: isOwn ? startOf(test) : test.keyAt,
        message: `Tests: "${jobName(test)}"${isOwn ? ", of the same run; nothing orders the two" : ` in ${tests.label}`}`,
      },
      ...(isOwn ? [] : [{ at: testChain.start.at, message: "Starts on the same push; nothing orders the two" }]),
    ],
    ...(isMilder ? { severity: "note" as const } : {}),
    confidence: mayBeHeld || effect.confidence === "low" || (staged && !isOwn && mandatory) ? "low" : "medium",
    schedule: [
      isOwn
        ? `${chain.described} -> ${pipeline.label} starts`
        : `${chain.described} -> ${tests.label} starts; ${started} starts`,
      ...(chain.upstream
        ? [`${analysis.facts.pipeline(chain.upstream.start.pipeline)!.label} ends -> ${pipeline.label} starts`]
        : []),
      `"${jobName(job)}" ${does}`,
      `"${jobName(test)}" fails`,
    ],
    ...(staged ? inStages(isOwn) : {}),
    help: `${help}${
      mandatory && !(staged && isOwn)
        ? " If a branch rule makes the same tests mandatory for pull requests, the merged result is still untested when it is deployed."
        : ""
    }${protectedPlace}`,
    claim: analysis.claim(
      [chain, testChain],
      [
        { kind: "job-started", job: jobPattern(test, chain) },
        { kind: "job-ended", job: jobPattern(job, chain), conclusion: "success" },
        { kind: "job-ended", job: jobPattern(test, chain), conclusion: "failure" },
      ],
      { kind: "before", first: jobPattern(job, chain), second: jobPattern(test, chain) },
      [{ job: jobPattern(test, chain), outcome: "failure" }],
    ),
  };
}

/** For each deploying pipeline the first tests that its effect does not wait for: of its own run, else of one beside it. */
function* pairs(analysis: Analysis): Generator<Pair> {
  const testers = testersOf(analysis);
  const done = new Set<string>();
  const all = [...analysis.work()].flatMap(({ pipeline, job }) => {
    if (reportsOrCleans(job) || analysis.environmentSettings(job)?.approval) return [];
    const effect = lastingEffects(job).find(
      (each) =>
        !isCalledDocumentation(each) && !isHarmless(analysis, each) && !(each.access && each.confidence === "low"),
    );
    return effect ? [{ pipeline, job, effect }] : [];
  });
  // Of what a workflow deploys and publishes, what runs somewhere is told before what only lies in a registry.
  for (const { pipeline, job, effect } of all.toSorted(
    (a, b) => Number(isImage(a.effect)) - Number(isImage(b.effect)),
  )) {
    // Whoever tests before it deploys has the gate it wants; other checks beside it are extra.
    const isHeld = [job, ...analysis.jobsBefore(job)].some(mayGuard) || analysis.waitsOrAsks(job);
    if (done.has(pipeline.id) || isHeld) continue;
    const isGated =
      analysis.jobsBefore(job).some((each) => testsCode(each) || each.steps.some(testsInStep)) ||
      testsItself(job, effect);
    const search = { pipeline, job, effect, testers };
    const pair = isGated
      ? effect.kind === "deploy" && pairInRun(analysis, search, isOfTheWhole)
      : (pairInRun(analysis, search) ?? firstPair(analysis, search));
    if (!pair) continue;
    done.add(pipeline.id);
    yield pair;
  }
}

function isImage({ access }: Effect): boolean {
  return access?.resource === "image";
}

const isScan = ({ action }: StepFacts): boolean => action?.startsWith("github/codeql-action") ?? false;

interface Tester {
  readonly pipeline: Pipeline;
  readonly jobs: readonly JobFacts[];
}

/** Pipelines that test, those first that people would name when asked for the tests. */
function testersOf({ facts: { pipelines } }: Analysis): Tester[] {
  return (
    pipelines
      .toSorted((a, b) => Number(saysTests(b)) - Number(saysTests(a)))
      .map((pipeline) => ({ pipeline, jobs: testsIn(pipeline) }))
      // Tests of a pipeline that deploys are there for what it deploys itself.
      .filter(({ pipeline, jobs }) => jobs.length > 0 && !pipeline.jobs.some(deploysForGood))
      .filter(({ pipeline }) => !isPassedInQueue(pipeline))
  );
}

/** Its jobs that test; of one that looks at every change, and changes nothing itself, those that are called so. */
function testsIn({ jobs, starts }: Pipeline): JobFacts[] {
  // Builds of a scan are there for the scan.
  const known = jobs.filter((job) => testsCode(job) && !job.steps.some(isScan));
  if (known.length > 0) return known;
  const kinds = new Set(starts.map(({ cause }) => cause.kind));
  if (!kinds.has("push") || !kinds.has("pull-request") || jobs.some((job) => lastingEffects(job).length > 0)) return [];
  return jobs.filter(
    (job) =>
      job.kind === "work" &&
      /\b(ci|tests?|unit|e2e|verify)\b/i.test(`${job.key} ${job.label}`) &&
      job.steps.some(({ kind, text }) => kind === "command" && !onlySays.test(text)),
  );
}

/** Stands in for a required check where there is nothing to test. */
const onlySays = /^\s*(?:(?:echo|printf|exit|true|:)\b[^\n]*\s*)*$/;

function deploysForGood(job: JobFacts): boolean {
  return lastingEffects(job).some((effect) => effect.kind === "deploy" && !isDocumentation(effect));
}

/** A merge queue has run the same tests on the very commit that it then pushes. */
function isPassedInQueue({ starts }: Pipeline): boolean {
  return starts.some(({ event }) => event === "merge_group");
}

/** The first that people would name when asked for the tests. */
function saysTests({ id, name }: Pipeline): boolean {
  return /\b(ci|tests?|build|check)\b/i.test(`${fileName(id)} ${name}`);
}

interface Search {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly effect: Effect;
  readonly testers: readonly Tester[];
}

/** Tests of the whole product; whoever has them runs them to know whether it may go out, unless they try what is out. */
function isOfTheWhole(test: JobFacts): boolean {
  const names = `${test.path.join(" ")} ${test.label}`.replaceAll("_", " ");
  return /\b(e2e|end.?to.?end|integration|acceptance)\b/i.test(names) && !isOptional(test);
}

/** Its failure counts for nothing, so it holds nothing back where it is waited for either. */
function isOptional({ failureIgnored, steps }: JobFacts): boolean {
  if (failureIgnored?.value === "yes") return true;
  const tests = steps.filter(testsInStep);
  return tests.length > 0 && tests.every((step) => step.failureIgnored || forgivesTests(step));
}

/** Tests of the same run, which the effect neither waits for nor comes before. */
function pairInRun(
  analysis: Analysis,
  { pipeline, job, effect }: Search,
  isMeant: (test: JobFacts) => boolean = () => true,
): Pair | undefined {
  const deployed = pipeline.jobs.filter((each) => lastingEffects(each).length > 0);
  const tests = pipeline.jobs.filter(
    (test) =>
      testsCode(test) &&
      isMeant(test) &&
      !analysis.before(job, test) &&
      // What it keeps back is what it tests.
      !deployed.some((each) => analysis.before(test, each)) &&
      sharesFolder(analysis, job, test),
  );
  if (tests.length === 0) return undefined;
  if (isStaged(pipeline)) {
    const chain = analysis.clearest(pipeline);
    const test = tests.find((each) => isAction(each) && isAction(job) && runTogether(each, job));
    return test && { pipeline, job, effect, chain, tests: pipeline, test, testChain: chain };
  }
  for (const chain of analysis.chains(pipeline)) {
    const { kind } = chain.root;
    const isInQueue = isQueued(chain);
    // What comes after the queue was tested in it.
    if (chain.upstream || (isPassedInQueue(pipeline) && !isInQueue)) continue;
    if (kind !== "push" && kind !== "release" && kind !== "schedule" && !isInQueue) continue;
    if (!can(analysis.effectRuns(job, chain.circumstances)) || isTestedBefore(analysis, chain)) continue;
    const test = tests.find((each) => can(each.runs(chain.circumstances)));
    if (test) return { pipeline, job, effect, chain, tests: pipeline, test, testChain: chain };
  }
  return undefined;
}

function firstPair(analysis: Analysis, { pipeline, job, effect, testers }: Search): Pair | undefined {
  for (const { pipeline: tests, jobs } of testers) {
    const isBesideStages = isStaged(pipeline) || isStaged(tests);
    if (tests.id === pipeline.id || (!isBesideStages && jobs.some((test) => test.file === job.file))) continue;
    if (follows(pipeline, tests)) continue;
    for (const { a: chain, b: testChain } of startedTogether(analysis, [pipeline, tests])) {
      if (testChain.upstream || !isTestedThen(chain, testChain)) continue;
      // Whoever also starts after the tests is another rule's: any one of several starts it.
      if (chain.upstream && (effect.kind !== "deploy" || startsAlsoAfter(chain, tests))) continue;
      if (isTestedUpstream(analysis, chain)) continue;
      if (isTestedBefore(analysis, chain)) continue;
      if (!isBesideStages && chain.root.kind === "push" && !pathsMeet(chain, testChain)) continue;
      const runs = analysis.effectRuns(job, chain.circumstances);
      // A package goes out when a version was decided on before; only what publishes on every push is meant.
      if (!can(runs) || (effect.kind === "publish" && (runs !== "yes" || job.needs.length > 0 || job.caller))) continue;
      const test = jobs.find((each) => can(each.runs(testChain.circumstances)) && sharesFolder(analysis, job, each));
      if (test) return { pipeline, job, effect, chain, tests, test, testChain };
    }
  }
  return undefined;
}

/** Somebody is asked, or something is tried or done that the files do not tell. */
function mayGuard(job: JobFacts): boolean {
  return isAction(job) && (job.kind === "approval" || job.opaque || triesCode(job) !== "no");
}

/** Where it is written when it starts within its run. */
function startOf(job: JobFacts): Place {
  return (isAction(job) ? job.runOrderAt : undefined) ?? job.keyAt;
}

function inStages(isOwn: boolean): Pick<Candidate, "why" | "url"> {
  return isOwn
    ? {
        why: "Actions of one stage with the same run order (1 where none is written) start together. The deployment is out before the tests have failed.",
        url: awsDocumentation.structure,
      }
    : {
        why: "Both start on the same push. The deployment does not wait for the tests, so it is out before they have failed.",
        url: awsDocumentation.triggers,
      };
}

function helpInStages({ pipeline, job, tests }: Pick<Pair, "pipeline" | "job" | "tests">): string {
  if (pipeline === tests) {
    const order = (isAction(job) ? job.runOrder : undefined) ?? 1;
    return `Give "${jobName(job)}" the run order ${order + 1}, or a stage after this one.`;
  }
  const start = isStaged(pipeline)
    ? `let ${tests.label} start it when the tests have passed (\`aws codepipeline start-pipeline-execution\`) and not by the push`
    : `start it when ${tests.label} has passed, and not by the push`;
  return `Run the tests in ${pipeline.label} before "${jobName(job)}", or ${start}.`;
}

/** A run before it in the chain has tested, or waited for those who do. */
function isTestedUpstream(analysis: Analysis, { upstream }: TriggerChain): boolean {
  if (!upstream) return false;
  const jobs = analysis.facts.pipeline(upstream.start.pipeline)?.jobs ?? [];
  const isTested = jobs.some((job) => testsCode(job) || job.steps.some(testsInStep) || analysis.waitsOrAsks(job));
  return isTested || isTestedUpstream(analysis, upstream);
}

function startsAlsoAfter({ start: { cause } }: TriggerChain, { id }: Pipeline): boolean {
  return cause.kind === "completion" && cause.upstream.some(({ pipeline }) => pipeline === id);
}

function rootOf(chain: TriggerChain): TriggerChain {
  return chain.upstream ? rootOf(chain.upstream) : chain;
}

/** The branch takes only what has passed the tests. */
function isTestedBefore(analysis: Analysis, { root }: TriggerChain): boolean {
  return root.kind === "push" && root.ref.kind === "branch" && analysis.isTestedBranch(root.ref.name);
}

/** A tag is put on what was tested before, unless tests ask for tags themselves; a pull request deploys previews. */
function isTestedThen({ root }: TriggerChain, { start: { cause } }: TriggerChain): boolean {
  if (root.kind === "release") return true;
  if (root.kind !== "push" || cause.kind !== "push") return false;
  return root.ref.kind === "branch" || cause.tags.kind === "patterns";
}

/** An image that is pushed is not running anywhere yet, unless somebody is told to take it; a proposed release is not out. */
function isHarmless(analysis: Analysis, { access, kind, tool, step, job }: Effect): boolean {
  // These open a pull request for the release, which is tested before it is merged.
  if (/changesets|release-please/.test(tool) || publishesNewVersionsOnly(tool, step)) return true;
  if (access) return access.resource === "image" && !movesTag(access, step) && !isHandedOn(analysis, job);
  return kind === "publish" && /image|docker|container/i.test(`${tool} ${step?.label}`);
}

/** Whoever pulls the tag gets the image from then on; names that say "not tested" are what they say. */
function movesTag(access: ResourceAccess, step: StepFacts | undefined): boolean {
  const tag = tagOf(step?.resolve(access.key) ?? access.key);
  return tag !== undefined && isMutableTag(tag) && !/^(edge|nightly|canary|dev|develop|next)$/i.test(tag);
}

/** Nothing happens before somebody has written a new version into a file: that was decided on, and reviewed. */
function publishesNewVersionsOnly(tool: string, step: StepFacts | undefined): boolean {
  if (/js-devtools\/npm-publish|lerna publish|changeset publish|pnpm publish/i.test(tool)) return true;
  return /from-package|--skip-existing|skip[-_]existing: *["']?true|--tolerate-republish/.test(step?.text ?? "");
}

/** One commit can touch paths of both; but tests for another part of the repository do not speak about this one. */
function pathsMeet(a: TriggerChain, b: TriggerChain): boolean {
  const [x, y] = [rootOf(a).start.cause, rootOf(b).start.cause];
  if (x.kind !== "push" || y.kind !== "push") return false;
  if (y.paths.kind === "all" || y.paths.inverted) return true;
  const own = x.paths.samples.filter((path) => !path.startsWith(".github/"));
  return own.length > 0 && own.every((path) => y.paths.accepts(path));
}

/** Another repository is told of it, in the same job or after it. */
function isHandedOn(analysis: Analysis, job: JobFacts): boolean {
  const { jobs } = analysis.facts.pipeline(job.pipeline)!;
  const later = jobs.filter((each) => each === job || analysis.before(job, each));
  return later.some(({ steps }) =>
    steps.some(({ accesses }) =>
      accesses.some((access) => access.kind === "dispatch" && access.repository !== undefined),
    ),
  );
}

function testsItself(job: JobFacts, effect: Effect): boolean {
  const until = effect.step ? job.steps.indexOf(effect.step) + 1 : 0;
  return job.steps.slice(0, until).some(testsInStep);
}

import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { type Effect, isDocumentation, lastingEffects, reportsOrCleans, testsCode } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { testedBeside } from "../staged/parallel-ci-and-cd.ts";

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
    yield* testedBeside(analysis);
    for (const { pipeline, job, effect, chain, tests, test, testChain } of pairs(analysis)) {
      const does = effect.kind === "publish" ? "publishes" : "deploys";
      const protectedPlace = job.environment
        ? " Protection rules of its environment, if it has any, may hold it back."
        : "";
      const mandatory = tests.starts.some((start) => start.cause.kind === "pull-request");
      yield {
        message: `"${jobName(job)}" in ${fileName(pipeline.id)} ${does} on ${chain.described} while the tests in ${fileName(tests.id)} still run`,
        at: job.keyAt,
        related: [
          { at: chain.start.at, message: `Starts on ${chain.described}` },
          { at: test.keyAt, message: `Tests: "${jobName(test)}" in ${fileName(tests.id)}` },
          { at: testChain.start.at, message: "Starts on the same push; nothing orders the two" },
        ],
        confidence: job.environment || effect.confidence === "low" ? "low" : "medium",
        schedule: [
          `${chain.described} -> ${fileName(tests.id)} starts; ${fileName(pipeline.id)} starts`,
          `"${jobName(job)}" ${does}`,
          `"${jobName(test)}" fails`,
        ],
        help: `Call the tests from ${fileName(pipeline.id)} and let "${job.path[0]}" need them, or start it with workflow_run after "${tests.name}" and a test of the conclusion.${
          mandatory
            ? " If a branch rule makes the same tests mandatory for pull requests, the merged result is still untested when it is deployed."
            : ""
        }${protectedPlace}`,
        claim: analysis.claim(
          [chain],
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
  },
};

/** For each deploying pipeline the first test pipeline beside it. */
function* pairs(analysis: Analysis): Generator<Pair> {
  const { pipelines } = analysis.facts;
  const testers = pipelines
    .toSorted((a, b) => Number(saysTests(b)) - Number(saysTests(a)))
    .map((pipeline) => ({ pipeline, jobs: pipeline.jobs.filter(testsCode) }))
    // Tests of a pipeline that deploys are there for what it deploys itself.
    .filter(({ pipeline, jobs }) => jobs.length > 0 && !pipeline.jobs.some((job) => lastingEffects(job).length > 0))
    .filter(({ pipeline }) => !isPassedInQueue(pipeline));
  const done = new Set<string>();
  for (const { pipeline, job } of analysis.work()) {
    if (done.has(pipeline.id) || reportsOrCleans(job)) continue;
    const effect = lastingEffects(job).find((each) => !isDocumentation(each) && !isHarmless(each));
    // Whoever tests before it deploys has the gate it wants; other checks beside it are extra.
    if (!effect || analysis.jobsBefore(job).some(testsCode) || testsItself(job, effect) || analysis.waitsOrAsks(job))
      continue;
    const pair = firstPair(analysis, { pipeline, job, effect, testers });
    if (!pair) continue;
    done.add(pipeline.id);
    yield pair;
  }
}

/** A merge queue has run the same tests on the very commit that it then pushes. */
export function isPassedInQueue({ starts }: Pipeline): boolean {
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
  readonly testers: readonly { readonly pipeline: Pipeline; readonly jobs: readonly JobFacts[] }[];
}

function firstPair(analysis: Analysis, { pipeline, job, effect, testers }: Search): Pair | undefined {
  for (const { pipeline: tests, jobs } of testers) {
    if (tests.id === pipeline.id || jobs.some((test) => test.file === job.file)) continue;
    for (const { a: chain, b: testChain } of analysis.together(pipeline, tests)) {
      // A tag is put on what was tested before; a pull request deploys previews.
      if (chain.root.kind !== "push" || chain.root.ref.kind !== "branch" || chain.upstream || testChain.upstream)
        continue;
      if (!pathsMeet(chain, testChain)) continue;
      const runs = analysis.effectRuns(job, chain.circumstances);
      // A package goes out when a version was decided on before; only what publishes on every push is meant.
      if (!can(runs) || (effect.kind === "publish" && (runs !== "yes" || job.needs.length > 0 || job.caller))) continue;
      const test = jobs.find((each) => can(each.runs(testChain.circumstances)));
      if (test) return { pipeline, job, effect, chain, tests, test, testChain };
    }
  }
  return undefined;
}

/** An image that is pushed is not running anywhere yet, and a proposed release is not out. */
function isHarmless({ access, kind, tool, step }: Effect): boolean {
  // These open a pull request for the release, which is tested before it is merged.
  if (/changesets|release-please/.test(tool) || publishesNewVersionsOnly(tool, step)) return true;
  if (access) return access.resource === "image";
  return kind === "publish" && /image|docker|container/i.test(`${tool} ${step?.label}`);
}

/** Nothing happens before somebody has written a new version into a file: that was decided on, and reviewed. */
function publishesNewVersionsOnly(tool: string, step: StepFacts | undefined): boolean {
  if (/js-devtools\/npm-publish|lerna publish|changeset publish|pnpm publish/i.test(tool)) return true;
  return /from-package|--skip-existing|skip[-_]existing: *["']?true|--tolerate-republish/.test(step?.text ?? "");
}

/** One commit can touch paths of both; but tests for another part of the repository do not speak about this one. */
function pathsMeet(a: TriggerChain, b: TriggerChain): boolean {
  const [x, y] = [a.start.cause, b.start.cause];
  if (x.kind !== "push" || y.kind !== "push") return false;
  if (y.paths.kind === "all" || y.paths.inverted) return true;
  const own = x.paths.samples.filter((path) => !path.startsWith(".github/"));
  return own.length > 0 && own.every((path) => y.paths.accepts(path));
}

function testsItself(job: JobFacts, effect: Effect): boolean {
  const until = effect.step ? job.steps.indexOf(effect.step) : 0;
  return job.steps
    .slice(0, until)
    .some((step) => step.kind === "command" && /\b(test|tests|pytest|check|verify)\b/.test(step.text));
}

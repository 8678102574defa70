import type { JobFacts } from "../../facts/facts.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { jobPattern } from "../analysis/analysis.ts";
import { effectsOf, reportsOrCleans } from "../analysis/effects.ts";
import { type TriggerChain, withResults } from "../analysis/trigger-chains.ts";
import { expression, jobName, list } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const skipPropagationBlocksDeploy: Rule = {
  id: "skip-propagation-blocks-deploy",
  severity: "warning",
  kind: "dead edge",
  title: "deployment needs a job that is always skipped when it should deploy",
  why: "A job whose need was skipped is skipped too. When the two conditions exclude each other, the deployment never runs and no run is red.",
  url: documentation.syntax,
  *find(analysis) {
    yield* skipsFromFar(analysis);
    for (const { pipeline, job } of analysis.work()) {
      if (effectsOf(job).length === 0 || job.needs.length === 0) continue;
      const chains = analysis.chains(pipeline);
      if (chains.length === 0 || chains.some((chain) => job.runs(chain.circumstances) !== "no")) continue;
      const needs = job.needs.map((id) => analysis.facts.job(id)!).filter((need) => need.condition);
      // Some need can run, and the job's own words let it run, but never both.
      const runnable = needs.filter((need) => chains.some((chain) => need.runs(chain.circumstances) !== "no"));
      if (runnable.length === 0 || !contradicts(analysis, job, runnable)) continue;
      const [chain] = chains;
      yield {
        message: `"${jobName(job)}" never runs: whenever its own condition holds, ${list(runnable.map((need) => `"${jobName(need)}"`))} ${runnable.length === 1 ? "is" : "are"} skipped`,
        at: job.condition?.at ?? job.keyAt,
        related: runnable.map((need) => ({ at: need.condition!.at, message: `Condition of "${jobName(need)}"` })),
        confidence: "high",
        schedule: chains.slice(0, 3).map((each) => `${each.described} -> "${jobName(job)}" is skipped`),
        help: `Let the needed job run in the same cases, or use \`${expression("!failure() && !cancelled()")}\` (with your own test in it) so that a skipped need does not count.`,
        claim: analysis.claim([chain!], [], { kind: "never-runs", job: jobPattern(job, chain!) }),
      };
    }
  },
};

/** Every chain on which the job's own event test holds skips a need. Only conditions on the event are compared. */
function contradicts(analysis: Analysis, job: JobFacts, needs: readonly JobFacts[]): boolean {
  const onEvent = (each: JobFacts) =>
    each.condition?.reads.every((path) =>
      /^github\.(event_name|ref|ref_name|ref_type|base_ref|head_ref|event\.action)$/.test(path),
    );
  if (!job.condition || job.condition.overridesSuccess || !onEvent(job)) return false;
  const pipeline = analysis.facts.pipeline(job.pipeline)!;
  const others = pipeline.jobs.filter((each) => analysis.before(each, job) && each.condition);
  return needs.every(onEvent) && others.every(onEvent) && others.length > 0;
}

/** A job before may be skipped, and what stands between says that this is all right; only the deployment does not. */
interface FarSkip {
  readonly job: JobFacts;
  readonly skipped: JobFacts;
  /** Runs although the other is skipped; undefined where the job's own condition says that it would. */
  readonly between: JobFacts | undefined;
  readonly chain: TriggerChain;
}

function* skipsFromFar(analysis: Analysis): Generator<Candidate> {
  for (const { pipeline, job } of analysis.work()) {
    if (effectsOf(job).length === 0 || job.condition?.overridesSuccess || reportsOrCleans(job)) continue;
    const before = analysis.jobsBefore(job).filter((each) => each.pipeline === job.pipeline);
    for (const skipped of before.filter(({ condition }) => condition)) {
      const between = acceptsSkipped(job, skipped) ? undefined : runsAllTheSame(analysis, job, skipped, before);
      if (!between && !acceptsSkipped(job, skipped)) continue;
      const chain = analysis.chains(pipeline).find((each) => isBlocked(each, { job, skipped, between }));
      if (!chain) continue;
      yield candidate(analysis, { job, skipped, between, chain });
      break;
    }
  }
}

/** Between the two, and not stopped by what is skipped. Who needs that itself knows that it is skipped with it. */
function runsAllTheSame(
  analysis: Analysis,
  job: JobFacts,
  skipped: JobFacts,
  before: readonly JobFacts[],
): JobFacts | undefined {
  if (job.needs.some((id) => analysis.facts.job(id) === skipped)) return undefined;
  return before.find(
    (each) => each.condition?.overridesSuccess && analysis.before(skipped, each) && !reportsOrCleans(each),
  );
}

/** `needs.infra.result == 'skipped'`, or one of several results. */
function acceptsSkipped({ condition }: JobFacts, { path: [key] }: JobFacts): boolean {
  if (!condition || key === undefined) return false;
  const result = `needs\\.${key}\\.result`;
  return new RegExp(`${result}\\s*==\\s*'skipped'|'[^']*\\bskipped\\b[^']*'\\s*\\)?\\s*,\\s*${result}`, "i").test(
    condition.text,
  );
}

function isBlocked(chain: TriggerChain, { job, skipped, between }: Omit<FarSkip, "chain">): boolean {
  if (skipped.runs(chain.circumstances) === "yes") return false;
  const ends = (conclusion: "success" | "skipped") =>
    withResults(chain, new Map([[skipped.id, conclusion]])).circumstances;
  if (job.runs(ends("success")) === "no" || job.runs(ends("skipped")) !== "no") return false;
  return between === undefined || between.runs(ends("skipped")) !== "no";
}

function candidate(analysis: Analysis, { job, skipped, between, chain }: FarSkip): Candidate {
  const own = between && job.needs.some((id) => analysis.facts.job(id) === between) ? between : undefined;
  const guard = own ? `!cancelled() && needs.${own.path.at(-1)}.result == 'success'` : "!failure() && !cancelled()";
  const claim = analysis.claim(
    [chain],
    [],
    between
      ? { kind: "not-followed", job: jobPattern(between, chain), by: [jobPattern(job, chain)] }
      : { kind: "never-runs", job: jobPattern(job, chain) },
  );
  return {
    message: between
      ? `"${jobName(job)}" is skipped whenever "${jobName(skipped)}" is, although "${jobName(between)}" runs then`
      : `"${jobName(job)}" is skipped whenever "${jobName(skipped)}" is, although its condition takes that for all right`,
    at: job.condition?.at ?? job.keyAt,
    cause: {
      of: `${skipped.file} ${skipped.condition!.at.start}`,
      here: `"${jobName(job)}" is skipped with "${jobName(skipped)}" as well`,
    },
    related: [
      { at: skipped.condition!.at, message: `Condition of "${jobName(skipped)}"` },
      ...(between ? [{ at: between.condition!.at, message: `"${jobName(between)}" goes on without it` }] : []),
    ],
    why: "A condition without `always()`, `!cancelled()` or another function of the status is also asked whether everything before succeeded, however far before, and what was skipped did not succeed. No run is red.",
    confidence: "medium",
    schedule: [
      `${chain.described} -> "${jobName(skipped)}" is skipped`,
      ...(between ? [`"${jobName(between)}" succeeds`] : []),
      `"${jobName(job)}" is skipped`,
    ],
    help: `Give it a condition of its own that begins with a function of the status, e.g. \`${expression(guard)}\`${job.condition ? " and what stands there" : ""}.`,
    // What the files do not tell may be so that the job is skipped.
    claim: { ...claim, scenario: { ...claim.scenario, unknownConditions: "fail" } },
  };
}

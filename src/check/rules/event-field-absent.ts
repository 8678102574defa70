import type { ConditionFacts, JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { fileName, jobName, list } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

/** Which events have these parts of the payload. */
const suppliers: Readonly<Record<string, readonly string[]>> = {
  "github.event.pull_request": [
    "pull_request",
    "pull_request_target",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_comment",
  ],
  "github.event.number": ["pull_request", "pull_request_target"],
  "github.event.release": ["release"],
  "github.event.workflow_run": ["workflow_run"],
  "github.event.client_payload": ["repository_dispatch"],
  "github.event.issue": ["issues", "issue_comment"],
  "github.event.comment": ["issue_comment", "pull_request_review_comment", "commit_comment", "discussion_comment"],
  "github.event.deployment_status": ["deployment_status"],
  "github.head_ref": ["pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"],
};

export const eventFieldAbsent: Rule = {
  id: "event-field-absent",
  severity: "warning",
  kind: "dead edge",
  title: "reads a field that no trigger of the workflow supplies",
  why: "A field that the event does not have is empty, and no error says so. A job whose condition needs it never runs; a checkout or a push with it takes another branch, or none.",
  url: documentation.contexts,
  *find(analysis) {
    const seen = new Set<ConditionFacts["at"]>();
    yield* emptyValues(analysis);
    for (const pipeline of analysis.facts.pipelines) {
      const chains = analysis.chains(pipeline);
      if (chains.length === 0 || chains.some((chain) => chain.start.cause.kind === "call")) continue;
      for (const job of pipeline.jobs) {
        const { condition } = job;
        if (!condition || seen.has(condition.at) || runsInAnotherPipeline(analysis.facts.pipelines, job)) continue;
        const field = absentField(pipeline, condition);
        if (!field || chains.some((chain) => job.runs(chain.circumstances) !== "no")) continue;
        if (!condition.overridesSuccess && neverBecauseOfNeeds(job, chains)) continue;
        seen.add(condition.at);
        const events = [...new Set(pipeline.starts.map((start) => start.event))];
        yield {
          message: `Job "${jobName(job)}" never runs: its condition reads ${field}, which ${list(events)} ${events.length === 1 ? "does" : "do"} not have`,
          at: condition.at,
          related: pipeline.starts.slice(0, 3).map((start) => ({ at: start.at, message: `Started by ${start.event}` })),
          confidence: "high",
          schedule: chains
            .slice(0, 3)
            .map((chain) => `${chain.described} -> ${field} is empty -> "${jobName(job)}" is skipped`),
          claim: analysis.claim([chains[0]!], [], { kind: "never-runs", job: jobPattern(job, chains[0]!) }),
          help: `Add the trigger that supplies it (${suppliers[field]!.slice(0, 2).join(", ")}) to ${fileName(pipeline.id)}, or read a field that its own events have.`,
        };
      }
    }
  },
};

function absentField(pipeline: Pipeline, condition: ConditionFacts): string | undefined {
  return condition.reads.map((path) => absentIn(pipeline, path)).find((field) => field !== undefined);
}

/** The part of the payload that the path is in, where no trigger of the workflow has it. */
function absentIn({ starts }: Pipeline, path: string): string | undefined {
  return Object.keys(suppliers).find(
    (field) =>
      (path === field || path.startsWith(`${field}.`)) &&
      !starts.some(({ event }) => suppliers[field]!.includes(event)),
  );
}

/** A revision or an argument of a command that is always empty. */
function* emptyValues(analysis: Analysis): Generator<Candidate> {
  const { pipelines } = analysis.facts;
  const seen = new Set<object>();
  for (const pipeline of pipelines) {
    if (pipeline.callable) continue;
    for (const job of pipeline.jobs) {
      if (job.kind !== "work" || job.file !== pipeline.id) continue;
      for (const step of job.steps) {
        const chain = analysis.chains(pipeline).find((each) => can(analysis.stepRuns(job, step, each.circumstances)));
        const path =
          chain && !seen.has(job.keyAt) ? pathsIn(pipeline, step).find((each) => absentIn(pipeline, each)) : undefined;
        if (!chain || path === undefined) continue;
        seen.add(job.keyAt);
        const events = list([...new Set(pipeline.starts.map((start) => start.event))]);
        yield {
          message: `"${step.label}" in "${jobName(job)}" works with ${path}, which is always empty: ${events} ${pipeline.starts.length === 1 ? "does" : "do"} not have it`,
          at: step.at,
          related: pipeline.starts.slice(0, 3).map((start) => ({ at: start.at, message: `Started by ${start.event}` })),
          confidence: "medium",
          schedule: [`${chain.described} -> ${fileName(pipeline.id)} starts`, `"${step.label}" finds ${path} empty`],
          help: chain.upstream
            ? "Use `github.event.workflow_run.head_branch` or `head_sha`, and mind who may have made them."
            : `Read a field that ${events} ${pipeline.starts.length === 1 ? "has" : "have"}.`,
          claim: analysis.claim([chain], [{ kind: "step", job: jobPattern(job, chain), step: step.index }], {
            kind: "runs",
            job: jobPattern(job, chain),
            step: step.index,
          }),
        };
      }
    }
  }
}

const wholeValue = /\$\{\{\s*(github\.[\w.]+)\s*\}\}/g;

/** What is checked out, where the default is another branch; what commands that change something are given. */
function pathsIn({ starts }: Pipeline, step: StepFacts): string[] {
  if (step.action === "actions/checkout") {
    const [only, ...more] = step.parameter("ref")?.value ?? [];
    const afterRuns = starts.some(({ cause }) => cause.kind === "completion");
    return only?.kind === "expression" && more.length === 0 && afterRuns ? [only.text.trim()] : [];
  }
  if (step.kind !== "command") return [];
  const lines = step.text
    .split("\n")
    .filter((line) => /\bgit (push|checkout|fetch|merge|rebase)\b|\bgh (pr|release) /.test(line));
  return lines.flatMap((line) => [...line.matchAll(wholeValue)].map((match) => match[1]!));
}

/** Called by others too: there the field may be. */
function runsInAnotherPipeline(pipelines: readonly Pipeline[], job: JobFacts): boolean {
  return pipelines.some((each) => each.id !== job.pipeline && each.jobs.some((other) => other.keyAt === job.keyAt));
}

function neverBecauseOfNeeds(
  job: JobFacts,
  chains: readonly { circumstances: Parameters<JobFacts["runs"]>[0] }[],
): boolean {
  return job.needs.length > 0 && chains.length === 0;
}

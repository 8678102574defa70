import type { ConditionFacts, JobFacts, Pipeline } from "../../facts/facts.ts";
import { jobPattern } from "../analysis/analysis.ts";
import { fileName, jobName, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

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
};

export const eventFieldAbsent: Rule = {
  id: "event-field-absent",
  severity: "warning",
  kind: "dead edge",
  title: "condition reads a field that no trigger of the workflow supplies",
  why: "A field that the event does not have is empty, and no error says so. A job whose condition needs it never runs.",
  url: documentation.contexts,
  *find(analysis) {
    const seen = new Set<ConditionFacts["at"]>();
    for (const pipeline of analysis.facts.pipelines) {
      const ways = analysis.ways(pipeline);
      if (ways.length === 0 || ways.some((way) => way.start.cause.kind === "call")) continue;
      for (const job of pipeline.jobs) {
        const { condition } = job;
        if (!condition || seen.has(condition.at) || runsInAnotherPipeline(analysis.facts.pipelines, job)) continue;
        const field = absentField(pipeline, condition);
        if (!field || ways.some((way) => job.runs(way.circumstances) !== "no")) continue;
        if (!condition.overridesSuccess && neverBecauseOfNeeds(job, ways)) continue;
        seen.add(condition.at);
        const events = [...new Set(pipeline.starts.map((start) => start.event))];
        yield {
          message: `Job "${jobName(job)}" never runs: its condition reads ${field}, which ${list(events)} ${events.length === 1 ? "does" : "do"} not have`,
          at: condition.at,
          related: pipeline.starts.slice(0, 3).map((start) => ({ at: start.at, message: `Started by ${start.event}` })),
          confidence: "high",
          schedule: ways
            .slice(0, 3)
            .map((way) => `${way.described} -> ${field} is empty -> "${jobName(job)}" is skipped`),
          claim: analysis.claim([ways[0]!], [], { kind: "never-runs", job: jobPattern(job, ways[0]!) }),
          help: `Add the trigger that supplies it (${suppliers[field]!.slice(0, 2).join(", ")}) to ${fileName(pipeline.id)}, or read a field that its own events have.`,
        };
      }
    }
  },
};

function absentField(pipeline: Pipeline, condition: ConditionFacts): string | undefined {
  const events = new Set(pipeline.starts.map((start) => start.event));
  return Object.keys(suppliers).find(
    (field) =>
      condition.reads.some((path) => path === field || path.startsWith(`${field}.`)) &&
      !suppliers[field]!.some((event) => events.has(event)),
  );
}

/** Called by others too: there the field may be. */
function runsInAnotherPipeline(pipelines: readonly Pipeline[], job: JobFacts): boolean {
  return pipelines.some((each) => each.id !== job.pipeline && each.jobs.some((other) => other.keyAt === job.keyAt));
}

function neverBecauseOfNeeds(
  job: JobFacts,
  ways: readonly { circumstances: Parameters<JobFacts["runs"]>[0] }[],
): boolean {
  return job.needs.length > 0 && ways.length === 0;
}

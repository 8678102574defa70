/** The `github` context of a run: what made it, and the parts of the event's payload that are certain. */

import { workflowRunFields } from "../../../facts/workflow-run-fields.ts";
import { eventHas } from "../facts/event-context.ts";
import { known, record, unknown, type Value } from "../read/expressions/value.ts";
import { type Completion, runNumber, type SimRun, type TriggerContext } from "./world.ts";

export interface RepositoryFacts {
  readonly defaultBranch: string;
  /** The same variable wherever the repository's own name occurs, so that comparing it with itself is certain. */
  readonly repository: Value;
}

const shortName = (ref: string) => ref.replace(/^refs\/(heads|tags|pull)\//, "");

/** Everything but `github.job`. */
export function githubContext(run: SimRun, facts: RepositoryFacts): Value {
  const { origin } = run;
  const entries: Record<string, Value> = {
    ref: known(origin.ref),
    ref_name: known(shortName(origin.ref)),
    ref_type: known(origin.ref.startsWith("refs/tags/") ? "tag" : "branch"),
    sha: known(origin.sha),
    head_ref: known(origin.head ?? ""),
    base_ref: known(origin.base ?? ""),
    // In a called workflow this is still the caller's name.
    workflow: known(run.workflow.displayName),
    repository: facts.repository,
    run_id: known(`${runNumber(run)}`),
    run_number: known(`${run.firstId + 1}`),
    run_attempt: known(`${run.attempt}`),
    event: payload(origin, facts),
  };
  // A caller that is not in the files may have been started by anything.
  if (origin.event !== "workflow_call") entries.event_name = known(origin.event);
  return record(entries, "open");
}

/** Parts that only some events have; in runs of others they are null. */
const payloadParts = [
  ...["pull_request", "number", "review", "issue", "comment", "release", "workflow_run", "inputs", "client_payload"],
  ...["schedule", "head_commit", "commits", "deployment", "deployment_status", "check_suite", "check_run"],
  "merge_group",
];

const absentParts = new Map<string, Readonly<Record<string, Value>>>();

function absentIn(event: string): Readonly<Record<string, Value>> {
  let absent = absentParts.get(event);
  if (absent === undefined) {
    const parts = payloadParts.filter((part) => eventHas(event, part) === false);
    absent = Object.fromEntries(parts.map((part) => [part, known(null)]));
    absentParts.set(event, absent);
  }
  return absent;
}

function payload(origin: TriggerContext, facts: RepositoryFacts): Value {
  const { event, action, upstream } = origin;
  const entries: Record<string, Value> = { ...absentIn(event) };
  if (event === "workflow_call") return record({ repository: repositoryPart(facts) }, "open");
  if (action !== undefined) entries.action = known(action);
  entries.repository = repositoryPart(facts);
  if (upstream !== undefined) entries.workflow_run = workflowRun(upstream, facts);
  if (origin.headSha !== undefined) entries.pull_request = pullRequest(origin, facts);
  if (origin.number !== undefined && eventHas(event, "number") !== false) entries.number = known(origin.number);
  if (event === "push") {
    entries.ref = known(origin.ref);
    entries.after = known(origin.sha);
    entries.deleted = known(false);
    entries.head_commit = record({ id: known(origin.sha) }, "open");
  }
  if (event === "release") {
    entries.release = record({ tag_name: known(origin.tag ?? null), draft: known(false) }, "open");
  }
  if (event === "workflow_dispatch") {
    entries.inputs = record(Object.fromEntries(origin.inputs), "open");
    entries.ref = known(origin.ref);
  }
  return record(entries, "open");
}

function repositoryPart({ repository, defaultBranch }: RepositoryFacts): Value {
  return record({ full_name: repository, default_branch: known(defaultBranch), fork: known(false) }, "open");
}

function workflowRun({ run, action, conclusion }: Completion, facts: RepositoryFacts): Value {
  const { attempt, origin, workflow } = run;
  const status = action === "completed" ? "completed" : action === "requested" ? "queued" : "in_progress";
  return record(
    {
      ...openRunFields,
      id: known(runNumber(run)),
      run_attempt: known(attempt),
      name: known(workflow.displayName),
      path: known(workflow.file),
      event: known(origin.event),
      status: known(status),
      conclusion: known(conclusion ?? null),
      head_branch: known(origin.head ?? shortName(origin.ref)),
      head_sha: known(origin.headSha ?? origin.sha),
      head_repository: record({ full_name: ownerOf(origin, facts), fork: known(origin.outsider) }, "open"),
      repository: record({ full_name: facts.repository }, "open"),
    },
    "closed",
  );
}

const openRunFields = Object.fromEntries([...workflowRunFields].map((field) => [field, unknown]));

function pullRequest(origin: TriggerContext, facts: RepositoryFacts): Value {
  const repo = record({ full_name: ownerOf(origin, facts), fork: known(origin.outsider) }, "open");
  return record(
    {
      number: known(origin.number ?? null),
      merged: known(origin.merged),
      merge_commit_sha: known(`merge of ${origin.headSha ?? ""}`),
      state: known(origin.action === "closed" ? "closed" : "open"),
      head: record({ ref: known(origin.head ?? ""), sha: known(origin.headSha ?? ""), repo }, "open"),
      base: record({ ref: known(origin.base ?? ""), repo: record({ full_name: facts.repository }, "open") }, "open"),
    },
    "open",
  );
}

/** Full name of the repository that a change comes from. */
function ownerOf(origin: TriggerContext, facts: RepositoryFacts): Value {
  return origin.outsider ? known("somebody/fork") : facts.repository;
}

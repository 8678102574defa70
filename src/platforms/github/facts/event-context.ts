/** The `github` context of a run, as far as its circumstances tell. */

import type { Circumstances } from "../../../facts/facts.ts";
import { workflowRunFields } from "../../../facts/workflow-run-fields.ts";
import {
  type AbstractValue,
  free,
  known,
  made,
  nothing,
  OTHER_REPOSITORY,
  SOME,
  THIS_REPOSITORY,
} from "./abstract-value.ts";

export interface EventSetting {
  /** `owner/name` where a clone tells it. */
  readonly repository: string | undefined;
  readonly defaultBranch: string | undefined;
  /** Name of the workflow whose run this is. */
  readonly workflowName: string;
}

/** Parts of the payload that only these events have. */
const payloadOf: Readonly<Record<string, ReadonlySet<string>>> = {
  pull_request: new Set([
    "pull_request",
    "pull_request_target",
    "pull_request_review",
    "pull_request_review_comment",
    "other",
  ]),
  number: new Set(["pull_request", "pull_request_target"]),
  review: new Set(["pull_request_review"]),
  issue: new Set(["issues", "issue_comment"]),
  comment: new Set(["issue_comment", "pull_request_review_comment", "commit_comment", "discussion_comment"]),
  release: new Set(["release"]),
  workflow_run: new Set(["workflow_run"]),
  inputs: new Set(["workflow_dispatch"]),
  client_payload: new Set(["repository_dispatch"]),
  schedule: new Set(["schedule"]),
  head_commit: new Set(["push"]),
  commits: new Set(["push"]),
  forced: new Set(["push"]),
  pusher: new Set(["push"]),
  ref: new Set(["push", "workflow_dispatch", "create", "delete"]),
  created: new Set(["push"]),
  deleted: new Set(["push"]),
  deployment: new Set(["deployment", "deployment_status"]),
  deployment_status: new Set(["deployment_status"]),
  check_suite: new Set(["check_suite"]),
  check_run: new Set(["check_run"]),
  merge_group: new Set(["merge_group"]),
  label: new Set(["pull_request", "pull_request_target", "issues", "label", "discussion"]),
};

/** Whether runs of this event have `github.event.<field>`; `undefined` for fields not listed here. */
export function eventHas(event: string, field: string): boolean | undefined {
  return payloadOf[field]?.has(event);
}

const pullRequestEvents = new Set([
  "pull_request",
  "pull_request_target",
  "pull_request_review",
  "pull_request_review_comment",
]);

export function isPullRequest(event: string): boolean {
  return pullRequestEvents.has(event);
}

/** `path` is what follows `github`. */
export function githubContext(path: readonly string[], under: Circumstances, setting: EventSetting): AbstractValue {
  const { event } = under.start;
  switch (path[0]) {
    case "event_name":
      return event === "workflow_call" ? free : known(event);
    case "workflow":
      return known(setting.workflowName);
    case "repository":
      return known(setting.repository ?? THIS_REPOSITORY);
    case "ref":
      return refOf(under, setting, (ref) => ref);
    case "ref_name":
      return refOf(under, setting, (ref) => ref.replace(/^refs\/(heads|tags)\//, ""));
    case "ref_type":
      return event === "push" && (under.branch || under.tag) ? known(under.tag ? "tag" : "branch") : refType(event);
    case "head_ref":
      return isPullRequest(event) ? known(under.head ?? SOME) : event === "workflow_call" ? free : known("");
    case "base_ref":
      return isPullRequest(event) ? (under.branch ? known(under.branch) : known(SOME)) : known("");
    case "sha":
    case "run_id":
    case "run_number":
    case "repository_owner":
    case "token":
    case "server_url":
    case "api_url":
      return known(SOME);
    case "actor":
    case "triggering_actor":
      return under.outsider || under.upstream?.outsider ? made : free;
    case "event":
      return payload(path.slice(1), under, setting);
    default:
      return free;
  }
}

function refType(event: string): AbstractValue {
  if (event === "release") return known("tag");
  return event === "workflow_run" || event === "schedule" || isPullRequest(event) ? known("branch") : free;
}

function refOf(under: Circumstances, setting: EventSetting, form: (ref: string) => string): AbstractValue {
  const { event } = under.start;
  if (under.tag) return known(form(`refs/tags/${under.tag}`));
  if (event === "workflow_run" || event === "schedule") {
    const branch = setting.defaultBranch ?? under.defaultBranch;
    return branch ? known(form(`refs/heads/${branch}`)) : free;
  }
  // Once it is merged, the branch it was merged into takes the place of its merge branch.
  if (event === "pull_request") return under.action === "closed" ? free : known(form("refs/pull/1/merge"));
  if (event === "release") return known(form("refs/tags/v1.0.0"));
  return under.branch ? known(form(`refs/heads/${under.branch}`)) : free;
}

function payload(path: readonly string[], under: Circumstances, setting: EventSetting): AbstractValue {
  const { event } = under.start;
  const [field] = path;
  if (field === undefined) return known(SOME);
  if (field === "action") return under.action ? known(under.action) : free;
  if (field === "repository") return repositoryField(path.slice(1), setting, "this");
  if (event === "workflow_call") return free;
  if (eventHas(event, field) === false) return nothing;
  if (field === "workflow_run" && event === "workflow_run") return upstreamField(path.slice(1), under, setting);
  if (field === "pull_request") return pullRequestField(path.slice(1), under, setting);
  if (field === "inputs") return free;
  if (field === "ref") return refOf(under, setting, (ref) => ref);
  return path.length === 1 ? known(SOME) : free;
}

function upstreamField(path: readonly string[], under: Circumstances, setting: EventSetting): AbstractValue {
  const { upstream } = under;
  const [field] = path;
  if (!upstream || field === undefined) return known(SOME);
  switch (field) {
    case "conclusion":
      return known(upstream.conclusion ?? null);
    case "status":
      return known(upstream.conclusion ? "completed" : "requested");
    case "event":
      return known(upstream.event);
    case "name":
    case "path":
      return upstream.pipeline === "" ? free : field === "path" ? known(upstream.pipeline) : free;
    case "head_branch":
      return upstream.branch ? known(upstream.branch) : free;
    case "head_repository":
      return repositoryField(path.slice(1), setting, upstream.outsider ? "other" : "this");
    case "repository":
      return repositoryField(path.slice(1), setting, "this");
    case "id":
    case "head_sha":
    case "html_url":
      return known(SOME);
    case "actor":
    case "triggering_actor":
      return upstream.outsider ? made : free;
    case "pull_requests":
      return upstream.outsider ? known([]) : free;
    default:
      return workflowRunFields.has(field) ? free : nothing;
  }
}

function pullRequestField(path: readonly string[], under: Circumstances, setting: EventSetting): AbstractValue {
  const [field, ...rest] = path;
  switch (field) {
    case "head":
      if (rest[0] === "repo") return repositoryField(rest.slice(1), setting, under.outsider ? "other" : "this");
      if (rest[0] === "user") return under.outsider ? made : free;
      return known(rest[0] === "ref" ? (under.head ?? SOME) : SOME);
    case "base":
      if (rest[0] === "repo") return repositoryField(rest.slice(1), setting, "this");
      if (rest[0] === "ref") return under.branch ? known(under.branch) : known(SOME);
      return known(SOME);
    case "merged":
      return under.action && under.action !== "closed" ? known(false) : free;
    case "author_association":
    case "user":
    case "labels":
      return under.outsider ? made : free;
    case "number":
      return known(SOME);
    default:
      return field === undefined ? known(SOME) : free;
  }
}

function repositoryField(path: readonly string[], setting: EventSetting, which: "this" | "other"): AbstractValue {
  switch (path[0]) {
    case undefined:
    case "full_name":
      return known(which === "other" ? OTHER_REPOSITORY : (setting.repository ?? THIS_REPOSITORY));
    case "id":
      return known(which === "other" ? OTHER_REPOSITORY : THIS_REPOSITORY);
    case "fork":
      return which === "other" ? known(true) : free;
    case "default_branch":
      return setting.defaultBranch ? known(setting.defaultBranch) : free;
    case "owner":
      return which === "other" ? known(OTHER_REPOSITORY) : known(SOME);
    default:
      return free;
  }
}

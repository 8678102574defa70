/** What the stand-in for GitHub knows. Field names are GitHub's own, so that answers need no translation. */

import type { Json } from "./description.ts";

export interface Repository {
  readonly id: number;
  readonly full_name: string;
  readonly owner: { readonly id: number; readonly login: string; readonly type: "Organization" | "User" };
  default_branch: string;
  private: boolean;
  /** Branch to commit. */
  readonly branches: Map<string, string>;
  /** Those with a protection rule of their own (no ruleset). */
  readonly protectedBranches: Set<string>;
  /** Paths of workflow files, `.github/workflows/shop.yml`; the position is the id less one. */
  readonly workflows: { path: string; name: string; on: readonly string[] }[];
  readonly runs: Run[];
  readonly artifacts: Artifact[];
  readonly deployments: Deployment[];
  /** Of commits, oldest first. */
  readonly statuses: { id: number; sha: string; state: string; context: string; [field: string]: Json }[];
  readonly attestations: Attestation[];
  readonly environments: Map<string, EnvironmentSettings>;
  readonly variables: Map<string, string>;
  readonly secrets: Set<string>;
  readonly rulesets: { id: number; [field: string]: Json }[];
  readonly pulls: PullRequest[];
  readonly comments: { id: number; issue_number: number; body: string; by: string }[];
  oidc: { use_default: boolean; include_claim_keys?: string[]; use_immutable_subject: boolean };
  default_workflow_permissions: "read" | "write";
}

/** `fork`: whose branch it is, where it is not the repository's own. */
export interface PullRequest {
  readonly number: number;
  state: "open" | "closed";
  head: string;
  readonly base: string;
  readonly branch: string;
  readonly fork?: string;
}

export interface Run {
  readonly id: number;
  readonly path: string;
  readonly event: string;
  readonly head_branch: string;
  readonly head_sha: string;
  /** Of the repository itself, or of a fork. */
  readonly head_repository: { readonly id: number; readonly full_name: string; readonly fork: boolean };
  readonly run_number: number;
  readonly display_title: string;
  readonly actor: string;
  /** Of a dispatch. */
  readonly inputs: Readonly<Record<string, string>>;
  run_attempt: number;
  status: "queued" | "in_progress" | "waiting" | "completed";
  conclusion: string | null;
  /** Environments that it waits for. */
  waitsFor?: readonly string[];
  jobs?: readonly { name: string; status: "queued" | "in_progress" | "waiting" | "completed" }[];
}

export interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly run: number;
  created_at: string;
  /** 90 days later where it is not set. */
  expires_at?: string;
  expired: boolean;
  zip: Uint8Array;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: Json;
  readonly creator: string;
  readonly created_at: string;
  readonly statuses: { id: number; state: string; [field: string]: Json }[];
}

/** That a workflow built something, as a certificate of the signing service says it. */
export interface Attestation {
  /** `sha256:…` */
  readonly digest: string;
  readonly predicateType: string;
  /** `team/shop/.github/workflows/shop.yml` */
  readonly signerWorkflow: string;
  readonly sourceRef: string;
  readonly sourceDigest: string;
}

export interface EnvironmentSettings {
  readonly id: number;
  wait_timer: number;
  prevent_self_review: boolean;
  reviewers: { type: "User" | "Team"; id: number; slug: string }[];
  deployment_branch_policy: { protected_branches: boolean; custom_branch_policies: boolean } | null;
  readonly policies: { id: number; name: string; type: "branch" | "tag" }[];
  /** Apps that are asked before a deployment. */
  readonly customRules?: readonly string[];
  readonly variables: Map<string, string>;
  readonly secrets: Set<string>;
}

/** An answer that goes wrong. Matched against `GET /repos/…?…`; numbers count matching requests from one. */
export interface Fault {
  readonly match: RegExp;
  readonly from: number;
  readonly to: number;
  readonly is:
    | { readonly kind: "status"; readonly status: number; readonly message: string; readonly headers?: Headers }
    /** The connection ends in the middle of the body. */
    | { readonly kind: "cut" }
    /** The connection ends before an answer. */
    | { readonly kind: "reset" }
    | { readonly kind: "slow"; readonly delayMs: number }
    /** The body lacks a field, as for a token that may not see it. */
    | { readonly kind: "without"; readonly field: string };
  seen: number;
}

type Headers = Readonly<Record<string, string>>;

export interface LoggedRequest {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** The job that holds the token. */
  readonly by: string;
  readonly body: Json;
}

/** Rights of a job's token, as under `permissions:`. */
export type Permissions = Readonly<Record<string, "read" | "write" | "none">>;

export interface Token {
  readonly by: string;
  /** Undefined: a person who may do everything. */
  readonly permissions: Permissions | undefined;
}

export interface World {
  readonly repositories: Map<string, Repository>;
  readonly teams: Map<string, number>;
  readonly users: Map<string, number>;
  readonly tokens: Map<string, Token>;
  readonly log: LoggedRequest[];
  /** What scripts asked that GitHub does not know, and what was answered that GitHub never answers. */
  readonly problems: string[];
  faults: Fault[];
  /** Version of a GitHub Enterprise Server; undefined: GitHub itself. */
  server: string | undefined;
  /** GitHub promises no order. */
  listing: "newest-first" | "oldest-first";
  /** Requests that a token of a job has in an hour, for one repository; those of a person are not counted. */
  limit: number;
  used: number;
  /** Seconds since the world began: each event takes one. */
  clock: number;
  nextId: number;
}

export function newWorld(): World {
  return {
    repositories: new Map(),
    teams: new Map(),
    users: new Map(),
    tokens: new Map([["person", { by: "a person", permissions: undefined }]]),
    log: [],
    problems: [],
    faults: [],
    server: undefined,
    listing: "newest-first",
    limit: 1000,
    used: 0,
    clock: 0,
    nextId: 1000,
  };
}

export function tick(world: World): string {
  world.clock += 1;
  return new Date(Date.UTC(2026, 0, 1) + world.clock * 1000).toISOString().replace(".000", "");
}

export function newId(world: World): number {
  return world.nextId++;
}

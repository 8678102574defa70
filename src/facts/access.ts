/**
 * What a step does to things outside itself, in words that fit any platform: it reads or writes a resource, starts
 * another run, waits for one, or tells people. Readers recognise these in commands and actions; values that only the run
 * knows stay as holes in the key.
 */

import type { Confidence } from "../findings/finding.ts";
import type { Place } from "../findings/source.ts";

/** A piece of a name: literal, or a hole that names where the value comes from. */
export type KeyPart =
  | { readonly kind: "text"; readonly text: string }
  /** A platform expression, its text without the delimiters, e.g. `github.sha`. */
  | { readonly kind: "expression"; readonly text: string }
  /** A shell variable by name, e.g. `STAGE`. Positional and special parameters are `unknown`. */
  | { readonly kind: "variable"; readonly name: string }
  /** Anything else: a command substitution, a value from a file. */
  | { readonly kind: "unknown"; readonly text: string };

/** A name in pieces. An empty list is the empty name. */
export type Key = readonly KeyPart[];

export type ResourceKind =
  /** A branch or commit of a repository; the key is the ref. */
  | "source"
  | "git-tag"
  | "release"
  | "artifact"
  | "cache"
  /** A parameter or secret in a store outside the run; the key is its name. */
  | "parameter"
  | "terraform-state"
  /** A CloudFormation, SAM, CDK or Serverless stack. */
  | "stack"
  /** A bucket path. */
  | "bucket"
  | "function"
  /** A service, app or workload that is updated in place; the key names it. */
  | "service"
  /** A container image with its tag; a digest is a binding, not part of the key. */
  | "image"
  | "package"
  | "site"
  | "distribution"
  | "database"
  | "machine"
  /** A run of another service, which keeps its own runs apart; the key names what is started. */
  | "run";

/** A `replace` leaves nothing of what was there (sync with delete, force push, a new stack over an old one). */
export type AccessMode = "read" | "write" | "replace";

/** Which version of the resource is meant. */
export type Binding =
  /** What this very run made; for `source`, the revision the run was started with. */
  | { readonly kind: "this-run" }
  | { readonly kind: "given-run"; readonly run: Key }
  | { readonly kind: "given-commit"; readonly commit: Key }
  /** A content digest: cannot be anything else. */
  | { readonly kind: "given-digest"; readonly digest: Key }
  /** The newest there is, of runs that succeeded or of any. `branch` where the search is narrowed. */
  | { readonly kind: "latest"; readonly of: "successful" | "any"; readonly branch: Key | undefined }
  /** Where a branch points to when the step runs. */
  | { readonly kind: "tip"; readonly branch: Key }
  | { readonly kind: "default-tip" }
  | { readonly kind: "unknown" };

/** Whose authority is used: with the platform's default token most events start no further runs. */
export type TokenUse =
  | { readonly kind: "default" }
  | { readonly kind: "given"; readonly key: Key }
  | { readonly kind: "none" }
  | { readonly kind: "unknown" };

/** What the access is for. `deploy` changes a running system, `publish` hands something to users, `none` for reading and preparing. */
export type Effect = "deploy" | "publish" | "destroy" | "hand-off" | "none";

interface AccessBase {
  /** The command or action as people know it: `terraform apply`, `actions/upload-artifact`. */
  readonly tool: string;
  readonly at: Place;
  readonly confidence: Confidence;
}

/** Reads or writes a resource. */
export interface ResourceAccess extends AccessBase {
  readonly kind: "resource";
  readonly resource: ResourceKind;
  /** Empty where the command does not tell which one. */
  readonly key: Key;
  /** Further facts that narrow the key down: `region`, `working-directory`, `repository`, `pattern`, `workflow`, `path`. */
  readonly details: ReadonlyMap<string, Key>;
  readonly mode: AccessMode;
  readonly binding: Binding;
  readonly token: TokenUse;
  readonly effect: Effect;
}

/** Starts runs elsewhere: a dispatch of one workflow, or a custom event. */
export interface DispatchAccess extends AccessBase {
  readonly kind: "dispatch";
  readonly target:
    | { readonly kind: "workflow"; readonly workflow: Key; readonly ref: Key | undefined }
    | { readonly kind: "event"; readonly type: Key };
  /** `owner/name`; undefined for this repository. */
  readonly repository: Key | undefined;
  readonly inputs: ReadonlyMap<string, Key>;
  readonly token: TokenUse;
}

/** Holds the step until something else has ended. */
export interface WaitAccess extends AccessBase {
  readonly kind: "wait";
  readonly target:
    | { readonly kind: "check"; readonly name: Key; readonly pattern: boolean }
    | { readonly kind: "workflow"; readonly workflow: Key }
    | { readonly kind: "run"; readonly run: Key }
    | { readonly kind: "unknown" };
  readonly commit: Key | undefined;
  /** Whether the step fails when what it waits for failed. */
  readonly fails: boolean;
}

/** Tells people; no effect on the delivery. */
export interface NotifyAccess extends AccessBase {
  readonly kind: "notify";
}

export type Access = ResourceAccess | DispatchAccess | WaitAccess | NotifyAccess;

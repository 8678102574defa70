/**
 * Facts about pipelines that are made of stages, one after another, with actions that run by their run order: what is
 * certain, and what only a deployment knows, in words that fit any such service.
 *
 *     pipeline: stage ── stage ── stage          stage: actions of run order 1, then those of 2, …
 */

import type { Place, SourceFile } from "../findings/source.ts";
import type { Access, Key } from "./access.ts";
import type { NameSet } from "./name-set.ts";

/** A text of a definition as far as the files tell it. */
export interface Written {
  readonly key: Key;
  readonly at: Place;
}

export type ActionKind = "source" | "build" | "test" | "deploy" | "invoke" | "approval" | "compute";

/** What a stage or pipeline is for, by the words in its name. */
export type Tier = "development" | "testing" | "staging" | "production";

export interface StagedPipeline {
  /** Unique: the file, `#`, and the name there. */
  readonly id: string;
  /** As people call it. */
  readonly label: string;
  /** As the service knows it; undefined where the service makes the name up. */
  readonly name: Written | undefined;
  readonly source: SourceFile;
  readonly at: Place;
  readonly nameAt: Place;
  /** What becomes of a run that waits while a newer one comes: `superseded` replaces it. */
  readonly mode: "superseded" | "queued" | "parallel" | "unknown";
  /** Where the mode is written; undefined where it is the default. */
  readonly modeAt: Place | undefined;
  readonly stages: readonly StageFacts[];
  /** All actions, in the order of the file. */
  readonly actions: readonly ActionFacts[];
  readonly starts: readonly StagedStart[];
  /** What its source actions fetch, whether or not a change of it starts a run. */
  readonly sources: readonly SourceIdentity[];
  readonly stores: readonly StoreFacts[];
  readonly wideRights: readonly WideRight[];
  /** Some of it is put together at deployment: what is missing may be there. */
  readonly partial: boolean;
}

export interface StageFacts {
  readonly index: number;
  readonly label: string;
  readonly name: Written | undefined;
  readonly at: Place;
  readonly nameAt: Place;
  readonly actions: readonly ActionFacts[];
  /** What is checked before a run goes in and after it. */
  readonly rules: readonly RuleFacts[];
}

export interface RuleFacts {
  readonly label: string;
  readonly misspelt: readonly Misspelt[];
}

export interface ActionFacts {
  readonly pipeline: string;
  /** Position of its stage. */
  readonly stage: number;
  readonly stageLabel: string;
  readonly label: string;
  readonly at: Place;
  readonly nameAt: Place;
  /** Undefined where it is not told, or is none that the service has. */
  readonly kind: ActionKind | undefined;
  readonly provider: string | undefined;
  /** Undefined where only a deployment knows it; without one written it is 1. */
  readonly runOrder: number | undefined;
  readonly runOrderAt: Place | undefined;
  readonly inputs: readonly Written[];
  readonly outputs: readonly Written[];
  /** Artifacts named in its configuration, e.g. by the path of a template in one. */
  readonly namedArtifacts: readonly Written[];
  /** Whose variables it reads, as `namespace`. */
  readonly reads: readonly Written[];
  /** Name under which its own variables are read. */
  readonly namespace: Written | undefined;
  /** Account (by role) and region it works in; empty keys are the pipeline's own. */
  readonly account: Key;
  readonly region: Key;
  readonly accesses: readonly Access[];
  /** Its commands, as far as the files have them. */
  readonly phases: readonly PhaseFacts[];
  readonly changeSet: ChangeSet | undefined;
  /** Names of values that other stacks hand over to the stack it deploys, and that its stack hands over. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Files and folders of the source it works on, relative to the repository. */
  readonly paths: readonly Written[];
  readonly misspelt: readonly Misspelt[];
  /** A token of a person, in place of a connection. */
  readonly token: Written | undefined;
  /** Whether everything it does is in the files. */
  readonly opaque: boolean;
  readonly tier: Tier | undefined;
}

/** Commands of an action that run one after another until one of them fails. */
export interface PhaseFacts {
  /** As the file of the build calls it; empty where the action has only one. */
  readonly name: string;
  readonly at: Place;
  /** Raw text of the commands, for recognising guards and tests; never run. */
  readonly text: string;
  readonly accesses: readonly Access[];
  /** Runs also where the phase before has failed. */
  readonly afterFailure: boolean;
  readonly texts: readonly PhaseText[];
}

/** What is handed to a shell at once. */
export interface PhaseText {
  readonly text: string;
  readonly at: Place;
  /** Several commands of which one may fail, and those after it run all the same: only the last one counts. */
  readonly goesOn: boolean;
}

export interface ChangeSet {
  readonly does: "make" | "execute";
  readonly stack: Written;
  readonly name: Written;
}

/** Something that the service does not have by this spelling. */
export interface Misspelt {
  readonly what: "category" | "owner" | "provider" | "key";
  readonly written: string;
  readonly at: Place;
  /** What it has instead, the nearest first. */
  readonly known: readonly string[];
  /** Of what, e.g. the provider whose key it is. */
  readonly of: string;
  /** It is certain that the service refuses it. */
  readonly certain: boolean;
}

/** A repository or bucket whose change starts a pipeline. */
export interface SourceIdentity {
  /** How the service reaches it, e.g. `git` or `bucket`. */
  readonly kind: "git" | "bucket" | "image";
  readonly repository: Written;
}

export type StagedStart =
  | {
      readonly kind: "push";
      readonly at: Place;
      readonly source: SourceIdentity;
      readonly branches: NameSet;
      readonly tags: NameSet;
      readonly paths: NameSet;
      /** Branch the source action checks out. */
      readonly branch: Written | undefined;
      /** Filters can name paths here at all. */
      readonly filterable: boolean;
      /** The trigger names a source action that there is not. */
      readonly missingSource: Written | undefined;
      readonly knownSources: readonly string[];
      readonly by: string;
    }
  | { readonly kind: "pull-request"; readonly at: Place; readonly by: string }
  /** Another pipeline has succeeded, or starts this one from within. */
  | {
      readonly kind: "after";
      readonly at: Place;
      readonly pipeline: Written;
      /** States of the other one that start this one besides its success. */
      readonly besides: readonly string[];
      readonly by: string;
    }
  /** Something else becomes of other pipelines: whatever it is where no states are told, of any where no pipelines are. */
  | {
      readonly kind: "state";
      readonly at: Place;
      readonly pipelines: readonly Written[] | undefined;
      readonly states: readonly string[] | undefined;
      readonly by: string;
    }
  | { readonly kind: "other"; readonly event: "schedule" | "other"; readonly at: Place; readonly by: string };

/** Where artifacts are kept, as far as the files define it. */
export interface StoreFacts {
  readonly at: Place;
  readonly label: string;
  readonly gaps: readonly StoreGap[];
}

export interface StoreGap {
  readonly what: "public" | "may-be-public" | "unencrypted";
  readonly at: Place;
}

/** A right of the pipeline's role on everything. */
export interface WideRight {
  readonly actions: readonly string[];
  readonly at: Place;
}

/** A password or token in plain text. The text itself is not kept. */
export interface LiteralSecret {
  /** Name it is written under. */
  readonly name: string;
  readonly at: Place;
  /** Offsets of the value, which reports must not repeat. */
  readonly valueAt: Place;
  readonly where: string;
  readonly certain: boolean;
}

export interface StagedFacts {
  readonly pipelines: readonly StagedPipeline[];
  readonly secrets: readonly LiteralSecret[];
}

/** The name, where every piece of it is known. */
export function literal(written: Written | undefined): string | undefined {
  if (!written) return undefined;
  const parts: string[] = [];
  for (const part of written.key) {
    if (part.kind !== "text") return undefined;
    parts.push(part.text);
  }
  return parts.join("");
}

/**
 * Text that is equal exactly where the values are: what only a deployment knows has one value under one name. Undefined
 * where that is not certain.
 */
export function identity(key: Key): string | undefined {
  const parts: string[] = [];
  for (const part of key) {
    if (part.kind === "text") parts.push(part.text);
    else if (part.kind === "expression") parts.push(`‹${part.text}›`);
    else return undefined;
  }
  return parts.join("");
}

/** An identity as people read it. */
export function readableIdentity(name: string): string {
  return name.replaceAll(/‹[^#]*#([^›]*)›/g, (_, hole: string) => `{${hole}}`);
}

/** As people read it: holes by their name. */
export function readable(key: Key): string {
  return key
    .map((part) => {
      if (part.kind === "text") return part.text;
      const name = part.kind === "variable" ? part.name : part.text;
      return `{${name.slice(name.indexOf("#") + 1)}}`;
    })
    .join("");
}

/** Whether `a` has ended before `b` starts, whenever both run. */
export function comesBefore(a: ActionFacts, b: ActionFacts): boolean {
  if (a.pipeline !== b.pipeline) return false;
  if (a.stage !== b.stage) return a.stage < b.stage;
  return a.runOrder !== undefined && b.runOrder !== undefined && a.runOrder < b.runOrder;
}

/** Whether both run at one time in one stage. */
export function runTogether(a: ActionFacts, b: ActionFacts): boolean {
  return (
    a !== b && a.pipeline === b.pipeline && a.stage === b.stage && a.runOrder !== undefined && a.runOrder === b.runOrder
  );
}

/**
 * Pipelines that are made of stages, one after another, with actions that run by their run order: what such a service
 * tells of a pipeline and a job besides what all have.
 *
 *     pipeline: stage ── stage ── stage          stage: actions of run order 1, then those of 2, …
 *
 * A stage is a job that calls its actions, as a workflow calls the jobs of another: it needs the stage before it, and an
 * action those of the run order before its own.
 */

import type { Place } from "../findings/source.ts";
import type { Access, Key } from "./access.ts";
import type { EnvironmentKind } from "./environment-kind.ts";
import type { Facts, JobFacts, Pipeline, SourceIdentity, StepFacts } from "./facts.ts";
import type { Written } from "./written.ts";

export type ActionKind = "source" | "build" | "test" | "deploy" | "invoke" | "approval" | "compute";

export interface StagedPipeline extends Pipeline {
  readonly nameAt: Place;
  /** What becomes of a run that waits while a newer one comes: `superseded` replaces it. */
  readonly mode: "superseded" | "queued" | "parallel" | "unknown";
  /** Where the mode is written; undefined where it is the default. */
  readonly modeAt: Place | undefined;
  /** Stages and their actions, in the order of the file. */
  readonly jobs: readonly (StageFacts | ActionFacts)[];
  readonly stages: readonly StageFacts[];
  /** All actions, in the order of the file. */
  readonly actions: readonly ActionFacts[];
  /** What its source actions fetch, whether or not a change of it starts a run. */
  readonly sources: readonly SourceIdentity[];
  readonly stores: readonly StoreFacts[];
  readonly wideRights: readonly WideRight[];
  /** Some of it is put together at deployment: what is missing may be there. */
  readonly partial: boolean;
}

export interface StageFacts extends JobFacts {
  /** Position in its pipeline. */
  readonly index: number;
  readonly actions: readonly ActionFacts[];
  /** What is checked before a run goes in and after it. */
  readonly rules: readonly RuleFacts[];
}

export interface RuleFacts {
  readonly label: string;
  readonly misspelt: readonly Misspelt[];
}

export interface ActionFacts extends JobFacts {
  /** Position of its stage. */
  readonly stage: number;
  readonly stageLabel: string;
  /** Undefined where it is not told, or is none that the service has. */
  readonly category: ActionKind | undefined;
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
  /** By the words in the names of its stage and itself, else of what comes before. */
  readonly environmentKind: EnvironmentKind | undefined;
}

/** Commands of an action that run one after another until one of them fails; `label` is empty where there is only one. */
export interface PhaseFacts extends StepFacts {
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

export function isStaged(pipeline: Pipeline): pipeline is StagedPipeline {
  return "stages" in pipeline;
}

export function isAction(job: JobFacts): job is ActionFacts {
  return "stageLabel" in job;
}

export function stagedPipelines({ pipelines }: Pick<Facts, "pipelines">): readonly StagedPipeline[] {
  return pipelines.filter(isStaged);
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

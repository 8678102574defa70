/** What a platform offers whose pipelines can be asked how they are. All of it is plain data, for any face. */

import type { NextStep, Wanted } from "./writer.ts";

export interface Live {
  /** What may be asked; the rest it has no answer to. */
  readonly can: readonly (keyof LivePlatform)[];
  /** Where the pipelines are, as people say it: `AWS`. */
  readonly place: string;
  /** What it is asked through: `the AWS CLI`. */
  readonly through: string;
  load(): Promise<LivePlatform>;
}

export interface LivePlatform {
  /** @throws {CannotAsk} when the platform cannot be asked at all. */
  pipelines?(wanted: Wanted, here: Here): Promise<PlatformStatus>;
  /** Whether what is generated can be put there from here, and how. Changes nothing. */
  readiness?(wanted: Wanted, here: Here): Promise<Readiness>;
}

/** The platform could not be asked, or answered with an error. Says what, and what to do next; never holds a credential. */
export class CannotAsk extends Error {
  readonly next: string | undefined;

  constructor(message: string, next?: string) {
    super(message);
    this.next = next;
  }
}

/** This machine, as far as a platform has to know of it. */
export interface Here {
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the definition. Absolute. */
  readonly root: string;
  /** The same as the caller names it. */
  readonly where: string;
  /** Top of the git repository that the definition is in. Absolute. */
  readonly repository: string | undefined;
  /** Absolute path of a program. */
  findProgram(name: string): string | undefined;
  /** What it says about its version, on one line. */
  versionOf(path: string): Promise<string>;
  /** Changed and untracked paths, relative to the repository. */
  uncommitted(): Promise<readonly string[]>;
  /** How many commits are not pushed; undefined where the branch follows nothing. */
  unpushed(): Promise<number | undefined>;
  /** Where the repository is kept: `github.com`, `owner/name`. */
  remote(): Promise<{ readonly host: string; readonly path: string } | undefined>;
}

/** One thing that was looked at. `remedy` says what to do; only where something is not as it should be. */
export interface CheckUp {
  name: string;
  verdict: "ok" | "warn" | "fail";
  text: string;
  remedy?: string;
}

export interface Readiness {
  readonly checkUps: readonly CheckUp[];
  readonly does: "create" | "update";
  /** The commands mend what failed. Otherwise nothing is carried out before it is mended. */
  readonly mends?: true;
  /** In this order. Values that nobody can know stand as `…`. */
  readonly commands: readonly string[];
  /** What takes away that which delivers the same, once the new pipelines deliver. */
  readonly after?: readonly string[];
}

/** How the pipelines are that were generated from a definition. Moments are milliseconds since the epoch. */
export interface PlatformStatus {
  readonly layout: string;
  /** Environments in promotion order. */
  readonly environments: readonly string[];
  /** Account, region and the like. */
  readonly where: string | undefined;
  readonly pipelines: readonly LivePipeline[];
  /** Names of those that are not there. */
  readonly missing: readonly string[];
  /** Why nothing at all is there, and what puts it there. */
  readonly absent: NextStep | undefined;
  /** Pipelines that are released and deployed together; none where each goes by itself. */
  readonly sets: readonly LiveSet[];
  readonly connections: readonly LiveConnection[];
  readonly approvals: readonly LiveApproval[];
  readonly next: NextStep | undefined;
}

/** Releases have numbers that grow. */
export interface LiveSet {
  readonly name: string;
  /** Undefined: there is none yet, or it is not known. */
  readonly newest: number | undefined;
  /** In promotion order. */
  readonly environments: readonly LiveSetEnvironment[];
  /** Why it could not be asked. */
  readonly unknown: string | undefined;
}

export interface LiveSetEnvironment {
  readonly environment: string;
  /** The newest release that is proven there: that passed, and that what comes after may have. */
  readonly proven: number | undefined;
  /** The newest that was begun there. */
  readonly tried: number | undefined;
  /** What is begun as soon as its CodePipeline is free. */
  readonly next: number | undefined;
  /** Why nothing is. */
  readonly because: string | undefined;
}

export interface LivePipeline {
  readonly name: string;
  /** A page that shows it. */
  readonly console: string | undefined;
  readonly lastRun: LiveRun | undefined;
  readonly stages: readonly LiveStage[];
  /** It is not what the definition says: it was not updated since. */
  readonly isStale: boolean;
}

export interface LiveRun {
  readonly id: string;
  readonly status: string;
  readonly commit: string | undefined;
  readonly message: string | undefined;
  readonly startedAt: number | undefined;
  readonly isRollback: boolean;
  /** Why it ended as it did, where the platform says so. */
  readonly reason: string | undefined;
}

export interface LiveStage {
  readonly name: string;
  readonly environment: string | undefined;
  /** As the platform says it; undefined where no run was there yet. */
  readonly status: string | undefined;
  readonly run: string | undefined;
  readonly commit: string | undefined;
  /** How many runs wait to get in. */
  readonly waiting: number;
  /** Why nothing gets in; undefined where the way is open. */
  readonly closed: string | undefined;
  readonly approval: AskedApproval | undefined;
  readonly failed: readonly FailedAction[];
  /** What was deployed last and well, for the stage of an environment. */
  readonly deployed: LiveRun | undefined;
  /** Whether the platform can put that back; undefined where nothing was deployed or it is not known. */
  readonly wayBack: { readonly until: number } | { readonly none: string } | undefined;
}

export interface AskedApproval {
  readonly action: string;
  /** What an answer has to repeat. */
  readonly token: string | undefined;
  readonly since: number | undefined;
}

export interface FailedAction {
  readonly action: string;
  readonly message: string | undefined;
  readonly link: string | undefined;
}

/** The way from the platform to where the source is kept. */
export interface LiveConnection {
  readonly arn: string;
  /** `AVAILABLE`, `PENDING`, `ERROR`; undefined where it could not be asked. */
  readonly status: string | undefined;
  /** Why it could not be asked. */
  readonly unknown: string | undefined;
  readonly console: string | undefined;
}

export interface LiveApproval {
  readonly pipeline: string;
  readonly stage: string;
  readonly action: string;
  readonly commit: string | undefined;
  readonly since: number | undefined;
  readonly console: string | undefined;
  /** Commands that answer; undefined where only the console can. */
  readonly approve: string | undefined;
  readonly reject: string | undefined;
}

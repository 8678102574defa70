import { nearestName } from "../findings/nearest-name.ts";
import type { Exchange } from "./local/agents/exchange.ts";

/** Who asks. Kept in the journal with what was done. */
export interface Actor {
  name: string;
  via: "terminal" | "web" | "webhook" | "schedule" | "policy";
  /** Somebody has made sure that it is them: they signed in. Absent: nobody did. */
  isVerified?: true;
}

/** What surrounds a question that is asked on this machine. A terminal is one. */
export interface Caller {
  /** Absolute. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The file that starts Baton, to start it again as a child. */
  entry: string;
  /** It asks for days, while files change: code that this process has loaded once it would never read again. */
  isLasting?: true;
  /** It hands jobs out to agents. */
  agents?: Exchange;
  /** Lines for the person, where nobody is left to be answered. */
  say(...lines: string[]): void;
}

/** Why a question was not answered. Each face has words for every code: the command line names its options. */
export type RefusalCode =
  // The definition. `because` explains it with its places, `remedy` says what to do.
  | "definition-refused"
  | "no-definition"
  | "no-such-file"
  | "several-definitions"
  // Subject: the verb. Known: what this host can do. Because: its name.
  | "host-cannot"
  // A platform: because says what was asked of it (a capability of the port), or what it says itself.
  | "no-platform"
  | "no-layout"
  | "no-format"
  | "not-below-definition"
  | "unreadable-settings"
  | "cannot-write"
  | "not-reached"
  // What was asked for is not there, or cannot be had like this.
  | "no-environment"
  | "is-preview"
  | "no-pipeline"
  | "no-event"
  | "no-commit"
  | "no-parameter"
  | "no-run"
  // Known: the number of the newest event.
  | "no-moment"
  | "no-runs"
  // Known: the releases there are, newest first (and environments, where one may be named instead).
  | "no-release"
  // A release that cannot go on to an environment or back to it. Subject: the environment; known: releases, the one meant first.
  | "nothing-before"
  // Known: what comes before. Because, of the second: the release.
  | "nothing-proven"
  | "release-not-proven"
  // Because: the pipeline.
  | "differs-before"
  // Known: the release there, then the newest that was taken back.
  | "nothing-newer"
  | "is-there"
  // Known: the release, then the one there. Because `never-there`: it was not, as a whole.
  | "older-release"
  | "nothing-to-go-back-to"
  // Known: the release, then those that were there. Because `older`: than what is there.
  | "was-never-there"
  | "not-in-release"
  // Because: the commit.
  | "commit-gone"
  // Known: the release, the one of the pipeline, the other pipelines. Because: the pipeline.
  | "several-commits"
  // Known: the release, then what is gone or would be made anew.
  | "files-gone"
  // Known: the release, the pipeline, the other one.
  | "never-together"
  // Of notices.
  | "no-target"
  | "no-job"
  | "not-a-pair"
  | "wrong-parameter"
  | "missing-parameters"
  | "two-targets"
  | "nothing-to-compare"
  | "not-passed-before"
  | "wrong-setting"
  | "nothing-deployed"
  | "no-service"
  | "not-on-path"
  | "several-open"
  | "several-wait"
  | "missing-secrets"
  | "no-environment-chosen"
  | "stray"
  | "not-ready"
  | "unreadable-secrets"
  // Subject: the environment; empty: all. No job that deployed there says how to look for drift; because `nothing-deployed`: none did.
  | "nothing-looks"
  // The world does not allow it.
  | "has-finished"
  | "not-finished"
  | "none-open"
  | "nothing-to-retry"
  | "nothing-waits"
  // Subject: the environment. Known: who is asked. Because: who answered.
  | "no-reviewer"
  // Subject: the environment. Known: who answered.
  | "own-run"
  | "approved-already"
  | "not-waiting"
  | "approval-expired"
  | "runs-elsewhere"
  | "agents-served"
  | "outdated-plan"
  | "environment-busy"
  // Subject: the environment. Known: the run, and the release that it brings there.
  | "asked-already"
  // Known: until when (milliseconds since the epoch), and by whom. Because: the reason that was given.
  | "frozen"
  // Known: when a change window opens (milliseconds since the epoch).
  | "outside-window"
  // Known: the environments that are.
  | "not-frozen"
  | "not-owed"
  | "over-already"
  // Subject: the run that is at it. Known: the jobs.
  | "being-made"
  | "given-up"
  | "journal-not-written"
  // Subject: a folder. Because: why nothing is written there.
  | "not-empty"
  // Subject: the number of the event that was noted. Known: that of the newest.
  | "other-history"
  | "workplace-gone"
  // Known: the commit that it was made for, the one there now (empty: none), what to check out. Because: the branch there now.
  | "workplace-moved"
  // Known: the commit or snapshot that it was made for, then the files (none: nobody can tell).
  | "workplace-changed"
  // Known: the environments that the run goes to, where that is told.
  | "workplace-unknown";

/** Why it cannot be done, as data: a face puts it into words, a program looks at the code. */
export interface Refusal {
  code: RefusalCode;
  /** What it is about: a name, a path, a commit, a run. */
  subject: string;
  /** What is there instead; empty where that says nothing. */
  known: readonly string[];
  /** The one of `known` that was probably meant. */
  near?: string;
  /** What the code and the names cannot say: somebody else's words (git, the operating system, a definition). */
  because?: string;
  /** What to do where it is the same for every face. */
  remedy?: string;
}

export type Asked<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

/** A refusal on its way to whoever asked; `asked` makes an answer of it. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.because ?? refusal.subject}`);
    this.refusal = refusal;
  }
}

/** The refusal to throw. @example throw refused("no-environment", { subject: "pord", known: ["dev", "prod"] }) */
export function refused(code: RefusalCode, about: Omit<Refusal, "code" | "known"> & Partial<Refusal>): Refused {
  return new Refused({ known: [], ...about, code });
}

/** The refusal of a name that is not among the known ones, with the nearest of them. */
export function notThere(code: RefusalCode, subject: string, known: readonly string[]): Refused {
  const near = nearestName(subject, known);
  return refused(code, { subject, known, ...(near !== undefined && { near }) });
}

/** What was answered. @throws {Refused} */
export function answered<T>(answer: Asked<T>): T {
  if (answer.ok) return answer.value;
  throw new Refused(answer.refusal);
}

/** The answer to a question that may be refused; anything else that goes wrong is thrown on. */
export async function asked<T>(question: () => Promise<T> | T): Promise<Asked<T>> {
  try {
    return { ok: true, value: await question() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

import type { Artifact, OutputType, Tool } from "../model/delivery.ts";
import type { ArtifactRef, JobId } from "../plan/plan.ts";
import type { EngineEvent, Failure, Recorded, RunId, SessionId } from "./events.ts";
import type { Checkpoint } from "./saved-state.ts";

/** Everything the engine asks of the world. An adapter knows one of these and nothing of the engine's decisions. */
export interface Ports {
  clock: Clock;
  store: Store;
  runner: Runner;
  ids: Ids;
  lease: Lease;
}

export interface Clock {
  /** Milliseconds since the epoch, for people and other processes; may jump in either direction. */
  now(): number;
  /** Milliseconds since some moment, for intervals within this process: never goes back, is never set. */
  elapsed(): number;
  /** Calls back once, after this many milliseconds of `elapsed`; the returned function cancels it. */
  wakeAfter(ms: number, wake: () => void): () => void;
}

/**
 * Who is there. Every process that writes to a journal is a session, and has a lease on being taken for alive that ends with
 * the process, however it ends. Sessions that are gone never come back.
 */
export interface Lease {
  readonly mine: SessionId;
  /** Of its own session: whether the others still take it for alive. */
  isAlive(session: SessionId): boolean;
}

export interface Ids {
  run(): RunId;
  /** Unguessable and unique for all time. */
  token(): string;
}

/** The journal. Several sessions write to it, one at a time, and each sees all that was written before its turn. */
export interface Store {
  /** What the journal came to at some event, when it was kept and can be trusted. It saves the fold up to there. */
  checkpoint(): Checkpoint | undefined;
  /** All events behind this one, in order, in batches; the engine folds them once at the start. */
  events(behind: number): AsyncIterable<readonly Recorded[]>;
  /** The events of one run, in order; none when there is no such run. Asked at the start and within a turn. */
  runEvents(run: RunId): Iterable<Recorded>;
  /**
   * Has the journal to itself for one turn: `take` is called with what other sessions have appended since the last turn
   * (or since `events`), and answers with what is appended to that, which may be nothing. Resolves when it is durable (survives
   * kill -9 and power loss). Rejects on a full or broken disk, or when a newer Baton has changed the journal: the engine
   * then stops, deploying nothing more. Turns are taken in the order of the calls.
   */
  turn(take: (others: readonly Recorded[]) => Turn): Promise<void>;
  /** Calls back soon after other sessions have appended something; the returned function ends it. */
  watch(changed: () => void): () => void;
}

/** What one turn appends, all at one time (milliseconds since the epoch). */
export interface Turn {
  events: readonly EngineEvent[];
  at: number;
  /** What the journal comes to with these events; kept in the same write, or written down before `take` is called again. */
  checkpoint?: Checkpoint;
  /**
   * With it the turn need not be durable at once: the store may let it wait some milliseconds for others, so that one write
   * serves them all. It is called, once and at the latest when the turn is durable, with all that may be done before it is.
   * A crash then loses the turn and every one behind it. A turn without it makes those before it durable as well.
   */
  ahead?: () => void;
}

/** Starts jobs and reports how they ended. It never decides what runs. */
export interface Runner {
  /** Begins an attempt. Every outcome, even a refusal to start, comes through `ended`; nothing is thrown. */
  start(launch: Launch): void;
  /**
   * `graceful` sends SIGTERM to the processes that are there at that moment; what they start to clean up may take the grace
   * time, then SIGKILL. `now` sends SIGKILL.
   */
  stop(token: string, mode: "graceful" | "now"): void;
  /**
   * The engine ends, and with it what this machine runs of the attempt, as by `stop`. What another machine runs goes on, for
   * whoever adopts the run.
   */
  leave(token: string, mode: "graceful" | "now"): void;
  /** Called once per started attempt, after its whole process group is gone and its output is on disk. */
  onEnded(listener: (ended: Ended) => void): void;
  /**
   * Ends whatever processes sessions that are gone have left of these; resolves when there are none. What another machine
   * runs of runs that somebody `adopts` goes on instead: `start` called with one of these tokens again starts nothing but has
   * its end told here.
   */
  reap(left: Left): Promise<Elsewhere>;
}

/** What other machines ran of these, by token: whether it goes on, or was ended there as well, however far it had come. */
export type Elsewhere = ReadonlyMap<string, "goes-on" | "ended">;

/** Attempts of sessions that are gone. */
export interface Left {
  /** Those that the journal knows. */
  tokens: readonly string[];
  /** Of these runs also those whose start was lost with the session: it was `ahead` of the journal. */
  runs: readonly RunId[];
  /** Whoever asks goes on with these runs. */
  adopts?: true;
}

/** All that the runner needs for one attempt; values are resolved but secrets are still names. */
export interface Launch {
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
  /** Relative to the checkout. */
  workingDirectory: string;
  env: Record<string, ResolvedValue>;
  tools: Tool[];
  steps: LaunchStep[];
  /** For the whole attempt. */
  timeoutMs: number;
  /** What the machine must have, where the job says so: its labels, and `group:NAME` for a group. */
  runsOn?: string[];
  /** Promised outputs, by name. */
  outputs: Record<string, OutputType>;
  artifacts: Record<string, Artifact>;
  /** Laid into the working directory before the first step. */
  inputs: { artifact: ArtifactRef; name: string; path: string }[];
}

/** Steps whose condition does not hold are left out. */
export interface LaunchStep {
  /** Its place among the steps of the job's definition, from 0: what `Failure.step` names. */
  number: number;
  name: string;
  run: string;
  shell: "bash" | "sh";
  env: Record<string, ResolvedValue>;
  /** Relative to the job's. */
  workingDirectory: string;
  timeoutMs?: number;
  continueOnFailure: boolean;
}

/** A string, or a list of pieces joined without a separator in which secrets are still names. */
export type ResolvedValue = string | (string | { secret: string } | { context: "directory" })[];

export interface Ended {
  token: string;
  durationMs: number;
  result:
    | { kind: "succeeded"; outputs: Record<string, string>; artifacts: Record<string, ArtifactRef> }
    | { kind: "failed"; failure: Failure }
    | { kind: "stopped" }
    /** Whoever ran it is gone, and can tell of it no more. `because`: one sentence. */
    | { kind: "lost"; because: string };
}

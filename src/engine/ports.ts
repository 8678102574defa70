import type { Artifact, OutputType, Tool } from "../model/delivery.ts";
import type { ArtifactRef, JobId } from "../plan/plan.ts";
import type { EngineEvent, Failure, Recorded, RunId } from "./events.ts";

/** Everything the engine asks of the world. An adapter knows one of these and nothing of the engine's decisions. */
export interface Ports {
  clock: Clock;
  store: Store;
  runner: Runner;
  ids: Ids;
}

/** Milliseconds since the epoch; may jump in either direction. */
export interface Clock {
  now(): number;
  /** Calls back once, at or after `at`; the returned function cancels it. */
  wakeAt(at: number, wake: () => void): () => void;
}

export interface Ids {
  run(): RunId;
  /** Unguessable and unique for all time. */
  token(): string;
}

/** The journal. One writer: opening a second store on the same state folder is refused. */
export interface Store {
  /** All events in order; the engine folds them once at the start. */
  load(): Iterable<Recorded>;
  /**
   * Resolves when every event is durable (survives kill -9 and power loss), in the order of the calls; calls made while
   * a write is under way share the next one. Rejects on a full or broken disk: the engine then stops, deploying nothing more.
   */
  append(events: EngineEvent[], at: number): Promise<void>;
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
  /** Called once per started attempt, after its whole process group is gone and its output is on disk. */
  onEnded(listener: (ended: Ended) => void): void;
  /** Ends whatever processes an earlier Baton left of these attempts; resolves when they are gone. */
  reap(tokens: string[]): Promise<void>;
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
    | { kind: "stopped" };
}

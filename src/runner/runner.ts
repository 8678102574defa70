import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Failure } from "../engine/events.ts";
import type { Elsewhere, Ended, Launch, Lease, Runner } from "../engine/ports.ts";
import type { JobId } from "../plan/plan.ts";
import { ambientCredentials } from "./ambient-credentials.ts";
import { Attempt, type AttemptWorld } from "./attempt.ts";
import { createAttemptsFolder } from "./attempt-files.ts";
import { createCoprocessSpawner } from "./coprocess-spawn.ts";
import { createDirectSpawner } from "./direct-spawn.ts";
import type { ArtifactFolder } from "./hand-over.ts";
import { keptBash } from "./kept-bash.ts";
import type { AttemptName } from "./log-path.ts";
import { createMasking, type Masking } from "./masking.ts";
import { nativeStarter } from "./native-starter.ts";
import { createPipeSupply } from "./pipes.ts";
import { ATTEMPT_MARK, attemptOrigin, ORIGIN_MARK, RUNNER_MARK, reapAttempts } from "./reap.ts";
import { createRunLogs } from "./run-logs.ts";
import { createServiceRegistry, familyOf, type Service } from "./services.ts";
import { createToolCheck } from "./tools.ts";

export interface RunnerOptions {
  /** Who this runner is, and who of the others that share the state folder is there. Default: it is alone. */
  session?: Lease;
  /** Absolute or relative to the current directory. */
  stateFolder: string;
  /** Absolute path of the files that an attempt works in. */
  directoryOf(attempt: AttemptName): string;
  /** Lays those files out before the first step. Without it they are there already. */
  layOut?(attempt: AttemptName, cut: AbortSignal): Promise<void>;
  /** Called when the attempt has passed and left nothing running: its files are not needed any more. */
  clear?(attempt: AttemptName): Promise<void>;
  /** The value of a secret; undefined when it is not set. Asked when a job starts, for its attempt. */
  secrets(name: string, token: string): string | undefined;
  /** How to set a secret, as the end of a sentence. */
  secretHint?: string;
  artifacts: ArtifactFolder;
  /** Why no job may leave a service running, as a sentence. Default: it may. */
  noServices?: string;
  /** The environment every step begins with. Default: Baton's own. */
  env?: Record<string, string | undefined>;
  /** Between SIGTERM and SIGKILL. Default: 10 s. */
  graceMs?: number;
  /** Of one attempt's log. Default: 16 MiB. */
  logLimitBytes?: number;
  /**
   * Start commands through a starter in C where there is one, else through kept shells, else (that is several times as dear)
   * each as a process of Node's. Default: native.
   */
  shells?: "native" | "kept" | "direct";
}

/** One line of a job's output as it comes, clean and masked. `at` in milliseconds since the epoch, `step` from 0. */
export interface OutputLine {
  token: string;
  job: JobId;
  step: number;
  at: number;
  text: string;
}

export interface ProcessRunner extends Runner {
  /** Called for every line of every running attempt; the lines that arrived together come right after one another. */
  onOutput(listener: (line: OutputLine) => void): void;
  /** Services that steps of this state folder left running and that still run. */
  listServices(): Service[];
  stopService(service: Service): Promise<void>;
  /**
   * Keeps variables of Baton's own environment from steps: the names of secrets, which only the jobs that declare them
   * get. To be called before the first start.
   */
  withhold(names: Iterable<string>): void;
  /** Lets go of what the runner keeps for the next job. To be called when no attempt runs. */
  close(): void;
}

const DEFAULT_GRACE_MS = 10_000;
const DEFAULT_LOG_LIMIT_BYTES = 16 * 1024 * 1024;
const DEFAULT_SECRET_HINT = "set it where Baton reads its secrets and run 'baton retry'";

/** Runs jobs as processes of this machine. Everything it writes is below the state folder. */
export function createRunner(options: RunnerOptions): ProcessRunner {
  const stateFolder = resolve(options.stateFolder);
  const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
  const session = options.session ?? alone();
  const runnerId = encodeURIComponent(session.mine);
  const isGone = (id: string) => id !== runnerId && !session.isAlive(decodeURIComponent(id));
  const pipesFolder = join(stateFolder, "pipes");
  const env = stepEnvironment(options.env ?? process.env);
  const direct = createDirectSpawner(env);
  let knownId: string | undefined;
  const ownFolderId = () => {
    knownId ??= folderId(stateFolder);
    return knownId;
  };
  const mark = () => `${ownFolderId()}.${runnerId}`;
  const spawners = {
    direct: () => direct,
    kept: () => createCoprocessSpawner({ starter: keptBash(env), env, mark, instead: direct }),
    native: () => createCoprocessSpawner({ starter: nativeStarter(), env, mark, instead: spawners.kept() }),
  };
  const services = createServiceRegistry({ file: join(stateFolder, "services.json"), graceMs, env });
  const attempts = new Map<string, Attempt>();
  const endedListeners: ((ended: Ended) => void)[] = [];
  const outputListeners: ((line: OutputLine) => void)[] = [];
  const world: Omit<AttemptWorld, "publish"> = {
    stateFolder,
    directoryOf: (attempt) => resolve(options.directoryOf(attempt)),
    layOut: async (attempt, cut) => options.layOut?.(attempt, cut),
    clear: async (attempt) => options.clear?.(attempt),
    secrets: options.secrets,
    secretHint: options.secretHint ?? DEFAULT_SECRET_HINT,
    artifacts: options.artifacts,
    noServices: options.noServices,
    env,
    graceMs,
    logs: createRunLogs(stateFolder),
    logLimitBytes: options.logLimitBytes ?? DEFAULT_LOG_LIMIT_BYTES,
    originOf: ({ run, token }) => attemptOrigin({ folderId: ownFolderId(), runnerId, run, token }),
    spawner: spawners[options.shells ?? "native"](),
    pipes: createPipeSupply(join(pipesFolder, runnerId)),
    tools: createToolCheck(),
    services,
    // Asked for when the first attempt starts: by then what is withheld is no longer in the environment.
    maskingOf: createMaskingCache(() => ambientCredentials(env, { exists: existsSync })),
  };

  async function run(launch: Launch): Promise<void> {
    const startedAt = performance.now();
    const { token, job } = launch;
    let result: Ended["result"];
    try {
      if (attempts.size === 0) createAttemptsFolder(stateFolder);
      const publish: AttemptWorld["publish"] = ({ step, at, texts }) => {
        for (const listener of outputListeners) for (const text of texts) listener({ token, job, step, at, text });
      };
      const attempt = new Attempt(launch, { ...world, publish });
      attempts.set(token, attempt);
      result = await attempt.run();
    } catch (error) {
      result = { kind: "failed", failure: startFailure(error) };
    }
    attempts.delete(token);
    const ended = { token, durationMs: Math.round(performance.now() - startedAt), result };
    for (const listener of endedListeners) listener(ended);
  }

  return {
    start(launch) {
      void run(launch);
    },
    stop(token, mode) {
      attempts.get(token)?.stop(mode);
    },
    leave(token, mode) {
      attempts.get(token)?.stop(mode);
    },
    onEnded(listener) {
      endedListeners.push(listener);
    },
    onOutput(listener) {
      outputListeners.push(listener);
    },
    async reap(left) {
      services.forget(new Set(left.tokens));
      const served = new Set(services.list().map((service) => service.token));
      const keep = () => familyOf(services.list().map((service) => service.pid));
      await reapAttempts({ left, folderId: ownFolderId(), served, isGone, pipesFolder, keep, graceMs });
      return nothing;
    },
    listServices: services.list,
    stopService: services.stop,
    withhold(names) {
      for (const name of names) delete env[name];
    },
    close() {
      world.spawner.close();
      world.pipes.close();
      world.logs.close();
    },
  };
}

function alone(): Lease {
  return { mine: `${process.pid}-${randomBytes(6).toString("hex")}`, isAlive: () => false };
}

/** No other machine ran any of what was left. */
const nothing: Elsewhere = new Map();

/** Names that belong to one attempt, or to the shell Baton was started from, are not handed on. */
function stepEnvironment(env: Record<string, string | undefined>): Record<string, string> {
  const dropped = new Set([ATTEMPT_MARK, ORIGIN_MARK, RUNNER_MARK, "BATON_OUTPUT", "BATON_SERVICE", "OLDPWD", "_"]);
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !dropped.has(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** Written once, so that a state folder that was moved still knows its own processes. */
export function folderId(stateFolder: string): string {
  const file = join(stateFolder, "runner-id");
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    mkdirSync(stateFolder, { recursive: true });
    const id = randomBytes(9).toString("hex");
    writeFileSync(file, `${id}\n`, { flag: "wx" });
    return id;
  }
}

const REMEMBERED_MASKINGS = 16;

/**
 * Jobs of one delivery mostly share their secrets, and preparing the search for them takes a while. `always`: what is hidden
 * beside the secrets of a job.
 */
function createMaskingCache(always: () => Iterable<string>): (secrets: ReadonlySet<string>) => Masking {
  const known = new Map<string, Masking>();
  return (secrets) => {
    const key = JSON.stringify([...secrets].sort());
    let masking = known.get(key);
    if (masking === undefined) {
      masking = createMasking([...secrets, ...always()]);
      if (known.size >= REMEMBERED_MASKINGS) known.clear();
      known.set(key, masking);
    }
    return masking;
  };
}

/** What went wrong before or around the steps: a full disk, no permission, no `mkfifo`. */
function startFailure(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return { kind: "spawn", message: `the job could not be run: ${reason}` };
}

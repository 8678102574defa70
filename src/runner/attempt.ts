import { statSync } from "node:fs";
import { join } from "node:path";
import type { Failure } from "../engine/events.ts";
import type { Ended, Launch, LaunchStep } from "../engine/ports.ts";
import { type FilledEnvironment, fillEnvironment } from "./attempt-environment.ts";
import { type AttemptFiles, attemptFiles, createEmptyFile } from "./attempt-files.ts";
import { createAttemptLog, type Lines } from "./attempt-log.ts";
import { AttemptOutput, named } from "./attempt-output.ts";
import { AttemptProcesses } from "./attempt-processes.ts";
import { afterGrace, exitFailure, jobTimeout, stepTimeout } from "./failures.ts";
import { type ArtifactFolder, collectArtifacts, type HandOver, placeInputs } from "./hand-over.ts";
import type { AttemptName } from "./log-path.ts";
import type { Masking } from "./masking.ts";
import { checkOutputs } from "./outputs.ts";
import type { PipeSupply } from "./pipes.ts";
import { findProcess, type LiveProcess } from "./process-table.ts";
import { ATTEMPT_MARK, ORIGIN_MARK } from "./reap.ts";
import type { RunLogs } from "./run-logs.ts";
import { familyOf, parseServiceFile, type Service, type ServiceRegistry } from "./services.ts";
import type { Spawner, StepProcess } from "./step-process.ts";
import type { ToolCheck } from "./tools.ts";

/** What all attempts of a runner share. */
export interface AttemptWorld {
  stateFolder: string;
  directoryOf(attempt: AttemptName): string;
  layOut(attempt: AttemptName, cut: AbortSignal): Promise<void>;
  clear(attempt: AttemptName): Promise<void>;
  /** Who starts it, for whoever has to end what is left of it. */
  originOf(launch: Launch): string;
  secrets(name: string, token: string): string | undefined;
  noServices: string | undefined;
  secretHint: string;
  /** The environment every step begins with. */
  env: Record<string, string>;
  graceMs: number;
  logs: RunLogs;
  logLimitBytes: number;
  artifacts: ArtifactFolder;
  spawner: Spawner;
  pipes: PipeSupply;
  tools: ToolCheck;
  services: ServiceRegistry;
  maskingOf(secrets: ReadonlySet<string>): Masking;
  publish(lines: Lines): void;
}

/** Why the steps were not let to their end. */
type Cut = "stopped" | "timeout";

type Result = Ended["result"];

/** Timers of Node take no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/**
 * One attempt from launch to end:
 *
 *     prepare ──► steps ──► end what is left ──► outputs, artifacts ──► succeeded
 *        │          │               │                    │
 *        └──────────┴─ stop, limit ─┴─► failed, stopped ◄┘
 */
export class Attempt {
  readonly #launch: Launch;
  readonly #world: AttemptWorld;
  readonly #checkout: string;
  readonly #directory: string;
  readonly #files: AttemptFiles;
  readonly #processes: AttemptProcesses;
  #masking!: Masking;
  #output!: AttemptOutput;
  #cut: Cut | undefined;
  readonly #isCut = new AbortController();
  #current: StepProcess | undefined;
  #ending: Promise<void> | undefined;
  #stepsEnded = false;
  #lastStep = 0;

  constructor(launch: Launch, world: AttemptWorld) {
    this.#launch = launch;
    this.#world = world;
    this.#checkout = world.directoryOf(launch);
    this.#directory = join(this.#checkout, launch.workingDirectory);
    this.#files = attemptFiles(world.stateFolder, launch.token);
    this.#processes = new AttemptProcesses(launch.token, world.graceMs);
  }

  stop(mode: "graceful" | "now"): void {
    if (mode === "now") this.#processes.hurry();
    this.#cutShort("stopped");
  }

  async run(): Promise<Result> {
    const env = this.#environment();
    if (env.kind === "failure") return { kind: "failed", failure: env.failure };
    const { pipes, publish, logs, logLimitBytes } = this.#world;
    const log = createAttemptLog(logs.open(this.#launch), logLimitBytes);
    this.#output = new AttemptOutput({ log, pipes, masking: this.#masking, publish });
    const limit = setTimeout(() => this.#cutShort("timeout"), Math.min(this.#launch.timeoutMs, LONGEST_TIMER_MS));
    let result: Result | undefined;
    try {
      const failure = (await this.#prepare(env.steps)) ?? (await this.#runSteps(env.steps));
      clearTimeout(limit);
      this.#stepsEnded = true;
      await this.#ending;
      result = await this.#finish(failure);
      return result;
    } catch (error) {
      // The disk is full, say. Whatever it was: nothing of this attempt goes on.
      await this.#endAll();
      // What was being prepared may have ended because of that.
      if (this.#cut === "stopped") return { kind: "stopped" };
      if (this.#cut === "timeout") return this.#failed(jobTimeout(this.#launch.timeoutMs));
      return this.#failed({ kind: "spawn", message: `the job could not be run: ${reasonOf(error)}` });
    } finally {
      this.#output.closeLog({ apart: result?.kind !== "succeeded" });
      clearTimeout(limit);
      this.#files.remove();
    }
  }

  /** The environment of every step, complete. All secrets of the job are known before anything can be printed. */
  #environment(): { kind: "steps"; steps: Record<string, string>[] } | { kind: "failure"; failure: Failure } {
    const { launch, world } = { launch: this.#launch, world: this.#world };
    const sources = { secrets: (name: string) => world.secrets(name, launch.token), directory: this.#checkout };
    const own = {
      [ATTEMPT_MARK]: launch.token,
      [ORIGIN_MARK]: world.originOf(launch),
      BATON_OUTPUT: this.#files.output,
      BATON_SERVICE: this.#files.service,
    };
    const job = fillEnvironment(launch.env, sources);
    if (job.kind !== "filled") return { kind: "failure", failure: this.#refusal(job) };
    const secrets = new Set(job.secrets);
    const steps: Record<string, string>[] = [];
    for (const step of launch.steps) {
      const filled = fillEnvironment(step.env, sources);
      if (filled.kind !== "filled") return { kind: "failure", failure: this.#refusal(filled) };
      for (const secret of filled.secrets) secrets.add(secret);
      steps.push({ ...job.env, ...filled.env, ...own });
    }
    this.#masking = world.maskingOf(secrets);
    return { kind: "steps", steps };
  }

  #refusal(filled: Exclude<FilledEnvironment, { kind: "filled" }>): Failure {
    const message =
      filled.kind === "missing-secret"
        ? `secret '${filled.secret}', which the variable '${filled.variable}' needs, is not set; ${this.#world.secretHint}`
        : `the variable '${filled.variable}' ${filled.problem}`;
    return { kind: "spawn", message };
  }

  async #prepare(envs: Record<string, string>[]): Promise<Failure | undefined> {
    const { launch, world } = { launch: this.#launch, world: this.#world };
    await world.layOut(launch, this.#isCut.signal);
    if (!isDirectory(this.#directory)) {
      const message = `the job's working directory '${launch.workingDirectory}' does not exist in the checkout; create it, or correct 'workingDirectory'`;
      return { kind: "spawn", message };
    }
    if (launch.tools.length > 0) {
      const problem = await world.tools.problem(launch.tools, { ...world.env, ...envs[0] });
      if (problem !== undefined) return { kind: "tool", message: problem };
    }
    // A deployment takes the place of the one before it, so what that one left running goes first.
    for (const service of world.services.list()) {
      if (service.job === launch.job) await world.services.stop(service);
    }
    if (Object.keys(launch.outputs).length > 0) createEmptyFile(this.#files.output);
    return launch.inputs.length === 0 ? undefined : placeInputs(this.#handOver());
  }

  async #runSteps(envs: Record<string, string>[]): Promise<Failure | undefined> {
    for (const [index, step] of this.#launch.steps.entries()) {
      if (this.#cut === "stopped") return undefined;
      if (this.#cut === "timeout") return jobTimeout(this.#launch.timeoutMs, step);
      const failure = await this.#runStep(step, envs[index]!);
      if (failure === undefined) continue;
      if (this.#cut !== undefined || !step.continueOnFailure) return failure;
      this.#output.note(step.number, `${failure.message}; the job goes on, as the step allows it`);
    }
    return undefined;
  }

  async #runStep(step: LaunchStep, env: Record<string, string>): Promise<Failure | undefined> {
    const directory = join(this.#directory, step.workingDirectory);
    if (!isDirectory(directory)) return goneDirectory(this.#launch, step);
    this.#lastStep = step.number;
    const opened = this.#output.open(step.number);
    const { pipe } = opened;
    const started = this.#world.spawner.spawn({ script: step.run, shell: step.shell, env, directory, pipe });
    this.#current = started;
    void started.pid.then((pid) => pid !== undefined && this.#processes.add(pid));
    const limit = this.#limitStep(step, started);
    const exit = await started.exit;
    const pid = await started.pid;
    if (pid !== undefined && exit.kind === "exited" && exit.left === "nothing") this.#processes.hasEnded(pid);
    if (exit.kind === "lost") this.#processes.mayHaveMore();
    this.#current = undefined;
    this.#output.settle(opened, exit);
    if (await limit?.reached()) return stepTimeout(step);
    if (this.#cut === "timeout") return jobTimeout(this.#launch.timeoutMs, step);
    return exitFailure(step, exit, this.#output.lastLines());
  }

  #limitStep(step: LaunchStep, started: StepProcess): { reached(): Promise<boolean> } | undefined {
    if (step.timeoutMs === undefined) return undefined;
    let ending: Promise<void> | undefined;
    const end = async () => {
      const pid = await started.pid;
      if (pid !== undefined) await this.#processes.endGroup(pid);
    };
    const timer = setTimeout(
      () => {
        ending = end();
      },
      Math.min(step.timeoutMs, LONGEST_TIMER_MS),
    );
    return {
      async reached() {
        clearTimeout(timer);
        await ending;
        return ending !== undefined;
      },
    };
  }

  #cutShort(cut: Cut): void {
    // After the last step a stop comes too late: the job has done what it does.
    if (this.#cut !== undefined || this.#stepsEnded) return;
    this.#cut = cut;
    this.#isCut.abort();
    const end = async () => {
      await this.#current?.pid;
      await this.#processes.endAll();
    };
    this.#ending = end();
  }

  async #finish(failure: Failure | undefined): Promise<Result> {
    const cut = this.#cut;
    const services = failure === undefined && cut === undefined ? this.#readServices() : { services: [] };
    const pids = services.services.map((service) => service.pid);
    await this.#endAll(() => familyOf(pids));
    const result = await this.#judge(cut, this.#withKilled(failure) ?? services.failure);
    if (result.kind === "succeeded") {
      this.#world.services.keep(services.services);
      if (pids.length === 0) await this.#world.clear(this.#launch);
    } else if (pids.length > 0) await this.#processes.endAll();
    return result;
  }

  /** Ends the attempt's processes but for those kept, and with them its output. */
  async #endAll(keep?: () => readonly LiveProcess[]): Promise<void> {
    await this.#processes.endAll(keep);
    await this.#output.end((pipe) => this.#processes.endWriters(pipe, keep));
    const killed = this.#killed();
    if (killed !== undefined) this.#output.note(this.#lastStep, killed);
  }

  #withKilled(failure: Failure | undefined): Failure | undefined {
    const killed = failure?.kind === "timeout" ? this.#killed() : undefined;
    return failure === undefined || killed === undefined
      ? failure
      : { ...failure, message: `${failure.message}; ${killed}` };
  }

  /** What is to be said of processes that did not listen; undefined when all did. */
  #killed(): string | undefined {
    const { killed } = this.#processes;
    return killed.length === 0 ? undefined : afterGrace(named(killed), this.#world.graceMs);
  }

  async #judge(cut: Cut | undefined, failure: Failure | undefined): Promise<Result> {
    if (cut === "stopped") return { kind: "stopped" };
    if (failure !== undefined) return this.#failed(failure);
    const file = this.#files.read(this.#files.output);
    const checked = checkOutputs({ file, promised: this.#launch.outputs, masking: this.#masking });
    if (checked.kind === "failure") return this.#failed(checked.failure);
    const collected = await collectArtifacts(this.#handOver());
    if (collected.kind === "failure") return this.#failed(collected.failure);
    return { kind: "succeeded", outputs: checked.outputs, artifacts: collected.artifacts };
  }

  #readServices(): { services: Service[]; failure?: Failure } {
    const file = this.#files.read(this.#files.service);
    if (file.kind === "problem") return { services: [], failure: output(`the file in $BATON_SERVICE ${file.problem}`) };
    const parsed = parseServiceFile(file.text);
    if (parsed.problem !== undefined) return { services: [], failure: output(this.#masking.mask(parsed.problem)) };
    if (parsed.services.length > 0 && this.#world.noServices !== undefined) {
      return { services: [], failure: output(this.#world.noServices) };
    }
    if (this.#masking.mask(file.text) !== file.text) {
      return {
        services: [],
        failure: output("a line in the file in $BATON_SERVICE contains a secret; it would be stored and shown"),
      };
    }
    const services: Service[] = [];
    for (const line of parsed.services) {
      const live = findProcess(line.pid);
      if (live === undefined) {
        return {
          services: [],
          failure: output(`service '${line.name}' (pid ${line.pid}) does not run at the end of the job`),
        };
      }
      const { run, job, token } = this.#launch;
      services.push({ ...line, run, job, token, startedAt: live.startedAt, directory: this.#directory });
    }
    return { services };
  }

  #failed(failure: Failure): Result {
    return { kind: "failed", failure: { ...failure, message: this.#masking.mask(failure.message) } };
  }

  #handOver(): HandOver {
    const { artifacts: folder } = this.#world;
    return { folder, launch: this.#launch, checkout: this.#checkout, directory: this.#directory };
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function goneDirectory(launch: Launch, step: LaunchStep): Failure {
  const path = join(launch.workingDirectory, step.workingDirectory);
  const message = `the working directory '${path}' of step '${step.name}' does not exist in the checkout; create it in an earlier step, or correct 'workingDirectory'`;
  return { kind: "spawn", message, step: step.number };
}

function output(message: string): Failure {
  return { kind: "output", message };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * An account in which the CodePipelines of a delivery are: the simulator of `check` carries their printed template out, move by move,
 * and what it leaves to others is done here as AWS does it. Functions are the ones that are written out, and every call of theirs may
 * fail before it has its effect, or after; builds are what their buildspecs say, in a few words.
 */
import assert from "node:assert/strict";
import { endAction } from "../../../../src/platforms/codepipeline/simulate/actions.ts";
import { abandon, resume, stop } from "../../../../src/platforms/codepipeline/simulate/interruptions.ts";
import {
  type CodePipelineWorld,
  createMachine,
  type RunState,
  type StageState,
  type Start,
} from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import { type Move, perform, possibleMoves } from "../../../../src/platforms/codepipeline/simulate/moves.ts";
import { addRun } from "../../../../src/platforms/codepipeline/simulate/runs.ts";
import type { SimulatedAction } from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import { wait } from "../../../../src/platforms/codepipeline/simulate/stages.ts";
import { begin, come } from "../../../../src/platforms/codepipeline/simulate/starts.ts";
import type { ActionPlace, TraceEvent } from "../../../../src/platforms/codepipeline/simulate/world.ts";
import { type Handler, loadedFunction } from "../write/loaded-function.ts";
import { awsOf } from "./aws.ts";
import { type Definition, isHeard, writtenAction } from "./definition.ts";
import { carryOutBuild } from "./jobs.ts";
import { insideOf } from "./update.ts";

/** What becomes of a call of a function. Dying after a call, the function has had its effect. `meanwhile`: another one looks first. */
export type Fate = "works" | "fails before" | "fails after" | "meanwhile";
export type Starter = "push" | "person" | "function" | "creation";

/** What CodePipeline knows of a run beside what the simulator does. */
export interface AboutRun {
  readonly startedAt: number;
  /** Of the pipeline's structure. */
  readonly version: number;
  readonly by: Starter;
  /** A person wants what it deploys, whatever is there. */
  isAsked: boolean;
  /** Of the definition by which it was started: what comes before each environment, and the pipelines. */
  readonly after: Readonly<Record<string, readonly string[]>>;
  readonly members: readonly string[];
  reason: string;
  readonly stages: Map<string, { status: "InProgress" | "Succeeded" | "Failed" | "Stopped"; at: number }>;
}

/** What happens in environments, in its order. `bytes`: `web@c3#run-7`, where the content is of c3 and was built by that run. */
export type Entry =
  | ({ what: "begins"; was: string | undefined; after: readonly string[] } & AboutPart)
  | ({ what: "deployed" } & AboutPart)
  | ({ what: "stays" } & AboutPart)
  | { what: "is told"; environment: string; pipeline: string; value: string | undefined; wanted: string }
  | { what: "stage passed"; environment: string; run: RunState; there: ReadonlyMap<string, string> }
  | { what: "stage left"; environment: string; run: RunState }
  | { what: "goes back"; by: "function" | "person"; stage: string; from: RunState | undefined; to: RunState }
  | { what: "run ended"; run: RunState; as: RunState["status"] };

interface AboutPart {
  environment: string;
  pipeline: string;
  bytes: string;
  run: RunState;
}

export class Account {
  machine!: CodePipelineWorld;
  definition: Definition;
  readonly objects = new Map<string, string>();
  /** When objects were written, and those that the lifecycle of the bucket takes away. */
  readonly written = new Map<string, number>();
  readonly unneeded = new Set<string>();
  /** Whether the bucket's list tells of an object. */
  isListed: (key: string) => boolean = () => true;
  readonly parameters = new Map<string, string>();
  /** What is really there: by environment and pipeline the bytes, or "half". */
  readonly truth = new Map<string, string>();
  readonly told: { subject: string; text: string }[] = [];
  /** By commit and pipeline, the commit in which its files were changed last. */
  readonly commits = new Map<string, Record<string, string>>();
  readonly entries: Entry[] = [];
  /** Events on their way to functions. */
  readonly mail: { readonly to: string; readonly event: object }[] = [];
  /** `CODEPIPELINE STAGE`: closed transitions into it. */
  readonly closed = new Set<string>();
  readonly about = new Map<RunState, AboutRun>();
  readonly versions = new Map<string, number>();
  readonly jobs = new Map<string, Record<string, string> | Error | "open">();
  readonly tokens = new Set<string>();
  readonly builtBy = new Map<string, string>();
  clock = Date.UTC(2026, 0, 1);
  /** How far the clocks of functions are off, in milliseconds. */
  skew = 0;
  fate: (command: string) => Fate = () => "works";
  /** Whether a job passes; of a build without environment. */
  passes: (job: { pipeline: string; environment: string | undefined; bytes: string }) => boolean = () => true;
  /** Whether an alarm rings while CodePipeline watches a stage. */
  isRinging: () => boolean = () => false;
  /** Whether a rollback calls itself by the run that it goes back to: documentation does not say. */
  rollbacksHaveIdsOfTheirTargets = false;
  /** Whether an update of a CodePipeline ends the runs that are inside of its stages: documentation does not say. */
  updatesEndRuns = false;
  /** Changes the text of functions before they are loaded. */
  readonly #sabotage: (source: string) => string;
  readonly #outcomes = new Map<string, { outcome: "passed" | "failed"; variables: Record<string, string> }>();
  readonly #mostRuns: number;
  readonly #begun = new Set<number>();
  /** Commits that a person has started a run with. */
  readonly askedFor = new Set<string>();
  #functions = new Map<string, Handler>();
  #heard = 0;
  #puts = 0;
  #isNested = false;

  constructor(definition: Definition, { sabotage = (source: string) => source, mostRuns = 50 } = {}) {
    this.definition = definition;
    this.#sabotage = sabotage;
    this.#mostRuns = mostRuns;
    this.#take(definition);
  }

  // The definition

  /** The stack is created or updated. CodePipelines that are new begin with a run of the newest commit. */
  create(definition: Definition = this.definition): void {
    const before = this.machine;
    const isFirst = before.runs.length === 0 && before.pending.length === 0;
    if (!isFirst) this.#take(definition, before);
    for (const pipeline of this.machine.pipelines.values()) {
      if (!isFirst && before.pipelines.has(pipeline.id)) continue;
      this.enqueue(pipeline.id, { by: "creation" });
    }
  }

  #take(definition: Definition, before?: CodePipelineWorld): void {
    this.definition = definition;
    const kept = definition.pipelines.map((one) => {
      const old = before?.pipelines.get(one.id);
      return old !== undefined && JSON.stringify(old) === JSON.stringify(one) ? old : one;
    });
    this.machine = createMachine(kept, {
      events: [],
      mostRuns: this.#mostRuns,
      outcome: (at) => this.#outcomes.get(keyOf(at))!.outcome,
      variables: (at) => this.#outcomes.get(keyOf(at))?.variables ?? {},
      rule: ({ provider }) => (provider === "CloudWatchAlarm" && this.isRinging() ? "failed" : "passed"),
    });
    this.#heard = 0;
    for (const { id } of kept) {
      if (before?.pipelines.get(id) !== this.machine.pipelines.get(id)) {
        this.versions.set(id, (this.versions.get(id) ?? 0) + 1);
      }
    }
    if (before) this.#carryOver(before);
    const functions = definition.infrastructure.resources.filter((one) => one.kind === "function");
    this.#functions = new Map(
      functions
        .filter(({ id }) => id === "Releases" || id === "Rollback")
        .map(({ id, source }) => [
          id,
          loadedFunction(this.#sabotage(source).replace("now: Date.now", "now: () => require('clock')()"), {
            env: { BUCKET: "kept", TOPIC: "topic", AWS_REGION: "eu-central-1" },
            answer: (command, input) => this.#called(command, input, id),
            modules: { clock: () => this.clock + this.skew },
          }),
        ]),
    );
  }

  /** Runs go on where there is a stage of that name, unless an update ends those that are inside of one. */
  #carryOver(before: CodePipelineWorld): void {
    const { machine } = this;
    machine.runs.push(...before.runs);
    for (const [branch, commit] of before.tips) machine.tips.set(branch, commit);
    for (const start of before.pending) {
      const pipeline = machine.pipelines.get(start.pipeline.id);
      if (pipeline) machine.pending.push({ ...start, pipeline });
    }
    for (const run of before.runs) {
      const [old, now] = [before, machine].map(({ pipelines }) => pipelines.get(run.pipeline));
      if (old === now) continue;
      run.failed = undefined;
      if (run.status !== "running") continue;
      const { name } = old!.stages[run.stage]!;
      const place = now?.stages.findIndex((stage) => stage.name === name) ?? -1;
      const inside =
        run.inside && place >= 0 && !this.updatesEndRuns ? insideOf(run.inside, now!.stages[place]!) : undefined;
      if (place >= 0 && (inside !== undefined || run.inside === undefined)) {
        run.stage = place;
        run.inside = inside;
        const state = machine.stages.get(run.pipeline)![place]!;
        if (inside) state.entered = run;
        else state.waiting.push(run);
        continue;
      }
      run.status = now === undefined ? "stopped" : "failed";
      if (run.inside) this.#leaves(run, name, "Failed");
      run.inside = undefined;
    }
    for (const [id, pipeline] of machine.pipelines) {
      if (before.pipelines.get(id) !== pipeline) continue;
      const [from, to] = [before, machine].map(({ stages }) => stages.get(id)!) as [StageState[], StageState[]];
      for (const [index, state] of from.entries()) Object.assign(to[index]!, state);
    }
  }

  // What comes from outside

  /** A commit in which files of these pipelines are new; of those, some CodePipelines hear. */
  push(changed: readonly string[], { isHeard: heard = true } = {}): string {
    const commit = `c${this.commits.size + 1}`;
    const last = [...this.commits.values()].at(-1) ?? {};
    const names = new Set([...Object.keys(last), ...this.definition.delivery.pipelines.map(({ name }) => name)]);
    const contents = Object.fromEntries(
      [...names].map((name) => [name, changed.includes(name) ? commit : (last[name] ?? commit)]),
    );
    this.commits.set(commit, contents);
    const { pending } = this.machine;
    const known = pending.length;
    const paths = changed.map((name) => `${name}/file`);
    come(this.machine, { id: commit, kind: "push", ref: { kind: "branch", name: "main" }, paths, commit });
    if (!heard) pending.length = known;
    this.#hear();
    return commit;
  }

  /** A start that is on its way; who starts it waits for no answer. */
  enqueue(codepipeline: string, { by, commit, release }: { by: Starter; commit?: string; release?: string }): Start {
    const start: Start = {
      pipeline: this.machine.pipelines.get(codepipeline)!,
      cause: { kind: "event", event: by },
      root: by,
      trigger: by === "push" ? "push" : "manual",
      isPolled: false,
      commit,
      ref: undefined,
      inputs: release === undefined ? {} : { BATON_RELEASE: release },
    };
    this.machine.pending.push(start);
    return start;
  }

  /** @returns Undefined where no more runs are taken. */
  begin(start: Start): RunState | undefined {
    const by: Starter = isStarter(start.root) ? start.root : "push";
    const count = this.machine.runs.length;
    // In a set what takes the newest commit takes what is newest now: its first stage holds nobody up.
    const commit =
      this.definition.layout === "separate" ? (start.commit ?? this.machine.tips.get("main")) : start.commit;
    const { pending } = this.machine;
    const place = pending.indexOf(start);
    pending[place] = { ...start, commit };
    begin(this.machine, pending[place]);
    const run = this.machine.runs[count];
    if (run) {
      this.#begun.add(this.#ageOf(start.commit));
      if (by === "person" && start.commit !== undefined) this.askedFor.add(start.commit);
      const isAsked = by === "person" && (start.commit !== undefined || isNumber(start.inputs.BATON_RELEASE));
      this.#know(run, by, isAsked);
    }
    this.#hear();
    return run;
  }

  #know(run: RunState, by: Starter, isAsked: boolean): void {
    const version = this.versions.get(run.pipeline)!;
    const { environments, pipelines } = this.definition.delivery;
    const after = Object.fromEntries(environments.map((one) => [one.name, one.after]));
    const members = pipelines.map(({ name }) => name);
    const startedAt = this.clock++;
    this.about.set(run, { startedAt, version, by, isAsked, after, members, reason: "", stages: new Map() });
  }

  // What goes on by itself

  /** All that may happen next without a person. */
  moves(): Move[] {
    const isOrdered = this.definition.layout === "single";
    const seen = new Set<string>();
    const ages = this.machine.pending.map(({ commit }) => this.#ageOf(commit));
    return [...possibleMoves(this.machine)].filter((move) => {
      switch (move.kind) {
        case "start": {
          // Nothing tells which of two commits is newer but which of them CodePipeline began with first: so the first event of
          // each comes in order here, in a single CodePipeline every one. Later ones of it come whenever they like.
          const { id } = move.start.pipeline;
          const isFirst = !seen.has(id);
          seen.add(id);
          if (isOrdered) return isFirst;
          const age = this.#ageOf(move.start.commit);
          return !ages.some((other) => other < age && !this.#begun.has(other));
        }
        case "enter":
          return !this.closed.has(`${move.run.pipeline} ${this.stageOf(move.run).name}`);
        case "end":
          return this.#writtenOf(move.run, move.action).provider !== "Manual";
        case "abandon":
          return false;
        default:
          return true;
      }
    });
  }

  async perform(move: Move): Promise<void> {
    this.clock++;
    if (move.kind === "start") {
      this.begin(move.start);
      return;
    }
    if (move.kind === "end") await this.#carryOut(move.run, move.action);
    perform(this.machine, move);
    this.#hear();
  }

  /** Position of a commit; the newest for what takes the newest one. */
  #ageOf(commit: string | undefined): number {
    const all = [...this.commits.keys()];
    return commit === undefined ? all.length - 1 : all.indexOf(commit);
  }

  stageOf(run: RunState) {
    return this.machine.pipelines.get(run.pipeline)!.stages[run.stage]!;
  }

  #writtenOf(run: RunState, { name }: SimulatedAction) {
    return writtenAction(this.definition, { pipeline: run.pipeline, stage: this.stageOf(run).name, action: name });
  }

  /** What an action does when it ends well, or not. */
  async #carryOut(run: RunState, action: SimulatedAction): Promise<void> {
    const written = this.#writtenOf(run, action);
    const key = keyOf({ run, stage: this.stageOf(run).name, action: action.name });
    const end = (variables: Record<string, string> | undefined) =>
      this.#outcomes.set(key, { outcome: variables ? "passed" : "failed", variables: variables ?? {} });
    if (written.category === "Source") return void end({});
    if (run.inside!.doomed.has(action)) return;
    if (written.provider === "CodeBuild") return void end(carryOutBuild(this, run, written));
    assert.equal(written.provider, "Lambda");
    const asked = this.filled(run, written.configuration.UserParameters as string);
    if (asked === undefined) return void end(undefined);
    const id = `job-${this.jobs.size}`;
    this.jobs.set(id, "open");
    const data = { actionConfiguration: { configuration: { UserParameters: asked } } };
    await this.call("Releases", { "CodePipeline.job": { id, data } });
    const answer = this.jobs.get(id)!;
    // Nobody has answered: it fails when its time is over.
    if (answer === "open") this.jobs.set(id, new Error("over"));
    if (answer instanceof Error) this.about.get(run)!.reason ||= answer.message;
    end(answer === "open" || answer instanceof Error ? undefined : answer);
  }

  /** As CodePipeline fills in what is written `#{…}`: as text. Undefined where nobody has set one of them. */
  filled(run: RunState, text: string): string | undefined {
    const release = this.machine.runs[run.release]!;
    let isWhole = true;
    const filled = text.replaceAll(/#\{([^}]+)\}/g, (_, name: string) => {
      if (name === "codepipeline.PipelineExecutionId")
        return this.idOf(this.rollbacksHaveIdsOfTheirTargets ? release : run);
      const value = run.variables.get(name) ?? release.variables.get(name);
      if (value === undefined) isWhole = false;
      return value ?? "";
    });
    return isWhole ? filled : undefined;
  }

  idOf = ({ id }: RunState): string => `run-${id}`;

  #hear(): void {
    const { events } = this.machine;
    for (; this.#heard < events.length; this.#heard++) this.#hearOf(events[this.#heard]!);
  }

  #hearOf(event: TraceEvent): void {
    if (event.what === "run-started") {
      const run = this.machine.runs[event.run]!;
      if (run.kind === "rollback" && !this.about.has(run)) this.#know(run, "function", true);
      return;
    }
    if (!("run" in event)) return;
    const run = this.machine.runs[event.run]!;
    const detail = { pipeline: run.pipeline, "execution-id": this.idOf(run) };
    if (event.what === "run-ended") {
      for (const [name, { status }] of this.about.get(run)!.stages) {
        if (status === "InProgress") this.#leaves(run, name, "Stopped");
      }
      this.entries.push({ what: "run ended", run, as: run.status });
      this.send("CodePipeline Pipeline Execution State Change", { ...detail, state: run.status.toUpperCase() });
    } else if (event.what === "stage-entered") {
      this.about.get(run)!.stages.set(event.stage, { status: "InProgress", at: this.clock });
    } else if (event.what === "stage-passed" || event.what === "stage-failed") {
      const hasPassed = event.what === "stage-passed";
      this.#leaves(run, event.stage, hasPassed ? "Succeeded" : "Failed");
      const state = hasPassed ? "SUCCEEDED" : "FAILED";
      this.send("CodePipeline Stage Execution State Change", { ...detail, stage: event.stage, state });
    }
  }

  #leaves(run: RunState, stage: string, status: "Succeeded" | "Failed" | "Stopped"): void {
    this.about.get(run)!.stages.set(stage, { status, at: this.clock });
    if (!this.isEnvironment(stage)) return;
    this.entries.push({ what: "stage left", environment: stage, run });
    if (status !== "Succeeded") return;
    this.entries.push({ what: "stage passed", environment: stage, run, there: new Map(this.truth) });
  }

  /** What comes before an environment, by the definition of today and by that with which the run was started. */
  before(environment: string, run: RunState): string[] {
    const today = this.definition.delivery.environments.find(({ name }) => name === environment)?.after ?? [];
    return today.filter((name) => this.about.get(run)!.after[environment]?.includes(name));
  }

  isEnvironment = (stage: string) => this.definition.delivery.environments.some(({ name }) => name === stage);

  /** To every function that listens. */
  send(kind: string, detail: object): void {
    const source = kind.startsWith("CodePipeline") ? "aws.codepipeline" : "aws.cloudwatch";
    const event = { source, "detail-type": kind, time: new Date(this.clock).toISOString(), detail };
    for (const one of this.definition.infrastructure.resources) {
      if (one.kind !== "rule" || one.target.kind !== "function" || !this.#functions.has(one.target.id)) continue;
      if (isHeard(one.pattern, event)) this.mail.push({ to: one.target.id, event });
    }
  }

  async deliver(index = 0): Promise<void> {
    const [letter] = this.mail.splice(index, 1);
    if (letter) await this.call(letter.to, letter.event);
  }

  put(key: string, text: string): void {
    this.objects.set(key, text);
    this.written.set(key, this.clock++);
    this.unneeded.delete(key);
    this.#puts++;
  }

  /** Time goes by, the bucket is swept, and what nobody needs goes. */
  async sweep({ days = 500 } = {}): Promise<void> {
    this.clock += days * 86_400_000;
    const time = `${new Date(this.clock).toISOString().slice(0, 10)}T03:05:00Z`;
    await this.call("Releases", { time });
    for (const key of this.unneeded) this.objects.delete(key);
    this.unneeded.clear();
  }

  /** The schedule calls it every few minutes. */
  async look(): Promise<void> {
    await this.call("Releases", {});
  }

  /** Called asynchronously, so up to three times. */
  async call(to: string, event: object): Promise<void> {
    const handler = this.#functions.get(to);
    if (handler === undefined) return;
    for (let times = 0; times < 3; times++) {
      try {
        await handler(event);
        return;
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
      }
    }
  }

  async #called(command: string, input: never, by: string): Promise<unknown> {
    const fate = this.#isNested ? "works" : this.fate(command);
    if (fate === "meanwhile") {
      this.#isNested = true;
      await this.look();
      this.#isNested = false;
    }
    if (fate === "fails before") throw new AwsError("ThrottlingException");
    const answer = awsOf(this, command, input, by);
    if (fate === "fails after") throw new AwsError("TimeoutError");
    return answer;
  }

  // What people do

  /** The run that waits for an answer. */
  approval(codepipeline: string): { run: RunState; action: SimulatedAction } | undefined {
    for (const run of this.machine.runs) {
      if (run.pipeline !== codepipeline || run.status !== "running" || !run.inside) continue;
      for (const action of run.inside.started) {
        if (!run.inside.ended.has(action) && this.#writtenOf(run, action).provider === "Manual") return { run, action };
      }
    }
    return undefined;
  }

  answer(codepipeline: string, how: "approve" | "reject"): RunState | undefined {
    const found = this.approval(codepipeline);
    if (!found) return undefined;
    const { run, action } = found;
    const key = keyOf({ run, stage: this.stageOf(run).name, action: action.name });
    this.#outcomes.set(key, { outcome: how === "approve" ? "passed" : "failed", variables: {} });
    endAction(this.machine, run, action);
    this.#hear();
    return run;
  }

  /** Of the stage in which it failed, as long as no other run was there. */
  retry(run: RunState, how: "failed actions" | "all actions"): boolean {
    const state = this.machine.stages.get(run.pipeline)?.[run.stage];
    if (run.status === "running" || !run.failed || state?.entered !== run) return false;
    if (how === "all actions") Object.assign(run.failed, { ended: new Map(), started: new Set() });
    run.isStopping = false;
    resume(this.machine, run);
    this.#hear();
    return true;
  }

  stop(run: RunState, { abandons = false } = {}): void {
    if (run.status !== "running") return;
    const { inside } = run;
    if (!run.isStopping) stop(this.machine, run);
    if (abandons && run.status === "running" && run.inside) abandon(this.machine, run);
    // What has not passed in the stage where it was stopped may be retried.
    const hasOpen = inside && this.stageOf(run).actions.some((action) => inside.ended.get(action) !== "passed");
    if (run.status !== "running" && run.kind === "standard" && hasOpen) run.failed = inside;
    this.#hear();
  }

  /** Runs that a stage can be sent back to: of this structure, and good there. */
  targets(codepipeline: string, stage: string): RunState[] {
    const version = this.versions.get(codepipeline);
    return this.machine.runs.filter(
      (run) =>
        run.pipeline === codepipeline &&
        run.kind === "standard" &&
        this.about.get(run)!.version === version &&
        this.about.get(run)!.stages.get(stage)?.status === "Succeeded",
    );
  }

  /** @returns Undefined where another run is in the stage. */
  rollBack(stage: string, target: RunState, by: "function" | "person" = "person"): RunState | undefined {
    const { machine } = this;
    const { pipeline, root, commit, ref } = target;
    const place = machine.pipelines.get(pipeline)!.stages.findIndex(({ name }) => name === stage);
    if (machine.runs.some((run) => run.pipeline === pipeline && run.stage === place && run.inside)) return undefined;
    const there = machine.stages.get(pipeline)![place]!.entered;
    if (there) there.failed = undefined;
    const cause = { kind: "run", run: target.id } as const;
    const told = {
      pipeline,
      kind: "rollback",
      trigger: "rollback",
      cause,
      root,
      commit,
      ref,
      release: target.id,
    } as const;
    const back = addRun(machine, told);
    for (const [name, value] of target.variables) back.variables.set(name, value);
    back.stage = place;
    wait(machine, back, "first");
    this.entries.push({ what: "goes back", by, stage, from: there, to: target });
    this.#hear();
    return back;
  }

  /** Artifacts of runs that have ended are gone. */
  expire(): void {
    for (const run of this.machine.runs) if (run.status !== "running") run.artifacts.clear();
  }

  /** Until nothing moves any more; whoever has to be patient has waited, unless that is for later. */
  async settle({ approves = true, waits = true } = {}): Promise<void> {
    for (let idle = 0, rounds = 0; idle < (waits ? 3 : 1); rounds++) {
      assert.ok(rounds < 4000, "it never comes to rest");
      const before = this.#state();
      while (this.mail.length > 0) await this.deliver();
      const [move] = this.moves();
      if (move) await this.perform(move);
      else {
        await this.look();
        if (approves) for (const id of this.machine.pipelines.keys()) this.answer(id, "approve");
      }
      idle = move === undefined && this.#state() === before ? idle + 1 : 0;
      if (idle > 0 && waits) this.clock += 3_600_000;
    }
  }

  #state(): string {
    const { runs, pending, events } = this.machine;
    return [this.#puts, runs.length, pending.length, events.length, this.mail.length].join();
  }
}

/** What AWS says of a call that it does not carry out. */
export class AwsError extends Error {
  constructor(name: string) {
    super(name);
    this.name = name;
  }
}

/** Of a release. */
export const isNumber = (text: string | undefined) => /^\d+$/.test(text ?? "");

const isStarter = (text: string): text is Starter => ["push", "person", "function", "creation"].includes(text);

function keyOf({ run, stage, action }: ActionPlace | { run: RunState; stage: string; action: string }): string {
  return `${run.id} ${stage} ${action}`;
}

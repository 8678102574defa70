/**
 * CodePipeline and S3 as far as the function of separate pipelines sees them: runs that wait before stages and are superseded,
 * retries, rollbacks, stops, closed transitions; calls that fail before or after they had their effect.
 */
import assert from "node:assert/strict";
import type { Bucket } from "../../../../src/platforms/codepipeline/write/separate/program/records.cjs";
import {
  type Asked,
  type Plan,
  type PlannedEnvironment,
  Refused,
  type Run,
  releases,
} from "../../../../src/platforms/codepipeline/write/separate/program/releases.cjs";
import { sweep } from "../../../../src/platforms/codepipeline/write/separate/program/retention.cjs";
import { Objects } from "./objects.ts";

export interface Building {
  readonly id: string;
  readonly pipeline: string;
  readonly commit: string;
  readonly startedAt: number;
  status: "under way" | "failed" | "passed" | "none";
}

export interface Deploying {
  readonly id: string;
  readonly environment: PlannedEnvironment;
  readonly kind: "standard" | "rollback";
  readonly commit: string;
  readonly release: string;
  readonly startedAt: number;
  /** Index of the stage it is in, or waits for. */
  stage: number;
  isInside: boolean;
  variables: Record<string, string>;
  status: "under way" | "failed" | "passed" | "stopped" | "superseded";
  reason: string;
  isStopping: boolean;
  /** Environment's stages that it has passed. */
  hasPassed: boolean;
}

const stages = ["Select", "Approve", "environment", "Proven"] as const;

/** What a call does; decided by the test. */
export type Fate = "works" | "fails before" | "fails after";

export class World {
  readonly objects = new Objects(() => this.clock);
  readonly building: Building[] = [];
  readonly deploying: Deploying[] = [];
  /** What is really there: by environment and pipeline, the part that was deployed last, and the run. */
  readonly truth = new Map<string, string>();
  readonly told: string[] = [];
  readonly closed = new Set<string>();
  readonly commits = new Map<string, Record<string, string>>();
  /** Looks at what happens to each environment: number of the release, and the run. */
  readonly entered: { readonly environment: string; readonly number: number; readonly run: Deploying }[] = [];
  readonly #plan: Plan;
  readonly #tokens = new Map<string, string>();
  readonly #function: ReturnType<typeof releases>;
  readonly #bucket: Bucket;
  clock = 1_000_000;
  fate: () => Fate = () => "works";
  /** Whether the jobs of a pipeline pass. */
  passes: (run: Deploying, pipeline: string) => boolean = () => true;

  /** Of an account in which an earlier definition was. */
  constructor(plan: Plan, earlier?: World) {
    this.#plan = plan;
    if (earlier) {
      for (const [key, text] of earlier.objects) this.objects.set(key, text);
      for (const [key, part] of earlier.truth) this.truth.set(key, part);
      for (const [commit, contents] of earlier.commits) this.commits.set(commit, contents);
      this.building.push(...earlier.building.filter((run) => this.#member(run.pipeline) !== undefined));
      const environments = Object.values(plan.sets).flatMap((set) => set.environments);
      for (const run of earlier.deploying) {
        const environment = environments.find(({ codepipeline }) => codepipeline === run.environment.codepipeline);
        if (environment) this.deploying.push({ ...run, environment });
      }
      this.clock = earlier.clock;
    }
    const call = async <T>(act: () => T): Promise<T> => {
      const fate = this.fate();
      if (fate === "fails before") throw new Error("throttled");
      const answer = act();
      if (fate === "fails after") throw new Error("no answer");
      return answer;
    };
    this.#bucket = {
      read: (key) => call(() => this.objects.get(key)),
      create: (key, text) =>
        call(() => {
          if (this.objects.has(key)) return false;
          this.objects.set(key, text);
          return true;
        }),
      write: (key, text) => call(() => void this.objects.set(key, text)),
      list: (prefix) => call(() => [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort()),
      has: (key) => call(() => this.objects.has(key)),
      versions: (prefix) => call(() => this.objects.versions(prefix)),
      mark: (key, version) => call(() => this.objects.mark(key, version)),
      unmark: (key) => call(() => this.objects.unmark(key)),
    };
    this.#function = releases({
      plan,
      now: () => this.clock,
      pageOf: (name, run) => `${name}/${run}`,
      tell: (subject) => call(() => void this.told.push(subject)),
      bucket: this.#bucket,
      codepipelines: {
        runs: (name) => call(() => this.#runs(name)),
        start: (name, how) => call(() => this.start(name, how)),
        stop: (_, run, reason) =>
          call(() => {
            const found = this.deploying.find(({ id }) => id === run)!;
            found.isStopping = true;
            found.reason = reason;
          }),
        waiting: (name) =>
          call(() => {
            const found = this.#inside(name, "Approve");
            return found && { run: found.id, token: found.id };
          }),
        reject: (_, at, token) =>
          call(() => {
            assert.equal(at.stage, "Approve-prod");
            const found = this.deploying.find(({ id }) => id === token)!;
            if (stages[found.stage] === "Approve" && found.isInside) this.#fail(found, "rejected: a newer release");
          }),
      },
    });
  }

  #runs(name: string): Run[] {
    const building = this.building.filter(({ pipeline }) => this.#member(pipeline)!.codepipeline === name);
    const deploying = this.deploying.filter(({ environment }) => environment.codepipeline === name);
    const said = (status: Deploying["status"]): Run["status"] =>
      status === "superseded" ? "none" : status === "stopped" ? "failed" : status;
    return [...building, ...deploying.map((run) => ({ ...run, status: said(run.status) }))]
      .map(({ id, commit, startedAt, status }) => ({ id, commit, startedAt, status }))
      .reverse();
  }

  #member(pipeline: string) {
    return Object.values(this.#plan.sets)
      .flatMap(({ members }) => members)
      .find(({ name }) => name === pipeline);
  }

  start(
    name: string,
    { commit, release = "newest", token }: { commit: string; release?: string; token?: string },
  ): void {
    const once = token === undefined ? undefined : `${name} ${token}`;
    if (once !== undefined && this.#tokens.has(once)) return;
    const id = `run-${this.building.length + this.deploying.length + 1}`;
    if (once !== undefined) this.#tokens.set(once, id);
    for (const { members, environments } of Object.values(this.#plan.sets)) {
      for (const member of members) {
        if (member.codepipeline !== name) continue;
        this.building.push({ id, pipeline: member.name, commit, startedAt: this.clock++, status: "under way" });
      }
      for (const environment of environments) {
        if (environment.codepipeline !== name) continue;
        this.deploying.push({
          id,
          environment,
          kind: "standard",
          commit,
          release,
          startedAt: this.clock++,
          stage: 0,
          isInside: false,
          variables: {},
          status: "under way",
          reason: "",
          isStopping: false,
          hasPassed: false,
        });
      }
    }
  }

  /** A commit; the files of these pipelines are new in it. */
  push(changed: readonly string[], { heard = changed }: { heard?: readonly string[] } = {}): string {
    const commit = `c${this.commits.size + 1}`;
    const before = [...this.commits.values()].at(-1) ?? {};
    const names = Object.values(this.#plan.sets).flatMap(({ members }) => members.map(({ name }) => name));
    const contents = Object.fromEntries(
      names.map((name) => [name, changed.includes(name) || before[name] === undefined ? commit : before[name]!]),
    );
    this.commits.set(commit, contents);
    for (const name of heard) this.start(this.#member(name)!.codepipeline, { commit });
    return commit;
  }

  endBuild(run: Building, how: "passed" | "failed" | "none"): void {
    run.status = how;
    if (how !== "passed") return;
    const contents = Object.entries(this.commits.get(run.commit)!);
    const lines = contents.map(([name, content]) => `${content.padStart(64, "0").replaceAll("c", "0")}  ${name}/file`);
    this.objects.set(`commits/main/${run.commit}/files`, lines.join("\n"));
    const digest = `of-${run.pipeline}-${this.commits.get(run.commit)![run.pipeline]}`;
    this.objects.set(`artifacts/${digest}`, "");
    const builtAt = new Date(run.startedAt).toISOString();
    const record = { version: 1, commit: run.commit, at: builtAt, artifacts: { build: digest } };
    const at = String(run.startedAt).padStart(15, "0");
    this.objects.set(`candidates/main/${run.pipeline}/${at}-${run.id}.json`, JSON.stringify(record));
  }

  /** Called asynchronously, so up to three times; undefined: it was never heard of. */
  async call<T>(ask: () => Promise<T>): Promise<{ answer: T } | { refused: string } | undefined> {
    for (let times = 0; times < 3; times++) {
      try {
        return { answer: await ask() };
      } catch (error) {
        if (error instanceof Refused) return { refused: error.message };
        if (!(error instanceof Error && /throttled|no answer/.test(error.message))) throw error;
      }
    }
    return undefined;
  }

  async look(): Promise<void> {
    for (const set of Object.keys(this.#plan.sets)) await this.call(() => this.#function.look(set));
  }

  /** Once a day, and the lifecycle after it. Keys that are gone. */
  async tidy(): Promise<string[]> {
    await this.call(() => sweep(this.#bucket, this.clock));
    return this.objects.expire();
  }

  #inside(codepipeline: string, stage: (typeof stages)[number]): Deploying | undefined {
    return this.deploying.find(
      (run) => run.environment.codepipeline === codepipeline && run.isInside && stages[run.stage] === stage,
    );
  }

  /** Runs that could go on, for one reason or another. */
  movable(): Deploying[] {
    return this.deploying.filter((run) => {
      if (run.status !== "under way") return false;
      const stage = stages[run.stage]!;
      if (run.isInside) return stage !== "Approve";
      if (this.closed.has(`${run.environment.codepipeline} ${stage}`)) return false;
      return this.#inside(run.environment.codepipeline, stage) === undefined;
    });
  }

  /** Takes a run into the stage it waits for, or carries out the stage that it is in. */
  async move(run: Deploying): Promise<void> {
    if (run.isInside) return this.#carryOut(run);
    const { codepipeline } = run.environment;
    const waiting = this.deploying.filter(
      (one) =>
        one.status === "under way" &&
        !one.isInside &&
        one.stage === run.stage &&
        one.environment.codepipeline === codepipeline,
    );
    const newest = waiting.at(-1)!;
    for (const one of waiting) if (one !== newest && one.kind === "standard") one.status = "superseded";
    newest.isInside = true;
    if (stages[newest.stage] === "Approve" && newest.environment.approval === undefined) this.#pass(newest);
  }

  async #carryOut(run: Deploying): Promise<void> {
    const { environment } = run;
    const stage = stages[run.stage]!;
    if (stage === "Select") {
      const said = await this.#ask(run, "select");
      if (run.isStopping) return this.#end(run, "stopped");
      if (said === undefined) return this.#fail(run, "select was never heard of");
      run.variables = said;
      return this.#pass(run);
    }
    if (stage === "Proven") {
      if ((await this.#ask(run, "prove")) === undefined) return this.#fail(run, "prove was never heard of");
      return this.#end(run, "passed");
    }
    assert.equal(stage, "environment");
    const going = await this.#ask(run, "begin");
    if (going === undefined) return this.#fail(run, "begin was never heard of");
    this.entered.push({ environment: environment.name, number: Number(run.variables.NUMBER), run });
    for (const { name } of this.#setOf(environment)[1].members) {
      if (going[`GO_${name}`] !== "yes") continue;
      this.truth.set(`${environment.name} ${name}`, "half");
      if (!this.passes(run, name)) return this.#fail(run, `${name} failed`);
      this.truth.set(`${environment.name} ${name}`, going[`PART_${name}`]!);
    }
    if ((await this.#ask(run, "end")) === undefined) return this.#fail(run, "end was never heard of");
    run.hasPassed = true;
    if (run.isStopping) return this.#end(run, "stopped");
    // A rollback is of one stage.
    if (run.kind === "rollback") return this.#end(run, "passed");
    this.#pass(run);
  }

  async #ask(run: Deploying, what: Asked["do"]): Promise<Record<string, string> | undefined> {
    const [set] = Object.entries(this.#plan.sets).find(([, { environments }]) =>
      environments.includes(run.environment),
    )!;
    const said = await this.call(() =>
      this.#function.answer({
        do: what,
        set,
        environment: run.environment.name,
        run: run.id,
        commit: run.commit,
        release: what === "select" ? run.release : run.variables.NUMBER!,
      }),
    );
    if (said === undefined || "refused" in said) return undefined;
    return said.answer as Record<string, string>;
  }

  #setOf(environment: PlannedEnvironment) {
    return Object.entries(this.#plan.sets).find(([, { environments }]) => environments.includes(environment))!;
  }

  #pass(run: Deploying): void {
    run.stage += 1;
    run.isInside = false;
    if (run.isStopping) this.#end(run, "stopped");
  }

  #end(run: Deploying, status: Deploying["status"]): void {
    run.status = status;
    run.isInside = false;
  }

  #fail(run: Deploying, reason: string): void {
    const stage = stages[run.stage];
    this.#end(run, "failed");
    run.reason ||= reason;
    if (stage === "environment" && run.kind === "standard") this.rollBack(run.environment);
  }

  /** By CodePipeline itself, or by a person: to the last run that was successful in the stage. */
  rollBack(environment: PlannedEnvironment, to?: Deploying): void {
    const targets = this.deploying.filter(
      (run) => run.environment === environment && run.kind === "standard" && run.hasPassed,
    );
    const target = to ?? targets.at(-1);
    if (target === undefined) return;
    this.deploying.push({
      ...target,
      id: `run-${this.building.length + this.deploying.length + 1}`,
      kind: "rollback",
      startedAt: this.clock++,
      stage: stages.indexOf("environment"),
      isInside: false,
      status: "under way",
      reason: "",
      isStopping: false,
      hasPassed: false,
    });
  }

  /** By a person; null where nobody waits for an answer. */
  answerApproval(environment: PlannedEnvironment, how: "approve" | "reject"): Deploying | undefined {
    const found = this.#inside(environment.codepipeline, "Approve");
    if (found === undefined) return undefined;
    if (how === "approve") this.#pass(found);
    else this.#fail(found, "rejected");
    return found;
  }

  /** The last run that was in the environment's stage, failed there and was followed by nobody. */
  retry(environment: PlannedEnvironment): boolean {
    const inStage = this.deploying.filter(
      (run) =>
        run.environment === environment &&
        (run.stage > 2 || (run.stage === 2 && (run.isInside || run.status !== "under way"))),
    );
    const last = inStage.at(-1);
    if (last?.status !== "failed" || last.stage !== 2) return false;
    if (this.#inside(environment.codepipeline, "environment") !== undefined) return false;
    last.status = "under way";
    last.isInside = true;
    return true;
  }

  part(environment: string, pipeline: string): string | undefined {
    return this.truth.get(`${environment} ${pipeline}`);
  }

  release(number: number): { commit: string; parts: Record<string, string>; left: Record<string, string> } {
    return JSON.parse(this.objects.get(`releases/infra/${String(number).padStart(8, "0")}.json`)!);
  }

  proven(environment: string): number[] {
    const prefix = `environments/${environment}/infra/proven/`;
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(-13, -5)));
  }
}

/**
 * Several CodePipelines side by side, as their printed template says: runs that queue at stages, actions, conditions on
 * entry, rollbacks, state-change events. What the service leaves open is chosen by the test. Actions of the hand-over call
 * the real function.
 */
import { createHash } from "node:crypto";
import { parse } from "yaml";
import { compileFilter } from "../../../../src/model/filters.ts";
import type { HandOverFunction } from "./function.ts";

interface Action {
  readonly name: string;
  readonly runOrder: number;
  readonly provider: string;
  readonly namespace: string | undefined;
  readonly configuration: Readonly<Record<string, string>>;
}

interface Stage {
  readonly name: string;
  readonly entry: { readonly variable: string; readonly value: string } | undefined;
  readonly rollsBack: boolean;
  /** Names of the rules that watch alarms after it. */
  readonly watched: readonly string[];
  readonly actions: readonly Action[];
}

export interface PrintedPipeline {
  readonly name: string;
  readonly paths: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** A commit: path to content. */
export type Sources = Readonly<Record<string, string>>;

export interface Run {
  readonly id: string;
  readonly pipeline: PrintedPipeline;
  readonly kind: "STANDARD" | "ROLLBACK";
  /** Known once the source is taken. */
  commit: number | undefined;
  readonly variables: Map<string, string>;
  stage: number;
  inside:
    | { runOrder: number; readonly started: Set<string>; readonly ended: Map<string, "passed" | "failed"> }
    | undefined;
  /** Between its last action and what alarms say of it. */
  settling: boolean;
  status: "InProgress" | "Succeeded" | "Failed";
  readonly passedStages: Set<string>;
}

export interface Happening {
  readonly what: "started" | "passed" | "failed" | "skipped" | "stage-passed" | "stage-failed" | "run";
  readonly run: Run;
  readonly stage: string;
  readonly action: string;
}

type StageStatus = "InProgress" | "Succeeded" | "Failed" | "Skipped";

/** What the documentation of the service leaves open. */
export interface Service {
  /** What a stage says of its run while alarms are watched, and when one of them has rung. */
  readonly whileWatched: "InProgress" | "Succeeded";
  readonly whenRung: "Failed" | "Succeeded";
  /** Whether a rollback has to meet the conditions of the stage, too. */
  readonly rollbacksEnter: "as all" | "at once";
  readonly rollbacksAre: "watched" | "not watched";
  /** When it tells that a stage has passed, and how often. */
  readonly tells: "before watching" | "after watching";
  readonly tellsTimes: 1 | 2;
}

export interface Choices {
  readonly service: Service;
  choose(count: number): number;
  /** Whether a job or an approval fails. */
  fails(at: { run: Run; stage: string; action: string }): boolean;
  /** Whether an alarm rings while a stage is watched. */
  rings(at: { run: Run; stage: string }): boolean;
  readonly pushes: readonly Sources[];
  /** Pipelines that a person or a schedule starts, by number; of the newest commit. */
  readonly starts: readonly number[];
  see(happening: Happening, world: World): void;
}

export function printedPipelines(template: string): PrintedPipeline[] {
  interface Printed {
    Type: string;
    Properties: {
      Name: string;
      Variables?: { Name: string; DefaultValue: string }[];
      Triggers: { GitConfiguration: { Push: { FilePaths?: { Includes: string[] } }[] } }[];
      Stages: {
        Name: string;
        BeforeEntry?: { Conditions: { Rules: { Configuration: { Variable: string; Value: string } }[] }[] };
        OnFailure?: { Result: string };
        OnSuccess?: { Conditions: { Rules: { Name: string }[] }[] };
        Actions: {
          Name: string;
          RunOrder: number;
          ActionTypeId: { Provider: string };
          Namespace?: string;
          Configuration: Record<string, string>;
        }[];
      }[];
    };
  }
  const { Resources } = parse(template, { logLevel: "silent" }) as { Resources: Record<string, Printed> };
  return Object.values(Resources)
    .filter(({ Type }) => Type === "AWS::CodePipeline::Pipeline")
    .map(({ Properties }) => ({
      name: Properties.Name,
      paths: Properties.Triggers[0]!.GitConfiguration.Push[0]!.FilePaths?.Includes ?? [],
      variables: Object.fromEntries((Properties.Variables ?? []).map((one) => [one.Name, one.DefaultValue])),
      stages: Properties.Stages.map((stage) => {
        const check = stage.BeforeEntry?.Conditions[0]?.Rules[0]?.Configuration;
        return {
          name: stage.Name,
          entry: check && { variable: check.Variable, value: check.Value },
          rollsBack: stage.OnFailure?.Result === "ROLLBACK",
          watched: (stage.OnSuccess?.Conditions ?? []).flatMap(({ Rules }) => Rules.map((rule) => rule.Name)),
          actions: stage.Actions.map((action) => ({
            name: action.Name,
            runOrder: action.RunOrder,
            provider: action.ActionTypeId.Provider,
            namespace: action.Namespace,
            configuration: action.Configuration,
          })),
        };
      }),
    }));
}

export class World {
  readonly runs: Run[] = [];
  readonly commits: Sources[] = [];
  readonly #pipelines: readonly PrintedPipeline[];
  readonly #choices: Choices;
  readonly #function: HandOverFunction;
  readonly #awaited: ReadonlySet<string>;
  readonly #waiting = new Map<string, Run[]>();
  readonly #events: { id: string; pipeline: string; stage: string }[] = [];
  #emitted = 0;
  #started = 0;
  /** Of the last run in a stage, by pipeline and stage. */
  readonly #statuses = new Map<string, { pipelineExecutionId: string; status: StageStatus }>();
  readonly #rules: { run: Run; stageName: string; ruleName: string; status: string; startTime: number }[] = [];
  /** By the token that the one who asked for it has given. */
  readonly #asked = new Map<string, Run>();
  /** Runs that have been told to wait since anything happened that a waiting run may be waiting for. */
  readonly #told = new Set<Run>();

  constructor(
    pipelines: readonly PrintedPipeline[],
    options: { choices: Choices; function: HandOverFunction; awaited: readonly string[] },
  ) {
    this.#pipelines = pipelines;
    this.#choices = options.choices;
    this.#function = options.function;
    this.#awaited = new Set(options.awaited);
  }

  /** Until nothing is left to happen; runs that are still in progress then wait for each other. */
  async goOn(): Promise<void> {
    for (;;) {
      const moves = this.#moves();
      if (moves.length === 0) return;
      await moves[this.#choices.choose(moves.length)]!();
    }
  }

  /** What the function is told. */
  answer(call: string, asked: Record<string, never>): unknown {
    switch (call) {
      case "put_job_success_result":
      case "put_job_failure_result":
        return {};
      case "get_pipeline_execution": {
        const run = this.runs.find(({ id }) => id === asked.pipelineExecutionId);
        return run ? { pipelineExecution: { status: run.status, executionType: run.kind } } : null;
      }
      case "get_pipeline_state": {
        const pipeline = this.#named(asked.name!);
        const stageStates = pipeline.stages.map(({ name }) => {
          const latestExecution = this.#statuses.get(`${pipeline.name} ${name}`);
          return { stageName: name, ...(latestExecution && { latestExecution }) };
        });
        return { stageStates };
      }
      case "list_rule_executions": {
        const { filter, nextToken } = asked as unknown as {
          filter: { pipelineExecutionId: string };
          nextToken?: string;
        };
        if (!this.runs.some(({ id }) => id === filter.pipelineExecutionId)) return null;
        const found = this.#rules.filter(({ run }) => run.id === filter.pipelineExecutionId);
        // The newest first, one on each page.
        const at = Number(nextToken ?? 0);
        const details = found.toReversed().map(({ run: _, ...rule }) => rule);
        return {
          ruleExecutionDetails: details.slice(at, at + 1),
          ...(at + 1 < details.length && { nextToken: String(at + 1) }),
        };
      }
      case "start_pipeline_execution": {
        const { name, clientRequestToken, sourceRevisions, variables } = asked as unknown as {
          name: string;
          clientRequestToken: string;
          sourceRevisions?: { revisionValue: string }[];
          variables?: { name: string; value: string }[];
        };
        const known = this.#asked.get(clientRequestToken);
        if (known) return { pipelineExecutionId: known.id };
        const commit = sourceRevisions?.[0]?.revisionValue;
        const run = this.#start(this.#named(name), {
          commit: commit === undefined ? undefined : Number(commit.slice(1)),
        });
        for (const variable of variables ?? []) run.variables.set(`variables.${variable.name}`, variable.value);
        this.#asked.set(clientRequestToken, run);
        return { pipelineExecutionId: run.id };
      }
      default:
        throw new Error(`the function asks for ${call}`);
    }
  }

  #named(name: string): PrintedPipeline {
    return this.#pipelines.find((one) => one.name === name)!;
  }

  #moves(): (() => Promise<void>)[] {
    const moves: (() => Promise<void>)[] = [];
    if (this.commits.length < this.#choices.pushes.length) moves.push(() => this.#push());
    const number = this.commits.length > 0 ? this.#choices.starts[this.#started] : undefined;
    if (number !== undefined) {
      moves.push(async () => {
        this.#started++;
        this.#start(this.#pipelines[number % this.#pipelines.length]!, { commit: undefined });
      });
    }
    this.#events.forEach((event, index) => {
      moves.push(async () => {
        this.#events.splice(index, 1);
        const { id, ...place } = event;
        const detail = { ...place, state: "SUCCEEDED" };
        await this.#function.ask({ event: { id, "detail-type": "CodePipeline Stage Execution State Change", detail } });
      });
    });
    for (const pipeline of this.#pipelines) {
      pipeline.stages.forEach((_, index) => {
        const next = this.#queue(pipeline, index)[0];
        const isTaken = this.runs.some(
          (run) => run.pipeline === pipeline && run.stage === index && (run.inside || run.settling),
        );
        if (next && !isTaken) moves.push(async () => this.#enter(next));
      });
    }
    for (const run of this.runs) {
      if (run.settling) moves.push(async () => this.#settle(run));
      const { inside } = run;
      if (!inside) continue;
      for (const action of this.#stageOf(run).actions.filter(({ runOrder }) => runOrder === inside.runOrder)) {
        if (!inside.started.has(action.name)) {
          moves.push(async () => {
            inside.started.add(action.name);
            this.#see("started", run, action.name);
          });
        } else if (!inside.ended.has(action.name) && !this.#told.has(run)) moves.push(() => this.#end(run, action));
      }
    }
    return moves;
  }

  async #push(): Promise<void> {
    const sources = this.#choices.pushes[this.commits.length]!;
    const before = this.commits.at(-1) ?? {};
    const changed = Object.keys({ ...before, ...sources }).filter((path) => before[path] !== sources[path]);
    const commit = this.commits.length;
    this.commits.push(sources);
    await this.#function.ask({ key: `c${commit}`, sources });
    for (const pipeline of this.#pipelines) {
      const filter = compileFilter(pipeline.paths);
      if (changed.some((path) => filter.matches(path))) this.#start(pipeline, { commit });
    }
  }

  #start(pipeline: PrintedPipeline, { commit }: { commit: number | undefined }): Run {
    const run = this.#add(pipeline, "STANDARD");
    run.commit = commit;
    for (const [name, value] of Object.entries(pipeline.variables)) run.variables.set(`variables.${name}`, value);
    this.#queue(pipeline, 0).push(run);
    this.#see("run", run, "");
    return run;
  }

  #add(pipeline: PrintedPipeline, kind: Run["kind"]): Run {
    const id = `${pipeline.name}#${this.runs.length}`;
    const variables = new Map([["codepipeline.PipelineExecutionId", id]]);
    const run: Run = {
      id,
      pipeline,
      kind,
      commit: undefined,
      variables,
      stage: 0,
      inside: undefined,
      settling: false,
      status: "InProgress",
      passedStages: new Set(),
    };
    this.runs.push(run);
    return run;
  }

  #queue(pipeline: PrintedPipeline, stage: number): Run[] {
    const key = `${pipeline.name} ${stage}`;
    const known = this.#waiting.get(key);
    if (known) return known;
    const queue: Run[] = [];
    this.#waiting.set(key, queue);
    return queue;
  }

  #stageOf = ({ pipeline, stage }: Run): Stage => pipeline.stages[stage]!;

  #enter(run: Run): void {
    this.#queue(run.pipeline, run.stage).shift();
    const { entry, actions } = this.#stageOf(run);
    const isAsked = run.kind === "STANDARD" || this.#choices.service.rollbacksEnter === "as all";
    if (isAsked && entry && this.#filled(run, entry.variable) !== entry.value) {
      this.#tell(run, "Skipped");
      this.#see("skipped", run, "");
      this.#leave(run);
      return;
    }
    this.#tell(run, "InProgress");
    run.inside = {
      runOrder: Math.min(...actions.map(({ runOrder }) => runOrder)),
      started: new Set(),
      ended: new Map(),
    };
  }

  async #end(run: Run, action: Action): Promise<void> {
    const stage = this.#stageOf(run);
    const inside = run.inside!;
    if (action.provider === "Lambda") {
      const answer = await this.#call(run, action);
      if (answer === null) {
        this.#told.add(run);
        return;
      }
      this.#told.clear();
      for (const [name, value] of Object.entries(answer)) run.variables.set(`${action.namespace}.${name}`, value);
      inside.ended.set(action.name, "failed" in answer ? "failed" : "passed");
    } else {
      if (stage.name === "Source") {
        run.commit ??= this.commits.length - 1;
        run.variables.set("SourceVariables.CommitId", `c${run.commit}`);
      }
      if (action.namespace)
        run.variables.set(`${action.namespace}.BATON_RUN`, run.variables.get("codepipeline.PipelineExecutionId")!);
      const fails = this.#choices.fails({ run, stage: stage.name, action: action.name });
      inside.ended.set(action.name, fails ? "failed" : "passed");
    }
    this.#see(inside.ended.get(action.name)!, run, action.name);
    const due = stage.actions.filter(({ runOrder }) => runOrder === inside.runOrder);
    if (due.some(({ name }) => !inside.ended.has(name))) return;
    if (due.some(({ name }) => inside.ended.get(name) === "failed")) {
      run.inside = undefined;
      this.#fail(run);
      return;
    }
    const later = stage.actions.map(({ runOrder }) => runOrder).filter((order) => order > inside.runOrder);
    if (later.length > 0) inside.runOrder = Math.min(...later);
    else {
      run.inside = undefined;
      const { rollbacksAre } = this.#choices.service;
      const isWatched = stage.watched.length > 0 && (run.kind === "STANDARD" || rollbacksAre === "watched");
      if (isWatched) this.#watch(run);
      else this.#pass(run);
    }
  }

  #tell(run: Run, status: StageStatus): void {
    this.#statuses.set(`${run.pipeline.name} ${this.#stageOf(run).name}`, { pipelineExecutionId: run.id, status });
  }

  #watch(run: Run): void {
    const { name: stageName, watched } = this.#stageOf(run);
    const { whileWatched, tells } = this.#choices.service;
    run.settling = true;
    this.#tell(run, whileWatched);
    for (const ruleName of watched)
      this.#rules.push({ run, stageName, ruleName, status: "InProgress", startTime: this.#rules.length });
    if (tells === "before watching") this.#emit(run);
  }

  #settle(run: Run): void {
    this.#told.clear();
    run.settling = false;
    const { name } = this.#stageOf(run);
    const rings = this.#choices.rings({ run, stage: name });
    const own = this.#rules.filter((rule) => rule.run === run && rule.stageName === name);
    for (const [index, rule] of own.entries()) rule.status = rings && index === 0 ? "Failed" : "Succeeded";
    if (rings) this.#fail(run, this.#choices.service.whenRung);
    else this.#pass(run);
  }

  #pass(run: Run): void {
    const { name, watched } = this.#stageOf(run);
    run.passedStages.add(name);
    this.#tell(run, "Succeeded");
    this.#see("stage-passed", run, "");
    const isTold = this.#rules.some((rule) => rule.run === run && rule.stageName === name);
    if (watched.length === 0 || !isTold || this.#choices.service.tells === "after watching") this.#emit(run);
    this.#leave(run);
  }

  /** That a stage has passed. */
  #emit(run: Run): void {
    const { name } = this.#stageOf(run);
    if (!this.#awaited.has(run.pipeline.name) || name === "Source") return;
    const event = { id: `event-${this.#emitted++}`, pipeline: run.pipeline.name, stage: name };
    for (let time = 0; time < this.#choices.service.tellsTimes; time++) this.#events.push(event);
  }

  #leave(run: Run): void {
    if (run.kind === "ROLLBACK" || run.stage === run.pipeline.stages.length - 1) {
      run.status = "Succeeded";
      this.#told.clear();
    } else {
      run.stage++;
      this.#queue(run.pipeline, run.stage).push(run);
    }
  }

  #fail(run: Run, said: StageStatus = "Failed"): void {
    const stage = this.#stageOf(run);
    run.status = "Failed";
    this.#told.clear();
    this.#tell(run, said);
    this.#see("stage-failed", run, "");
    const good = this.runs.findLast(
      (one) =>
        one.pipeline === run.pipeline && one.kind === "STANDARD" && one !== run && one.passedStages.has(stage.name),
    );
    if (!stage.rollsBack || run.kind === "ROLLBACK" || good === undefined) return;
    const rollback = this.#add(run.pipeline, "ROLLBACK");
    rollback.commit = good.commit;
    // It is a run of its own with the variables of the one that it puts back.
    for (const [name, value] of good.variables)
      if (name !== "codepipeline.PipelineExecutionId") rollback.variables.set(name, value);
    rollback.stage = run.stage;
    this.#queue(run.pipeline, run.stage).unshift(rollback);
    this.#see("run", rollback, "");
  }

  async #call(run: Run, action: Action): Promise<Record<string, string> | null> {
    const data = {
      actionConfiguration: {
        configuration: { UserParameters: this.#filled(run, action.configuration.UserParameters!) },
      },
      inputArtifacts: [{ location: { s3Location: { bucketName: "sources", objectKey: `c${run.commit}` } } }],
    };
    const { result } = await this.#function.ask<{ result: Record<string, string> | null }>({
      event: { "CodePipeline.job": { id: run.id, data } },
    });
    return result;
  }

  #filled(run: Run, text: string): string {
    return text.replaceAll(/#\{([^}]+)\}/g, (_, name: string) => {
      const value = run.variables.get(name);
      if (value === undefined) throw new Error(`${name} is not known in ${run.id} at ${this.#stageOf(run).name}`);
      return value;
    });
  }

  #see(what: Happening["what"], run: Run, action: string): void {
    this.#choices.see({ what, run, stage: this.#stageOf(run).name, action }, this);
  }
}

/** What a pipeline is made of at a commit: its files, and what it needs. Said here once more, not by the function. */
export function madeOf(
  sources: Sources,
  pipeline: string,
  delivery: Readonly<Record<string, { paths: readonly string[]; needs: readonly string[] }>>,
): string {
  const { paths, needs } = delivery[pipeline]!;
  const filter = compileFilter(paths);
  const files = Object.entries(sources)
    .filter(([path]) => filter.matches(path))
    .sort();
  const below = needs.map((need) => madeOf(sources, need, delivery));
  return createHash("sha256")
    .update(JSON.stringify([pipeline, files, below]))
    .digest("hex");
}

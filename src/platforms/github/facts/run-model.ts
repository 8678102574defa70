/** Whether jobs and steps of one run take place under given circumstances. */

import type { Activation, Circumstances, Conclusion } from "../../../facts/facts.ts";
import { callTrigger } from "../read/calls.ts";
import { entryValue } from "../read/fields.ts";
import type { Repository, Step, Template, TemplateMap, Workflow } from "../workflow.ts";
import {
  type AbstractValue,
  type Chance,
  free,
  known,
  MADE,
  made,
  nothing,
  SOME,
  type Surroundings,
  truthyChance,
} from "./abstract-value.ts";
import { type EventSetting, githubContext } from "./event-context.ts";
import {
  ancestors,
  detectsChanges,
  environmentOnlyTells,
  failureIgnored,
  type Instance,
  type Level,
  levelOf,
  needsOf,
  onlyTells,
  outputOnlyTells,
} from "./instances.ts";
import { evaluateCondition, valueOfTemplate } from "./values.ts";

/** Everything about one run that conditions can ask for. */
export class RunModel {
  readonly entry: Workflow;
  readonly root: Level;
  /** In the order of the files, callers before what they call. */
  readonly instances: readonly Instance[];
  readonly setting: EventSetting;
  private readonly chances = new WeakMap<Circumstances, Map<string, Chance>>();

  constructor(repository: Repository, entry: Workflow, setting: EventSetting) {
    this.entry = entry;
    this.setting = setting;
    const instances: Instance[] = [];
    this.root = levelOf({ repository, workflow: entry, caller: undefined, instances, open: [entry.file] });
    this.instances = instances;
  }

  /** How the job can come to run. */
  chance(instance: Instance, under: Circumstances): Chance {
    let memo = this.chances.get(under);
    if (!memo) {
      memo = new Map();
      this.chances.set(under, memo);
    }
    const remembered = memo.get(instance.id);
    if (remembered !== undefined) return remembered;
    // Needs in a circle never run; GitHub refuses them.
    memo.set(instance.id, 0);
    const { caller } = instance.level;
    const outer = caller ? this.chance(caller, under) : 3;
    const own = outer === 0 ? 0 : truthyChance(this.conditionValue(instance, under));
    const result = Math.min(outer, own) as Chance;
    memo.set(instance.id, result);
    return result;
  }

  conditionValue(instance: Instance, under: Circumstances, supposed?: Surroundings["supposed"]): AbstractValue {
    const success = this.successOfNeeds(instance, under);
    const condition = instance.job.if;
    if (!condition) return success;
    const value = evaluateCondition(condition, { ...this.surroundings(instance, under), supposed });
    if (condition.hasStatusFunction) return value;
    const truthy = Math.min(truthyChance(success), truthyChance(value)) as Chance;
    return truthy === 0 ? known(false) : truthy === 3 ? known(true) : { kind: "open", truthy, falsy: 2 };
  }

  /** The implicit `success()`: every job before, however far, succeeded. */
  private successOfNeeds(instance: Instance, under: Circumstances): AbstractValue {
    let truthy: Chance = 3;
    for (const before of ancestors(instance)) {
      const result = this.result(before, under);
      if (result.kind === "known") {
        if (result.value !== "success") return known(false);
      } else truthy = Math.min(truthy, result.truthy) as Chance;
    }
    return truthy === 3 ? known(true) : { kind: "open", truthy, falsy: truthy };
  }

  /** What `needs.<job>.result` holds: a failure that is ignored reads as success. */
  result(instance: Instance, under: Circumstances): AbstractValue {
    const chance = Math.min(this.chance(instance, under), this.innerChance(instance, under));
    if (chance === 0) return known("skipped");
    const said = this.saidResult(instance, under);
    if (said) return known(said);
    return chance === 3 ? known("success") : chance === 2 ? free : made;
  }

  /** How likely any job of a called workflow runs; where none does, the calling job counts as skipped. */
  private innerChance({ inner }: Instance, under: Circumstances): Chance {
    if (!inner) return 3;
    return Math.max(0, ...[...inner.jobs.values()].map((each) => this.chance(each, under))) as Chance;
  }

  private saidResult(instance: Instance, under: Circumstances): Conclusion | undefined {
    const said = under.results?.get(instance.id);
    if (said === "failure" && failureIgnored(instance.job) === true) return "success";
    if (said || !instance.inner || !under.results) return said;
    const inner = [...instance.inner.jobs.values()].map((each) =>
      this.chance(each, under) === 0 ? undefined : this.saidResult(each, under),
    );
    return inner.includes("failure") ? "failure" : inner.includes("cancelled") ? "cancelled" : undefined;
  }

  surroundings(instance: Instance, under: Circumstances): Surroundings {
    return {
      context: (path) => this.context(path, instance, under),
      status: (name) => {
        switch (name) {
          case "always":
            return known(true);
          case "success":
            return this.successOfNeeds(instance, under);
          case "failure":
            return known(ancestors(instance).some((before) => this.isResult(before, under, "failure")));
          case "cancelled":
            // It asks about the run. One job may also have been cancelled alone, by its time limit or its group.
            return ancestors(instance).some((before) => this.isResult(before, under, "cancelled"))
              ? free
              : known(false);
          default:
            return name satisfies never;
        }
      },
    };
  }

  private isResult(instance: Instance, under: Circumstances, wanted: Conclusion): boolean {
    const result = this.result(instance, under);
    return result.kind === "known" && result.value === wanted;
  }

  /** A context as a job's own keys see it. */
  context(path: readonly string[], instance: Instance, under: Circumstances): AbstractValue {
    const [name, ...rest] = path;
    switch (name) {
      case "github":
        if (rest[0] === "event" && rest[1] === "inputs" && rest[2]) return this.input(rest[2], instance.level, under);
        return githubContext(rest, under, this.setting);
      case "inputs":
        return rest[0] === undefined ? free : this.input(rest[0], instance.level, under);
      case "needs":
        return this.needsContext(rest, instance, under);
      case "env":
        return rest[0] === undefined ? free : this.environmentValue(rest[0], instance, under, []);
      case "steps":
      case "jobs":
        return made;
      case "job":
        return rest[0] === "status" ? known("success") : made;
      default:
        return free;
    }
  }

  private needsContext(rest: readonly string[], instance: Instance, under: Circumstances): AbstractValue {
    const [name, field] = rest;
    if (name === "*") {
      if (field !== "result") return made;
      return known(
        needsOf(instance).map((need) => {
          const result = this.result(need, under);
          return result.kind === "known" ? result.value : result.truthy <= 1 ? MADE : SOME;
        }),
      );
    }
    const need = needsOf(instance).find((each) => each.job.id.toLowerCase() === name);
    if (!need) return name === undefined ? free : nothing;
    if (field === "result") return this.result(need, under);
    if (field !== "outputs") return made;
    if (detectsChanges(need)) return free;
    // Of jobs that end badly nobody knows what they hand on.
    return under.results === undefined && rest[2] !== undefined && outputOnlyTells(need, rest[2]) ? free : made;
  }

  /** An input of the workflow at this level: what the caller gives, else what the event may bring. */
  input(name: string, level: Level, under: Circumstances): AbstractValue {
    const { caller } = level;
    const trigger = callTrigger(level.workflow);
    if (caller && caller.job.kind === "call") {
      const given = entryValue(caller.job.with, name);
      const declared = trigger?.inputs.find((input) => input.name.value.toLowerCase() === name);
      const type = declared?.type ?? "string";
      if (given) return asType(this.templateValue(given, caller, under), type);
      if (caller.job.with?.expression) return free;
      if (declared?.default) return asType(this.templateValue(declared.default, caller, under), type);
      return known(type === "boolean" ? false : type === "number" ? 0 : "");
    }
    const { event } = under.start;
    return event === "workflow_dispatch" || event === "workflow_call" ? free : nothing;
  }

  environmentValue(
    name: string,
    instance: Instance,
    under: Circumstances,
    nearer: readonly (TemplateMap | undefined)[],
  ): AbstractValue {
    const { job, level } = instance;
    const maps = [...nearer, job.kind === "steps" ? job.env : undefined, level.workflow.env];
    for (const map of maps) {
      const found = entryValue(map, name);
      if (found) return this.templateValue(found, instance, under);
      if (map?.expression) return made;
    }
    return environmentOnlyTells(instance, name) ? free : made;
  }

  templateValue(template: Template, instance: Instance, under: Circumstances): AbstractValue {
    return valueOfTemplate(template, this.surroundings(instance, under));
  }

  /** A step's condition, its job running and everything before it well. */
  stepChance(place: StepPlace, under: Circumstances): Chance {
    const around = this.stepSurroundings(place, under);
    const outer = place.outer ? this.stepChance(place.outer, under) : 3;
    const condition = place.step.if;
    if (!condition || outer === 0) return outer;
    return Math.min(outer, truthyChance(evaluateCondition(condition, around))) as Chance;
  }

  stepSurroundings(place: StepPlace, under: Circumstances): Surroundings {
    const { instance } = place;
    return {
      context: (path) => {
        if (path[0] === "inputs" && place.outer && path[1] !== undefined)
          return this.actionInput(place, path[1], under);
        if (path[0] === "env" && path[1] !== undefined) {
          return this.environmentValue(path[1], instance, under, stepEnvironments(place));
        }
        if (path[0] === "steps" && path[2] === "outputs" && path[1] && onlyTells(instance, path[1])) return free;
        return this.context(path, instance, under);
      },
      status: (name) => known(name === "success" || name === "always"),
    };
  }

  private actionInput(place: StepPlace, name: string, under: Circumstances): AbstractValue {
    const { outer } = place;
    if (outer?.step.kind !== "uses") return free;
    const given = entryValue(outer.step.with, name);
    if (given) return valueOfTemplate(given, this.stepSurroundings(outer, under));
    const declared = place.defaults?.get(name);
    return declared === undefined ? known("") : valueOfTemplate(declared, this.stepSurroundings(outer, under));
  }
}

/** Inputs have the type they are declared with, whatever they are written as. */
function asType(value: AbstractValue, type: string): AbstractValue {
  if (value.kind === "open" || typeof value.value !== "string") return value;
  if (type === "boolean") return known(value.value === "true");
  return type === "number" ? known(Number(value.value)) : value;
}

/** A step in its job; steps of a local action are inside of the step that uses it. */
export interface StepPlace {
  readonly instance: Instance;
  readonly step: Step;
  readonly outer: StepPlace | undefined;
  /** Defaults of the local action's inputs, by name in lower case. */
  readonly defaults: ReadonlyMap<string, Template> | undefined;
}

export function stepEnvironments(place: StepPlace): TemplateMap[] {
  const maps: TemplateMap[] = [];
  for (let at: StepPlace | undefined = place; at; at = at.outer) if (at.step.env) maps.push(at.step.env);
  return maps;
}

export function activationOf(chance: Chance): Activation {
  return (["no", "unknown", "possible", "yes"] as const)[chance];
}

/** What the simulation asks of expressions: yes or no, where a scenario says how to count what stays open. */

import type { Scenario } from "../../../simulation/scenario.ts";
import { evaluateCondition, evaluateTemplate, templateText } from "../read/conditions.ts";
import type { Environment } from "../read/expressions/evaluate.ts";
import { known, type Truth, truthOf, type Value } from "../read/expressions/value.ts";
import type { Concurrency, Condition, MatrixLeg, Setting, Step, Template } from "../workflow.ts";
import { type Assumptions, environmentOf, jobStatus, lockName, stepStatus, type View, viewOfLeg } from "./contexts.ts";
import { legsOf } from "./matrix-legs.ts";
import type { Scope, SimJob, SimLeg } from "./world.ts";

export interface WantedLock {
  readonly name: string;
  readonly cancelInProgress: boolean;
  readonly queue: "single" | "max";
}

export interface StepInLeg {
  readonly leg: SimLeg;
  readonly step: Step;
}

export interface Evaluate {
  jobCondition(job: SimJob): boolean;
  stepCondition(step: Step, leg: SimLeg): boolean;
  /** A step of a local action; the status is that of the job. */
  innerCondition(view: View, leg: SimLeg): boolean;
  legFlag(setting: Setting<boolean> | undefined, leg: SimLeg): boolean;
  stepFlag(setting: Setting<boolean> | undefined, place: StepInLeg): boolean;
  /** One leg without combination where the job has no matrix, or one that only the run can tell. */
  legs(job: SimJob): readonly (MatrixLeg | undefined)[];
  /** How many legs of its job may run at a time. */
  limit(leg: SimLeg): number;
  failFast(leg: SimLeg): boolean;
  /** Undefined where the group's name is empty. */
  lock(setting: Concurrency, holder: SimLeg | Scope): WantedLock | undefined;
  environment(view: View): Environment;
}

export function createEvaluate(scenario: Scenario, ownName: Value): Evaluate {
  const whole = new Map(scenario.choices.map(({ expression, value }) => [normal(expression), known(value)]));
  const assumptions: Assumptions = {
    defaultBranch: scenario.defaultBranch,
    repository: whole.get("github.repository") ?? ownName,
    choices: [...whole].flatMap(([expression, value]) => {
      const [context, ...path] = expression.split(".");
      return context !== undefined && path.length > 0 ? [{ context, path, value }] : [];
    }),
    outputs: scenario.outputs ?? [],
    settled: new WeakMap(),
  };
  const holds = (condition: Condition | undefined, truth: Truth): boolean => {
    if (truth !== "unknown") return truth === "yes";
    const chosen = condition && whole.get(normal(condition.raw));
    return chosen ? truthOf(chosen) === "yes" : scenario.unknownConditions === "hold";
  };
  const environment = (view: View) => environmentOf(view, assumptions);
  const settingOf = <T>(setting: Setting<T> | undefined, view: View): T | undefined => {
    if (setting === undefined || setting.kind === "known") return setting?.value;
    const value = evaluateTemplate(setting.template, environment(view));
    return value.kind === "known" ? (value.value as T) : undefined;
  };
  const stepHolds = (condition: Condition | undefined, view: () => View, leg: SimLeg): boolean => {
    if (condition === undefined) return !leg.failed && !leg.cancelled;
    return holds(condition, evaluateCondition(condition, environmentOf(view(), assumptions, stepStatus(leg))));
  };

  return {
    environment,
    jobCondition(job) {
      const { if: condition } = job.job;
      const status = jobStatus(job);
      if (condition === undefined) return truthOf(status.success) === "yes";
      return holds(
        condition,
        evaluateCondition(condition, environmentOf({ scope: job.scope, job }, assumptions, status)),
      );
    },
    stepCondition: (step, leg) => stepHolds(step.if, () => ({ ...viewOfLeg(leg), step }), leg),
    innerCondition: (view, leg) => stepHolds(view.step?.if, () => view, leg),
    legFlag: (setting, leg) => isTrue(settingOf(setting, viewOfLeg(leg))),
    stepFlag: (setting, { leg, step }) => isTrue(settingOf(setting, { ...viewOfLeg(leg), step })),
    legs(job) {
      const matrix = job.job.strategy?.matrix;
      if (matrix === undefined) return [undefined];
      const evaluated = (template: Template) => evaluateTemplate(template, environment({ scope: job.scope, job }));
      return legsOf(matrix, evaluated) ?? [undefined];
    },
    limit(leg) {
      const limit = settingOf(leg.job.job.strategy?.maxParallel, viewOfLeg(leg));
      return typeof limit === "number" && limit > 0 ? limit : Number.POSITIVE_INFINITY;
    },
    failFast: (leg) => settingOf(leg.job.job.strategy?.failFast, viewOfLeg(leg)) !== false,
    lock(setting, holder) {
      const view: View = "jobs" in holder ? { scope: holder } : viewOfLeg(holder);
      const around = environment(view);
      const name = lockName(setting.group, around);
      if (name === "") return undefined;
      const queue = setting.queue && templateText(setting.queue, around);
      return {
        name,
        cancelInProgress: isTrue(settingOf(setting.cancelInProgress, view)),
        queue: queue?.kind === "known" && queue.value === "max" ? "max" : "single",
      };
    },
  };
}

/** A setting given by an expression may come as text. */
function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

/** An expression's text as a key: without delimiters, spaces and case. */
function normal(text: string): string {
  return text
    .replace(/^\s*\$\{\{|\}\}\s*$/g, "")
    .replace(/\s+/g, "")
    .toLowerCase();
}

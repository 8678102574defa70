/** What the simulation asks of expressions: yes or no, where a scenario says how to count what stays open. */

import type { Scenario } from "../../../facts/scenario.ts";
import { evaluateCondition, evaluateTemplate, templateText } from "../read/conditions.ts";
import { known, type Truth, truthOf } from "../read/expressions/value.ts";
import type { Concurrency, Condition, Repository, Setting, Step } from "../workflow.ts";
import {
  type Assumptions,
  environmentOf,
  jobStatus,
  nameOf,
  repositoryName,
  stepStatus,
  type View,
} from "./contexts.ts";
import type { SimJob, SimLeg, SimRun } from "./world.ts";

export interface WantedLock {
  readonly name: string;
  readonly cancelInProgress: boolean;
  readonly queue: "single" | "max";
}

export interface Evaluate {
  jobCondition(job: SimJob): boolean;
  stepCondition(step: Step, leg: SimLeg): boolean;
  flag(setting: Setting<boolean> | undefined, leg: SimLeg): boolean;
  /** How many legs of its job may run at a time. */
  limit(leg: SimLeg): number;
  failFast(leg: SimLeg): boolean;
  /** Undefined where the group's name is empty. */
  lock(setting: Concurrency, holder: SimLeg | SimRun): WantedLock | undefined;
}

export function createEvaluate(repository: Repository, scenario: Scenario): Evaluate {
  const whole = new Map(scenario.choices.map(({ expression, value }) => [normal(expression), known(value)]));
  const assumptions: Assumptions = {
    defaultBranch: scenario.defaultBranch,
    repository: whole.get("github.repository") ?? repositoryName(repository),
    chosen: whole,
    outputs: scenario.outputs ?? [],
  };
  const holds = (condition: Condition | undefined, truth: Truth): boolean => {
    if (truth !== "unknown") return truth === "yes";
    const chosen = condition && whole.get(normal(condition.raw));
    return chosen ? truthOf(chosen) === "yes" : scenario.unknownConditions === "hold";
  };
  const viewOfLeg = (leg: SimLeg): View => ({ run: leg.job.scope.run, scope: leg.job.scope, job: leg.job, leg });
  const settingOf = <T>(setting: Setting<T> | undefined, view: View): T | undefined => {
    if (setting === undefined || setting.kind === "known") return setting?.value;
    const value = evaluateTemplate(setting.template, environmentOf(view, assumptions, undefined));
    return value.kind === "known" ? (value.value as T) : undefined;
  };

  return {
    jobCondition(job) {
      const { if: condition } = job.job;
      const view: View = { run: job.scope.run, scope: job.scope, job };
      return holds(condition, evaluateCondition(condition, environmentOf(view, assumptions, jobStatus(job))));
    },
    stepCondition(step, leg) {
      const environment = environmentOf(viewOfLeg(leg), assumptions, stepStatus(leg));
      return holds(step.if, evaluateCondition(step.if, environment));
    },
    flag: (setting, leg) => isTrue(settingOf(setting, viewOfLeg(leg))),
    limit(leg) {
      const limit = settingOf(leg.job.job.strategy?.maxParallel, viewOfLeg(leg));
      return typeof limit === "number" && limit > 0 ? limit : Number.POSITIVE_INFINITY;
    },
    failFast(leg) {
      const { strategy } = leg.job.job;
      return strategy?.matrix !== undefined && settingOf(strategy.failFast, viewOfLeg(leg)) !== false;
    },
    lock(setting, holder) {
      const view: View = "info" in holder ? { run: holder } : viewOfLeg(holder);
      const environment = environmentOf(view, assumptions, undefined);
      const name = nameOf(templateText(setting.group, environment), setting.group.raw);
      const queue = setting.queue && templateText(setting.queue, environment);
      if (name === "") return undefined;
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

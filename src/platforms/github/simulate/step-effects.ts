/**
 * Events that a step makes: pushes, tags, releases and dispatches. With the platform's default token only dispatches start
 * runs; a push is a new commit whoever made it.
 */

import type { Access, DispatchAccess, Key, ResourceAccess, TokenUse } from "../../../facts/access.ts";
import { accessesOf } from "../read/accesses.ts";
import { toText } from "../read/expressions/coerce.ts";
import type { Environment } from "../read/expressions/evaluate.ts";
import { evaluate } from "../read/expressions/evaluate.ts";
import { parseExpression } from "../read/expressions/parse.ts";
import { text, type Value } from "../read/expressions/value.ts";
import type { Job, LocalAction, Repository, Step, Workflow } from "../workflow.ts";
import { type View, viewOfLeg } from "./contexts.ts";
import type { Evaluate } from "./evaluate.ts";
import { filterOf } from "./trigger-contexts.ts";
import type { MadeEvent, SimLeg } from "./world.ts";

export interface StepEffect {
  /** Branch or tag that points to a new commit now. */
  readonly moved?: { readonly ref: string; readonly commit: string };
  readonly made?: MadeEvent;
  /** A workflow that waits for just this, and is not started. */
  readonly refused?: { readonly pipeline: string; readonly reason: string };
}

/** Local actions inside of each other deeper than this GitHub does not run. */
const deepestAction = 9;

/** Words in a commit's message that keep it from starting runs. */
const skipWords = /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/;

export interface EffectSetting {
  readonly repository: Repository;
  readonly evaluate: Evaluate;
  readonly defaultBranch: string;
}

interface Place {
  readonly leg: SimLeg;
  readonly view: View;
  /** Unique in the trace. */
  readonly id: string;
}

export function effectsOf(step: Step, leg: SimLeg, setting: EffectSetting): StepEffect[] {
  if (!makesEvents(step, leg, setting)) return [];
  const accesses = [...accessesIn(step, { leg, view: { ...viewOfLeg(leg), step }, setting })];
  return accesses.flatMap(({ access, view }, i) => {
    const { info } = leg.job.scope.run;
    const id = `${info.id}:${leg.job.path.join("/")}[${leg.index}].${step.index}.${i}`;
    const place = { leg, view, id };
    if (!isChange(access)) return [];
    if (access.kind === "dispatch") return dispatched(access, place, setting);
    return pushed(access, place, setting);
  });
}

export interface PlacedAccess {
  readonly access: Access;
  readonly view: View;
}

export interface Looking {
  readonly leg: SimLeg;
  readonly view: View;
  readonly setting: EffectSetting;
}

/** Accesses of the step, and of the steps of the local action it uses whose conditions hold. */
export function* accessesIn(step: Step, { leg, view, setting }: Looking): Generator<PlacedAccess> {
  const { job, scope } = leg.job;
  for (const access of accessesOf(setting.repository, step, { job, level: scope })) yield { access, view };
  const action = actionOf(step, setting);
  if (action === undefined || step.kind !== "uses") return;
  for (const inner of action.steps) {
    const inside: View = { ...view, step: inner, action: { action, use: step, outer: view } };
    if (depthOf(inside) < deepestAction && setting.evaluate.innerCondition(inside, leg)) {
      yield* accessesIn(inner, { leg, view: inside, setting });
    }
  }
}

function depthOf(view: View): number {
  let depth = 0;
  for (let at = view.action; at; at = at.outer.action) depth++;
  return depth;
}

function actionOf(step: Step, { repository }: EffectSetting): LocalAction | undefined {
  const path = step.kind === "uses" && step.uses.kind === "local" ? step.uses.path : undefined;
  return path === undefined ? undefined : repository.actions.find((action) => action.path === path);
}

/** What a step itself does to this repository. */
function changesOf(step: Step, { job: { job, scope } }: SimLeg, { repository }: EffectSetting): Change[] {
  return accessesOf(repository, step, { job, level: scope }).filter(isChange);
}

type Change = DispatchAccess | ResourceAccess;

function isChange(access: Access): access is Change {
  if (access.kind === "dispatch") return access.repository === undefined;
  if (access.kind !== "resource" || access.mode === "read") return false;
  const elsewhere = access.details.has("remote") || access.details.has("repository");
  return ["source", "git-tag", "release"].includes(access.resource) && !elsewhere;
}

const telling = new WeakMap<Job, Map<Step, boolean>>();

/** Whether anything in the step, whatever its conditions, makes events. Most do not, so this is asked first. */
export function makesEvents(step: Step, leg: SimLeg, setting: EffectSetting, depth = 0): boolean {
  const { job } = leg.job;
  let known = telling.get(job);
  if (known === undefined) {
    known = new Map();
    telling.set(job, known);
  }
  let answer = known.get(step);
  if (answer === undefined) {
    const inner = depth < deepestAction ? actionOf(step, setting)?.steps : undefined;
    answer =
      changesOf(step, leg, setting).length > 0 ||
      (inner?.some((each) => makesEvents(each, leg, setting, depth + 1)) ?? false);
    known.set(step, answer);
  }
  return answer;
}

function pushed(access: ResourceAccess, { leg, view, id }: Place, setting: EffectSetting): StepEffect[] {
  const { origin } = leg.job.scope.run;
  const starts = startsRuns(access.token) && !isSkipped(leg);
  const name = textOf(access.key, setting.evaluate.environment(view));
  const unheard = access.token.kind === "default" ? listenersTo(access, name, setting) : [];
  switch (access.resource) {
    case "source": {
      const branch = access.key.length > 0 ? name : (origin.head ?? branchOf(origin.ref));
      if (branch === undefined) return [];
      const commit = `commit of ${id}`;
      const event = {
        id: `push ${id}`,
        kind: "push",
        ref: { kind: "branch", name: branch },
        paths: "every",
        commit,
      } as const;
      return [{ moved: { ref: `refs/heads/${branch}`, commit }, ...(starts ? made(event) : {}) }];
    }
    case "git-tag": {
      if (name === undefined || name === "") return unheard;
      const commit = origin.sha;
      const event = { id: `tag ${id}`, kind: "push", ref: { kind: "tag", name }, paths: "every", commit } as const;
      return [{ moved: { ref: `refs/tags/${name}`, commit }, ...(starts ? made(event) : {}) }, ...unheard];
    }
    case "release":
      if (access.details.has("draft")) return [];
      if (!starts || name === undefined) return unheard;
      return [made({ id: `release ${id}`, kind: "release", action: "published", tag: name })];
    default:
      return [];
  }
}

/** Workflows that wait for such a tag or release; of a name that only the run knows, for any. */
function listenersTo(access: ResourceAccess, name: string | undefined, { repository }: EffectSetting): StepEffect[] {
  const reason = "an event made with the default token starts nothing";
  return repository.workflows.flatMap((workflow) =>
    workflow.triggers.some((trigger) => {
      if (access.resource === "release") return trigger.event === "release";
      if (access.resource !== "git-tag" || trigger.event !== "push") return false;
      const tags = trigger.tags ?? trigger.tagsIgnore;
      return tags !== undefined && (!name || filterOf(trigger.tags, trigger.tagsIgnore).accepts(name));
    })
      ? [{ refused: { pipeline: workflow.file, reason } }]
      : [],
  );
}

function dispatched(access: DispatchAccess, { view, id }: Place, setting: EffectSetting): StepEffect[] {
  const environment = setting.evaluate.environment(view);
  if (access.token.kind === "none") return [];
  if (access.target.kind === "event") {
    const type = textOf(access.target.type, environment);
    return type === undefined ? [] : [made({ id: `event ${id}`, kind: "custom-event", type })];
  }
  const { workflow, ref } = access.target;
  const called = textOf(workflow, environment);
  const target = called === undefined ? undefined : workflowNamed(setting.repository, called);
  const branch = ref === undefined ? setting.defaultBranch : textOf(ref, environment);
  if (target === undefined && called) return [{ refused: { pipeline: called, reason: "no workflow has this name" } }];
  if (target === undefined || branch === undefined) return [];
  const pairs = [...access.inputs].map(([name, key]) => [name.toLowerCase(), valueOfKey(key, environment)] as const);
  const inputs = Object.fromEntries(
    pairs.flatMap(([name, value]) => (value.kind === "known" ? [[name, `${value.value}`]] : [])),
  );
  const event = {
    id: `dispatch ${id}`,
    kind: "dispatch",
    pipeline: target.file,
    branch: short(branch),
    inputs,
  } as const;
  return [{ made: { event, inputs: new Map(pairs) } }];
}

const made = (event: MadeEvent["event"]): StepEffect => ({ made: { event, inputs: new Map() } });

const short = (ref: string) => ref.replace(/^refs\/heads\//, "");

function branchOf(ref: string): string | undefined {
  return ref.startsWith("refs/heads/") ? short(ref) : undefined;
}

/** What may be the default token starts nothing: only what is certain is carried out. */
function startsRuns(token: TokenUse): boolean {
  return token.kind === "given";
}

function isSkipped({ job: { job } }: SimLeg): boolean {
  return skipWords.test(job.at.source.text.slice(job.at.start, job.at.end));
}

/** By file, or by the name that people see. */
function workflowNamed({ workflows }: Repository, name: string): Workflow | undefined {
  return (
    workflows.find(({ file }) => file === name || file.endsWith(`/${name}`)) ??
    workflows.find(({ displayName }) => displayName === name)
  );
}

export function textOf(key: Key, environment: Environment): string | undefined {
  const value = valueOfKey(key, environment);
  return value.kind === "known" ? toText(value.value) : undefined;
}

/** Variables of the platform that a script may use in a name. */
const builtIn: Readonly<Record<string, string>> = {
  GITHUB_REF: "github.ref",
  GITHUB_REF_NAME: "github.ref_name",
  GITHUB_HEAD_REF: "github.head_ref",
  GITHUB_BASE_REF: "github.base_ref",
  GITHUB_SHA: "github.sha",
  GITHUB_RUN_ID: "github.run_id",
  GITHUB_REPOSITORY: "github.repository",
};

function valueOfKey(key: Key, environment: Environment): Value {
  return text(
    key.map((part) => {
      switch (part.kind) {
        case "text":
          return part.text;
        case "expression":
          return pieceOf(part.text, environment);
        case "variable":
          return pieceOf(`env.${part.name}`, environment) ?? pieceOf(builtIn[part.name] ?? "", environment);
        case "unknown":
          return null;
        default:
          return part satisfies never;
      }
    }),
  );
}

function pieceOf(expression: string, environment: Environment): string | null {
  const parsed = parseExpression(expression);
  const value = parsed.ok ? evaluate(parsed.syntax, environment) : undefined;
  return value?.kind === "known" ? toText(value.value) : null;
}

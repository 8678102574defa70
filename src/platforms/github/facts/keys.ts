/** Names with holes, filled in as far as the run tells: inputs through their callers, environment, known contexts. */

import type { Key, KeyPart } from "../../../facts/access.ts";
import type { Circumstances } from "../../../facts/facts.ts";
import { parseExpression, pathOf } from "../read/expressions/parse.ts";
import { entryValue } from "../read/fields.ts";
import type { Template, TemplateMap } from "../workflow.ts";
import { type AbstractValue, evaluate, type Surroundings, textOf } from "./abstract-value.ts";
import type { Instance } from "./instances.ts";
import { type RunModel, type StepPlace, stepEnvironments } from "./run-model.ts";

/** Where a key is written: in a job, or in one of its steps. */
export interface KeyPlace {
  readonly run: RunModel;
  readonly instance: Instance;
  readonly step: StepPlace | undefined;
}

/** A call deeper than this is a circle of environment variables that name each other. */
const MAX_DEPTH = 12;

export function keyOfTemplate(template: Template): Key {
  return template.parts.map((part): KeyPart => {
    return part.kind === "text"
      ? { kind: "text", text: part.text }
      : { kind: "expression", text: part.expression.text.trim() };
  });
}

/** Fills in what is known. Without circumstances only what holds in every run of this entry. */
export function resolveKey(key: Key, place: KeyPlace, under: Circumstances | undefined, depth = 0): Key {
  if (depth > MAX_DEPTH) return key;
  return joined(
    key.flatMap((part): Key => {
      switch (part.kind) {
        case "text":
        case "unknown":
          return [part];
        case "variable":
          return variable(part, place, under, depth);
        case "expression":
          return expression(part, place, under, depth);
        default:
          return part satisfies never;
      }
    }),
  );
}

function variable(
  part: { readonly kind: "variable"; readonly name: string },
  place: KeyPlace,
  under: Circumstances | undefined,
  depth: number,
): Key {
  const builtIn: Readonly<Record<string, string>> = {
    GITHUB_SHA: "github.sha",
    GITHUB_REF: "github.ref",
    GITHUB_REF_NAME: "github.ref_name",
    GITHUB_RUN_ID: "github.run_id",
    GITHUB_REPOSITORY: "github.repository",
    GITHUB_HEAD_REF: "github.head_ref",
  };
  const found = environmentTemplate(part.name, place);
  if (found) return resolveKey(keyOfTemplate(found), place, under, depth + 1);
  const context = builtIn[part.name];
  return context ? expression({ kind: "expression", text: context }, place, under, depth + 1) : [part];
}

function environmentTemplate(name: string, { instance, step }: KeyPlace): Template | undefined {
  const maps: (TemplateMap | undefined)[] = [
    ...(step ? stepEnvironments(step) : []),
    instance.job.kind === "steps" ? instance.job.env : undefined,
    instance.level.workflow.env,
  ];
  for (const map of maps) {
    const found = entryValue(map, name);
    if (found) return found;
  }
  return undefined;
}

/** Nothing is known of the event when a key is to hold for every run: its start names no event. */
function expression(
  part: { readonly kind: "expression"; readonly text: string },
  place: KeyPlace,
  under: Circumstances | undefined,
  depth: number,
): Key {
  const parsed = parseExpression(part.text);
  if (!parsed.ok) return [part];
  const path = pathOf(parsed.syntax);
  if (path?.[0] === "inputs" && path[1] !== undefined) {
    const through = inputKey(path[1], place, under, depth);
    if (through) return through;
  }
  if (path?.[0] === "github" && path[1] === "event" && path[2] === "inputs" && path[3] !== undefined) {
    const through = inputKey(path[3], place, under, depth);
    if (through) return through;
  }
  if (path?.[0] === "env" && path[1] !== undefined) {
    const found = environmentTemplate(path[1], place);
    if (found) return resolveKey(keyOfTemplate(found), place, under, depth + 1);
  }
  const value = valueIn(place, under, (around) => evaluate(parsed.syntax, around));
  const text = value?.kind === "known" ? textOf(value.value) : undefined;
  if (text !== undefined && !text.includes("\u0000")) return text === "" ? [] : [{ kind: "text", text }];
  return [{ kind: "expression", text: path ? path.join(".") : part.text }];
}

/** The event-free question: only workflow names, inputs and constants have one value in every run. */
const timeless: Circumstances = {
  start: {
    id: "",
    pipeline: "",
    cause: { kind: "other", name: "", types: [] },
    event: "workflow_call",
    at: { source: { path: "", text: "", byteOrderMark: false }, start: 0, end: 0 },
  },
};

function valueIn(
  place: KeyPlace,
  under: Circumstances | undefined,
  ask: (around: Surroundings) => AbstractValue,
): AbstractValue | undefined {
  const { run, instance, step } = place;
  const at = under ?? timeless;
  return ask(step ? run.stepSurroundings(step, at) : run.surroundings(instance, at));
}

/** What the caller wrote for an input, in the caller's own names. */
function inputKey(name: string, place: KeyPlace, under: Circumstances | undefined, depth: number): Key | undefined {
  const { run, instance, step } = place;
  if (step?.outer) {
    const { outer } = step;
    if (outer.step.kind !== "uses") return undefined;
    const given = entryValue(outer.step.with, name) ?? step.defaults?.get(name);
    const at = { run, instance, step: outer };
    return given ? resolveKey(keyOfTemplate(given), at, under, depth + 1) : undefined;
  }
  const { caller, workflow } = instance.level;
  if (caller?.job.kind !== "call") return undefined;
  const declared = workflow.triggers.flatMap((trigger) => (trigger.event === "workflow_call" ? trigger.inputs : []));
  const given =
    entryValue(caller.job.with, name) ?? declared.find((input) => input.name.value.toLowerCase() === name)?.default;
  return given
    ? resolveKey(keyOfTemplate(given), { run, instance: caller, step: undefined }, under, depth + 1)
    : undefined;
}

/** Neighbouring literals as one, so that equal names are equal lists. */
function joined(key: Key): Key {
  const result: KeyPart[] = [];
  for (const part of key) {
    const last = result.at(-1);
    if (part.kind === "text" && last?.kind === "text") {
      result[result.length - 1] = { kind: "text", text: last.text + part.text };
    } else if (part.kind !== "text" || part.text !== "") result.push(part);
  }
  return result;
}

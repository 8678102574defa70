/** Steps as facts; those of a local action follow one another in place of the step that uses it. */

import type { Access, Key } from "../../../facts/access.ts";
import type { Circumstances, ShellFacts, StepEdit, StepFacts } from "../../../facts/facts.ts";
import { lineStarts, positionOf } from "../../../findings/source.ts";
import { accessesOf, openedBy } from "../read/accesses.ts";
import { signInActions } from "../read/commands/tables/other-actions.ts";
import { entryValue } from "../read/fields.ts";
import type { LocalAction, Repository, Step, StepsJob, Template, UsesStep } from "../workflow.ts";
import { conditionFacts } from "./conditions.ts";
import type { Instance } from "./instances.ts";
import { type KeyPlace, keyOfTemplate, resolveKey } from "./keys.ts";
import { activationOf, type RunModel, type StepPlace } from "./run-model.ts";
import { evaluateCondition } from "./values.ts";

const MAX_NESTING = 8;

export function stepsOfJob(repository: Repository, run: RunModel, instance: Instance): StepFacts[] {
  const { job } = instance;
  if (job.kind !== "steps") return [];
  const result: StepFacts[] = [];
  const visit = (place: StepPlace, index: number, depth: number): void => {
    const { step } = place;
    const local = step.kind === "uses" && step.uses.kind === "local" ? step.uses : undefined;
    const action = local && repository.actions.find((each) => each.path === local.path);
    if (action?.using !== "composite" || depth > MAX_NESTING) {
      result.push(stepFacts(repository, run, place, index));
      return;
    }
    const defaults = defaultsOf(action);
    for (const inner of action.steps) visit({ instance, step: inner, outer: place, defaults }, index, depth + 1);
  };
  for (const step of job.steps) visit({ instance, step, outer: undefined, defaults: undefined }, step.index, 0);
  return result;
}

function defaultsOf(action: LocalAction): ReadonlyMap<string, Template> {
  return new Map(
    action.inputs.flatMap((input) => (input.default ? [[input.name.value.toLowerCase(), input.default] as const] : [])),
  );
}

function stepFacts(repository: Repository, run: RunModel, place: StepPlace, index: number): StepFacts {
  const { step, instance } = place;
  const at = { run, instance, step: place };
  const action = step.kind === "uses" && step.uses.kind === "action" ? step.uses.name : undefined;
  let accesses: readonly Access[] | undefined;
  return {
    id: step.id?.value.toLowerCase(),
    index,
    at: step.at,
    label: labelOf(step),
    condition: conditionFacts(step.if, (under, supposed) =>
      step.if
        ? evaluateCondition(step.if, { ...run.stepSurroundings(place, under), supposed })
        : { kind: "known", value: true },
    ),
    kind: step.kind === "run" ? "command" : step.kind === "uses" ? "action" : "broken",
    action,
    signsIn: action !== undefined && signInActions.has(action),
    actionVersion: versionOf(step),
    folder: folderOf(place, at),
    text: textOf(step),
    get accesses() {
      accesses ??= accessesOf(repository, step, instance);
      return accesses;
    },
    get opened() {
      return openedBy(repository, step, instance);
    },
    shell: shellOf(place),
    failureIgnored: step.continueOnError?.kind === "known" && step.continueOnError.value,
    runs: (under) => activationOf(run.stepChance(place, under)),
    resolve: (key: Key, under?: Circumstances) => resolveKey(key, at, under),
    parameter: (name) => {
      const given = step.kind === "uses" ? entryValue(step.with, name) : undefined;
      return given && { value: keyOfTemplate(given), at: given.at };
    },
    edit: step.kind === "uses" && !place.outer ? editOf(step) : undefined,
  };
}

/** Where no shell is named, bash runs with `-e` alone; by its name it also fails in pipes. */
function shellOf({ step, instance, outer }: StepPlace): ShellFacts {
  const strict = { stopsAtErrors: true, failsInPipes: true };
  if (step.kind !== "run") return strict;
  const { job, level } = instance;
  const ofJob = job.kind === "steps" ? job : undefined;
  const defaults = outer ? undefined : (ofJob?.defaults?.shell ?? level.workflow.defaults?.shell);
  const written = (step.shell ?? defaults)?.raw.trim();
  // Windows has another shell where none is named.
  if (written === undefined) return { stopsAtErrors: true, failsInPipes: ofJob ? mayBeWindows(ofJob) : true };
  if (written === "sh") return { stopsAtErrors: true, failsInPipes: false };
  const [program = "", ...flags] = written.split(/\s+/);
  if (flags.length === 0 || !/(?:^|\/)(?:ba)?sh$/.test(program)) return strict;
  return {
    stopsAtErrors: flags.some((flag) => /^-[a-z]*e/.test(flag) || flag === "errexit"),
    failsInPipes: flags.includes("pipefail"),
  };
}

function mayBeWindows({ runsOn }: StepsJob): boolean {
  return runsOn === undefined || /windows/i.test(JSON.stringify(runsOn.labels.map(({ raw }) => raw)));
}

function folderOf({ step, instance, outer }: StepPlace, at: KeyPlace): Key | undefined {
  if (step.kind !== "run") return undefined;
  const { job, level } = instance;
  const defaults = outer ? undefined : ((job.kind === "steps" ? job.defaults : undefined) ?? level.workflow.defaults);
  const written = step.workingDirectory ?? defaults?.workingDirectory;
  return written && resolveKey(keyOfTemplate(written), at, undefined);
}

function labelOf(step: Step): string {
  if (step.name) return step.name.raw;
  if (step.kind === "uses") return step.uses.text;
  if (step.kind === "run") return step.run.raw.trim().split("\n")[0] ?? "";
  return `step ${step.index + 1}`;
}

function textOf(step: Step): string {
  if (step.kind === "run") return step.run.raw;
  if (step.kind !== "uses") return "";
  return step.with?.entries.map((entry) => `${entry.key.value}: ${entry.value.raw}`).join("\n") ?? "";
}

/** From the ref, or from the comment beside a commit: `@<sha> # v4`. */
function versionOf(step: Step): number | undefined {
  if (step.kind !== "uses" || step.uses.kind !== "action") return undefined;
  const own = /^v?(\d+)(?:\.|$)/.exec(step.uses.ref)?.[1];
  if (own !== undefined) return Number(own);
  const { source, end } = step.uses.at;
  const rest = source.text.slice(end, end + 80).split("\n")[0]!;
  const comment = /#.*?\bv?(\d+)(?:\.\d+)*/.exec(rest)?.[1];
  return comment === undefined ? undefined : Number(comment);
}

function editOf(step: UsesStep): StepEdit {
  const { source } = step.at;
  const newline = source.text.includes("\r\n") ? "\r\n" : "\n";
  const first = step.with?.entries[0];
  const anchor = step.with && first ? first.key.at.start : step.uses.at.end;
  const starts = lineStarts(source);
  const { line } = positionOf(source, anchor);
  if (step.with && first) {
    const lineStart = starts[line - 1]!;
    const indent = source.text.slice(lineStart, first.key.at.start);
    return { file: source.path, insertAt: lineStart, indent, hasParameters: true, newline };
  }
  const column = positionOf(source, source.text.lastIndexOf("uses", step.uses.at.start)).column - 1;
  const lineEnd = starts[line] ?? source.text.length;
  return { file: source.path, insertAt: lineEnd, indent: " ".repeat(column), hasParameters: false, newline };
}

/** What jobs and steps hand on: the contexts `needs`, `steps` and `jobs`, by the scenario's rules, else as written. */

import { matchesRun, samePath } from "../../../simulation/patterns.ts";
import type { OutputRule } from "../../../simulation/scenario.ts";
import { callTrigger } from "../read/calls.ts";
import { known, oneOf, record, unknown, type Value } from "../read/expressions/value.ts";
import type { Template } from "../workflow.ts";
import { needsOf } from "./job-graph.ts";
import { numberOf } from "./legs.ts";
import type { Scope, SimJob, SimLeg, StepEnd } from "./world.ts";

export interface OutputSources {
  readonly rules: readonly OutputRule[];
  /** A template as the job's own keys see it when it has ended. */
  inLeg(template: Template, leg: SimLeg): Value;
  /** A template as the outputs of a called workflow see it. */
  inScope(template: Template, scope: Scope): Value;
}

/** Direct needs only. A failure that `continue-on-error` forgives reads as success. */
export function needsContext(job: SimJob, sources: OutputSources): Value {
  return record(Object.fromEntries(needsOf(job).map((need) => [need.job.id, ended(need, sources)])));
}

/** The jobs of a called workflow, for its outputs. */
export function jobsContext(scope: Scope, sources: OutputSources): Value {
  return record(Object.fromEntries([...scope.jobs.values()].map((job) => [job.job.id, ended(job, sources)])));
}

/** Steps with an id that have run or were skipped; later ones are not there yet. */
export function stepsContext(leg: SimLeg, sources: OutputSources): Value {
  const entries: Record<string, Value> = {};
  for (const [id, end] of leg.steps) {
    const { outcome, conclusion } = end;
    const outputs = outputsOfStep(id, end, leg, sources);
    entries[id] = record({ outcome: known(outcome), conclusion: known(conclusion), outputs });
  }
  return record(entries);
}

function ended(job: SimJob, sources: OutputSources): Value {
  const result = job.forgiven ? "success" : (job.result ?? null);
  return record({ result: known(result), outputs: outputsOfJob(job, sources) });
}

function outputsOfJob(job: SimJob, sources: OutputSources): Value {
  if (job.legs.length === 0) return known({});
  const { job: written } = job;
  const entries: Record<string, Value> = {};
  const isRemote = written.kind === "call" && written.uses.kind !== "local";
  const isOpen = written.kind === "steps" ? written.outputs?.expression !== undefined : isRemote;
  for (const name of declaredNames(job))
    entries[name] = combined(job.legs.map((leg) => writtenOutput(name, leg, sources)));
  const reliable = job.result === "success" || job.forgiven;
  const told = toldBy(rulesFor(job, undefined, sources));
  for (const [name, value] of Object.entries(told)) entries[name] = reliable ? known(value) : unknown;
  return record(entries, isOpen ? "open" : "closed");
}

function declaredNames({ job, legs }: SimJob): string[] {
  if (job.kind === "steps") return job.outputs?.entries.map(({ key }) => key.value) ?? [];
  return legs.flatMap(
    ({ called }) => (called && callTrigger(called.workflow)?.outputs.map(({ key }) => key.value)) ?? [],
  );
}

function writtenOutput(name: string, leg: SimLeg, sources: OutputSources): Value {
  const { job } = leg.job;
  if (job.kind === "steps") {
    const found = job.outputs?.entries.find(({ key }) => key.value === name);
    return found ? sources.inLeg(found.value, leg) : known("");
  }
  const found = leg.called && callTrigger(leg.called.workflow)?.outputs.find(({ key }) => key.value === name);
  return found && leg.called ? sources.inScope(found.value, leg.called) : known("");
}

/** Of several legs, the last to write an output wins, whichever that is. */
function combined(values: readonly Value[]): Value {
  const written = values.flatMap((value) => (value.kind === "known" ? [value.value] : []));
  if (written.length < values.length) return values.length === 1 ? values[0]! : unknown;
  const full = written.filter((value) => value !== "" && value !== null);
  return full.length === 0 ? known("") : oneOf(full);
}

function outputsOfStep(id: string, { outcome }: StepEnd, leg: SimLeg, sources: OutputSources): Value {
  if (outcome === "skipped") return known({});
  const told = toldBy(rulesFor(leg.job, id, sources, numberOf(leg)));
  const entries = Object.entries(told).map(([name, value]) => [name, outcome === "success" ? known(value) : unknown]);
  return entries.length === 0 ? unknown : record(Object.fromEntries(entries), "open");
}

function rulesFor(job: SimJob, step: string | undefined, { rules }: OutputSources, leg?: number): OutputRule[] {
  return rules.filter(
    (rule) =>
      rule.step?.toLowerCase() === step &&
      matchesRun(rule.job.run, job.scope.run.info) &&
      samePath(rule.job.path, job.path) &&
      (rule.job.leg === undefined || leg === undefined || rule.job.leg === leg),
  );
}

function toldBy(rules: readonly OutputRule[]): Record<string, string> {
  return Object.assign({}, ...[...rules].reverse().map(({ values }) => values));
}

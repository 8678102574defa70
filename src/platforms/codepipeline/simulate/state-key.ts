/** A text for everything that the future of a machine depends on: equal texts, equal futures. */

import type { CodePipelineWorld, Inside, RunState, Start } from "./machine.ts";
import type { SimulatedAction } from "./simulated-pipeline.ts";

export function stateKey({ runs, stages, pending, roots, tips }: CodePipelineWorld): string {
  const queues = [...stages].map(
    ([id, list]) =>
      `${id} ${list.map(({ waiting, passed, entered }) => `${waiting.map(idOf)}|${passed.at(-1)?.id}|${entered?.id}`).join(" ")}`,
  );
  const newest = [...tips].map(([branch, commit]) => `${branch}=${commit}`).sort();
  return [roots.length, ...runs.map(keyOfRun), ...queues, ...pending.map(keyOfStart).sort(), ...newest].join("\n");
}

const idOf = ({ id }: RunState) => id;

function keyOfStart({ pipeline, cause, root, trigger, commit }: Start): string {
  return `${pipeline.id} ${trigger} ${root} ${commit} ${cause.kind === "run" ? cause.run : ""}`;
}

function keyOfRun(run: RunState): string {
  const { pipeline, kind, release, cause, root, commit, status, stage, isStopping, retries, hasUnnamed } = run;
  const by = cause.kind === "run" ? cause.run : "";
  const parts = [pipeline, kind, release, by, root, commit, status, stage, isStopping, retries, hasUnnamed];
  const artifacts = [...run.artifacts.keys()].sort();
  const variables = [...run.variables].map(([name, value]) => `${name}=${value}`).sort();
  return `${parts.join(" ")} ${artifacts} ${variables} ${keyOfInside(run.inside)} ${keyOfInside(run.failed)}`;
}

function namesOf(actions: ReadonlySet<SimulatedAction>): string[] {
  return [...actions].map(({ name }) => name).sort();
}

function keyOfInside(inside: Inside | undefined): string {
  if (!inside) return "-";
  const { runOrder, started, ended, doomed, isLeaving } = inside;
  const ends = [...ended].map(([{ name }, how]) => `${name}=${how}`).sort();
  return `${runOrder} ${namesOf(started)} ${ends} ${namesOf(doomed)} ${isLeaving}`;
}

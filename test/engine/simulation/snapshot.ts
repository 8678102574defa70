import type { JobState, RunState, State } from "../../../src/engine/state.ts";
import { WaitQueue } from "../../../src/engine/wait-queue.ts";

/** A state as text: everything that tells two states apart, in its order, without what only repeats delivery and plan. */
export function snapshot(state: State): string {
  return JSON.stringify([
    state.seq,
    state.nextRelease,
    state.deployed,
    [...state.attempts].map(([token, job]) => [token, job.run, job.id]),
    [...state.attention],
    [...state.grantable],
    [...state.environments.values()].map((each) => [
      each.name,
      each.holder,
      each.queue,
      [...each.newest],
      each.changed,
    ]),
    [...state.groups].map(([name, { inside, queue }]) => [
      name,
      [...inside].map((job) => `${job.run} ${job.id}`),
      ids(queue),
    ]),
    [...state.open],
    state.deployedSeq,
    [...state.runs.values()].map(snapshotOfRun),
  ]);
}

const implied = new Set(["delivery", "plan", "definitions", "pipelines", "reused", "jobs"]);

function snapshotOfRun(run: RunState): unknown {
  const parts: unknown[] = [];
  for (const [key, value] of Object.entries(run)) {
    if (implied.has(key)) continue;
    if (key === "list") parts.push(run.list.map(snapshotOfJob));
    else if (key === "toSkip") parts.push([...run.toSkip].map(([job, reason]) => [job.id, reason]));
    else if (key === "matrices")
      parts.push([...run.matrices].map(([name, matrix]) => [name, plain({ ...matrix, legs: 0 })]));
    else if (key === "environments") {
      parts.push([...run.environments.values()].map((each) => [plain(each), plain(each.approval)]));
    } else parts.push([key, plain(value)]);
  }
  return parts;
}

function snapshotOfJob(job: JobState): unknown[] {
  const { planned, pipeline, definition, entry, ...rest } = job;
  return [planned.id, pipeline.name, definition.per, entry === undefined, rest];
}

function plain(value: unknown): unknown {
  if (value instanceof WaitQueue) return ids(value);
  if (value instanceof Set) return [...value];
  if (value instanceof Map) return [...value];
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.entries(value).map(([key, inner]) => [key, plain(inner)]);
}

function ids(queue: WaitQueue<JobState>): string[] {
  return [...queue].map((job) => `${job.run} ${job.id}`);
}

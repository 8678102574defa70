import type { Recorded, RunId } from "./events.ts";
import { newRun } from "./new-run.ts";
import { layOutOrder } from "./propagate.ts";
import { type Checkpoint, checkpointShape, type JobRef, type SavedQueue, type SavedRun } from "./saved-state.ts";
import {
  type ApprovalState,
  emptyState,
  type GroupState,
  type JobState,
  type MatrixState,
  type RunEnvironment,
  type RunState,
  type State,
} from "./state.ts";
import { WaitQueue } from "./wait-queue.ts";

/** To be written down before the state changes again: it shares what it can with the state. */
export function takeCheckpoint(state: State): Checkpoint {
  const { environments, groups, attempts, runs, ...facts } = state;
  return {
    shape: checkpointShape,
    facts,
    environments: [...environments.values()],
    groups: [...groups].map(([name, { inside, limits, queue }]) => [
      name,
      { inside: [...inside].map(refTo), limits, queue: saveQueue(queue) },
    ]),
    attempts: [...attempts.values()].map(refTo),
    runs: [...runs.values()].map(saveRun),
  };
}

function saveRun(run: RunState): SavedRun {
  // biome-ignore format: what is left out, in the order of its declaration
  const {
    id, release, delivery, plan, parallel, moves, undoes, unasked, by, createdAt, createdSeq, jobs, environments, matrices, pipelines, definitions, reused,
    list, order, ready, toSkip, ...facts
  } = run;
  const { pending, flags, culprit } = order!;
  return {
    id,
    facts,
    jobs: list.map(factsOfJob),
    environments: [...environments.values()].map(saveEnvironment),
    matrices: [...matrices.values()].map(({ legs, queue, ...rest }: MatrixState) => ({
      facts: rest,
      queue: saveQueue(queue),
    })),
    ready: saveQueue(ready),
    toSkip: [...toSkip].map(([job, reason]) => [job.number, reason]),
    order: { pending, flags, culprit },
  };
}

function factsOfJob(job: JobState): object {
  const { id, run, number, planned, pipeline, definition, entry, ...facts } = job;
  return facts;
}

function saveEnvironment({ approval, atLock, ...facts }: RunEnvironment): SavedRun["environments"][number] {
  const { waiting, ...asked } = approval satisfies ApprovalState;
  return { facts, approval: asked, waiting: saveQueue(waiting), atLock: saveQueue(atLock) };
}

function saveQueue(queue: WaitQueue<JobState>): SavedQueue {
  const { returning, fresh } = queue.parts();
  return { returning: returning.map(refTo), fresh: fresh.map(refTo) };
}

function refTo(job: JobState): JobRef {
  return [job.run, job.number];
}

/**
 * The state that a checkpoint was taken of; undefined without one, and when this Baton does not know its shape. `runEvents` begins with a
 * run's creation.
 */
export function restoreCheckpoint(
  saved: Checkpoint | undefined,
  runEvents: (run: RunId) => Iterable<Recorded>,
): State | undefined {
  if (saved?.shape !== checkpointShape) return undefined;
  const state: State = { ...emptyState(), ...saved.facts };
  for (const environment of saved.environments) state.environments.set(environment.name, environment);
  for (const each of saved.runs) {
    const [created] = runEvents(each.id);
    if (created?.event.type !== "run.created") return undefined;
    state.runs.set(each.id, newRun(created.event, created));
  }
  const jobAt = ([run, number]: JobRef) => state.runs.get(run)!.list[number]!;
  const fill = (queue: WaitQueue<JobState>, { returning, fresh }: SavedQueue) => {
    for (const ref of returning) jobAt(ref).entry = queue.joinReturning(jobAt(ref));
    for (const ref of fresh) jobAt(ref).entry = queue.join(jobAt(ref));
  };
  for (const each of saved.runs) restoreRun(state.runs.get(each.id)!, each, fill);
  for (const [name, { inside, limits, queue }] of saved.groups) {
    const group: GroupState = { inside: new Set(inside.map(jobAt)), limits, queue: new WaitQueue() };
    fill(group.queue, queue);
    state.groups.set(name, group);
  }
  for (const ref of saved.attempts) state.attempts.set(jobAt(ref).token!, jobAt(ref));
  return state;
}

function restoreRun(
  run: RunState,
  saved: SavedRun,
  fill: (queue: WaitQueue<JobState>, saved: SavedQueue) => void,
): void {
  layOutOrder(run);
  const { pending, flags, culprit } = saved.order;
  run.order!.pending.set(pending);
  run.order!.flags.set(flags);
  run.order!.culprit.set(culprit);
  Object.assign(run, saved.facts);
  for (const [number, facts] of saved.jobs.entries()) Object.assign(run.list[number]!, facts);
  for (const [number, environment] of [...run.environments.values()].entries()) {
    const { facts, approval, waiting, atLock } = saved.environments[number]!;
    Object.assign(environment, facts);
    Object.assign(environment.approval, approval);
    fill(environment.approval.waiting, waiting);
    fill(environment.atLock, atLock);
  }
  for (const [number, matrix] of [...run.matrices.values()].entries()) {
    const { facts, queue } = saved.matrices[number]!;
    Object.assign(matrix, facts);
    fill(matrix.queue, queue);
  }
  fill(run.ready, saved.ready);
  for (const [number, reason] of saved.toSkip) run.toSkip.set(run.list[number]!, reason);
}

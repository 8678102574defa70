import type { JobId } from "../plan/plan.ts";
import { admit, giveUp } from "./admission.ts";
import { buildOrder, gateFailed, gateStoodDown, type Outcome, otherFailed, type PlanOrder } from "./plan-order.ts";
import { mustAsk, notReached } from "./policies/approval.ts";
import { enterGate } from "./policies/gate.ts";
import type { JobState, RunState, State } from "./state.ts";

/** How an ended job counts for what comes after it. */
export function outcomeOf(run: RunState, job: JobState): Outcome {
  switch (job.status) {
    case "succeeded":
      return "well";
    case "failed":
      return job.definition.continueOnFailure ? "tolerated" : "failed";
    case "cancelled":
      return "stood-down";
    case "skipped":
      if (job.skipped?.code === "not-needed") return "well";
      return job.skipped?.code === "gate" && (run.order!.flags[job.number]! & gateFailed) !== 0
        ? "failed"
        : "stood-down";
    case "waiting":
    case "ready":
    case "running":
    case "backing-off":
      return "stood-down";
    default:
      return job.status satisfies never;
  }
}

/** Tells everything behind the job that it has ended. Jobs whose turn has come go on their way. */
export function noteEnded(state: State, run: RunState, job: JobState): void {
  const outcome = outcomeOf(run, job);
  // What was left out because of something else is no reason itself.
  const cause =
    job.status === "skipped" && job.skipped?.code === "gate" ? run.jobs.get(job.skipped.because) : undefined;
  noteNodeEnded(state, run, { node: job.number, outcome, culprit: (cause ?? job).number });
}

interface NodeEnd {
  node: number;
  outcome: Outcome;
  culprit: number;
}

function noteNodeEnded(state: State, run: RunState, end: NodeEnd): void {
  const order = run.order!;
  const ends = [end];
  for (let at = 0; at < ends.length; at += 1) {
    const { node, outcome, culprit } = ends[at]!;
    if (order.entrances.size > 0) noteBeforeApprovals(state, run, ends[at]!);
    const { outStart, outTo } = order.graph;
    for (let e = outStart[node]!; e < outStart[node + 1]!; e += 1) {
      const behind = outTo[e]!;
      if (outcome !== "well") mark(order, { behind, gate: order.gates[e] === 1, outcome, culprit });
      const left = order.pending[behind]! - 1;
      order.pending[behind] = left;
      if (left > 0) continue;
      const end = passOver(state, run, behind);
      if (end !== undefined) ends.push(end);
    }
  }
}

/**
 * Everything before the node has ended: a join ends with it, a job's turn has come. A job that succeeded before the run was
 * retried counts as ended only now, so that what comes after it still comes after all that came before it.
 */
function passOver(state: State, run: RunState, node: number): NodeEnd | undefined {
  const order = run.order!;
  if (node >= order.jobs) return endOfJoin(order, node);
  const job = run.list[node]!;
  if (job.status === "succeeded") return { node, outcome: "well", culprit: node };
  turnHasCome(state, run, job);
  return undefined;
}

function mark(order: PlanOrder, edge: { behind: number; gate: boolean; outcome: Outcome; culprit: number }): void {
  const { behind, gate, outcome, culprit } = edge;
  const flags = order.flags[behind]!;
  if (!gate) {
    if (outcome === "failed") order.flags[behind] = flags | otherFailed;
    return;
  }
  const flag = outcome === "stood-down" ? gateStoodDown : gateFailed;
  // Something that failed explains more than something that stood down.
  if (order.culprit[behind] === -1 || (flag === gateFailed && (flags & gateFailed) === 0))
    order.culprit[behind] = culprit;
  order.flags[behind] = flags | flag;
}

function endOfJoin(order: PlanOrder, node: number): NodeEnd {
  const flags = order.flags[node]!;
  const outcome = (flags & gateFailed) !== 0 ? "failed" : (flags & gateStoodDown) !== 0 ? "stood-down" : "well";
  return { node, outcome, culprit: order.culprit[node]! };
}

/** Everything before the job has ended. */
function turnHasCome(state: State, run: RunState, job: JobState): void {
  if (job.status !== "waiting" || job.stage !== "before") return;
  const verdict = enterGate(run.order!, job, (number) => idOf(run, number));
  if (verdict === "through") admit(state, { run, job, priority: "new" }, "approval");
  else giveUp(state, run, job, verdict);
}

function noteBeforeApprovals(state: State, run: RunState, { node, outcome, culprit }: NodeEnd): void {
  for (const entrance of run.order!.entrances.get(node) ?? []) {
    const environment = run.environments.get(entrance.environment)!;
    const approval = environment.approval;
    approval.before -= 1;
    if (entrance.gate && outcome !== "well") approval.broken ??= idOf(run, culprit);
    if (approval.broken !== undefined) {
      for (const job of [...approval.waiting]) giveUp(state, run, job, notReached(environment.name, approval.broken));
    } else if (mustAsk(approval)) run.toAsk.add(environment.name);
  }
}

function idOf(run: RunState, number: number): JobId {
  return run.list[number]!.id;
}

/** Lays the order of the run's plan out anew. Touches nothing else, so that a plan that cannot be right leaves no trace. */
export function layOutOrder(run: RunState): void {
  const planned = run.list.map((job) => job.planned);
  run.order = buildOrder(run.plan, planned, environmentsToAsk(run));
  for (const environment of run.environments.values()) {
    environment.approval.before = run.order.entranceCounts.get(environment.name) ?? 0;
    environment.approval.broken = undefined;
  }
}

/** At the start of a run and when it is retried: sends those on their way who have nothing before them. */
export function setOff(state: State, run: RunState): void {
  const order = run.order!;
  const free: number[] = [];
  for (let n = 0; n < order.graph.size; n += 1) if (order.pending[n] === 0) free.push(n);
  for (const node of free) {
    const end = passOver(state, run, node);
    if (end !== undefined) noteNodeEnded(state, run, end);
  }
}

/** The numbers of the jobs of each environment that a person is asked about. */
function environmentsToAsk(run: RunState): Map<string, number[]> {
  const asked = new Map<string, number[]>();
  for (const environment of run.environments.values()) {
    if (environment.approval.status !== "not-needed") asked.set(environment.name, []);
  }
  if (asked.size > 0) for (const job of run.list) asked.get(job.planned.environment ?? "")?.push(job.number);
  return asked;
}

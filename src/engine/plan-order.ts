import { stronglyConnected } from "../order/cycles.ts";
import { buildGraph, type Edge, type Graph, successors } from "../order/graph.ts";
import type { Plan, PlannedJob } from "../plan/plan.ts";
import { assert, bug } from "./bug.ts";

/**
 * How something ended. `stood-down`: it did not run (to its end), yet nothing went wrong (cancelled, superseded).
 * `tolerated`: it failed and may; only what cannot do without its success is stopped by that.
 */
export type Outcome = "well" | "failed" | "tolerated" | "stood-down";

/**
 * The order of a plan as a graph of numbers: the jobs that run (by their number), then the joins. Counts what has not
 * ended, so that an end costs as much as it has edges and nothing more.
 */
export interface PlanOrder {
  readonly jobs: number;
  readonly graph: Graph;
  /** By position in `graph.outTo`: 1 where the edge is a gate. */
  readonly gates: Uint8Array;
  /** Edges into the node whose start has not ended. */
  readonly pending: Int32Array;
  /** What happened before it: see the three flags below. */
  readonly flags: Uint8Array;
  /** The job that broke its gate, or -1. */
  readonly culprit: Int32Array;
  /** What must end before a person is asked about an environment: by node, and how many for each environment. */
  readonly entrances: Map<number, Entrance[]>;
  readonly entranceCounts: Map<string, number>;
}

/** `gate`: the environment is reached only if this ended well. */
export interface Entrance {
  environment: string;
  gate: boolean;
}

/** A gate before it did not hold because something failed; because something stood down; something else before it failed. */
export const gateFailed = 1;
export const gateStoodDown = 2;
export const otherFailed = 4;

/**
 * Numbers the jobs that run and the joins, and refuses a plan that names what it does not hold or runs in a circle.
 * `asked` gives the numbers of the jobs of each environment that a person is asked about.
 */
export function buildOrder(
  plan: Plan,
  running: readonly PlannedJob[],
  asked: ReadonlyMap<string, readonly number[]>,
): PlanOrder {
  const jobs = running.length;
  const nodes = [...running, ...plan.joins];
  const numbers = new Map(nodes.map(({ id }, number) => [id, number]));
  assert(numbers.size === nodes.length, "the plan holds an id twice");
  const numberOf = (id: string, of: string) =>
    numbers.get(id) ?? bug(`the plan has ${of} after ${id}, which does not run`);
  const graph = buildGraph(nodes.length, edgesOf(nodes, numberOf));
  assert(stronglyConnected(graph).count === nodes.length, "the plan runs in a circle");
  const { gates, gatesInto } = gatesOf(graph, nodes, numberOf);
  const pending = new Int32Array(graph.size);
  for (let n = 0; n < graph.size; n += 1) pending[n] = graph.inStart[n + 1]! - graph.inStart[n]!;
  const entrances = new Map<number, Entrance[]>();
  const entranceCounts = new Map<string, number>();
  for (const [environment, inside] of asked) {
    const entrance = entranceOf(graph, inside, gatesInto);
    entranceCounts.set(environment, entrance.size);
    for (const [node, gate] of entrance) {
      const list = entrances.get(node);
      if (list === undefined) entrances.set(node, [{ environment, gate }]);
      else list.push({ environment, gate });
    }
  }
  const flags = new Uint8Array(graph.size);
  const culprit = new Int32Array(graph.size).fill(-1);
  return { jobs, graph, gates, pending, flags, culprit, entrances, entranceCounts };
}

type PlanNode = Pick<PlannedJob, "id" | "after" | "requires">;

function* edgesOf(nodes: readonly PlanNode[], numberOf: (id: string, of: string) => number): Generator<Edge> {
  for (const [to, { id, after }] of nodes.entries()) {
    for (const before of after) {
      const from = numberOf(before, id);
      assert(from !== to, "the plan runs in a circle");
      yield [from, to];
    }
  }
}

/** By position in `graph.outTo`, and by position in `graph.inFrom`. */
function gatesOf(graph: Graph, nodes: readonly PlanNode[], numberOf: (id: string, of: string) => number) {
  const gates = new Uint8Array(graph.edgeCount);
  const gatesInto = new Uint8Array(graph.edgeCount);
  // Edges out of a node are in ascending order of where they lead: the order in which they are met here.
  const next = graph.outStart.slice();
  const required = new Int32Array(graph.size).fill(-1);
  for (const [to, { id, requires }] of nodes.entries()) {
    for (const before of requires) required[numberOf(before, id)] = to;
    for (let e = graph.inStart[to]!; e < graph.inStart[to + 1]!; e += 1) {
      const from = graph.inFrom[e]!;
      const position = next[from]!;
      next[from] = position + 1;
      if (required[from] !== to) continue;
      gates[position] = 1;
      gatesInto[e] = 1;
    }
  }
  return { gates, gatesInto };
}

/**
 * What stands directly before an environment: predecessors of its jobs, looking through whatever itself comes after one
 * of them (so that nobody waits for a person who is asked later). The value says whether the last step is a gate.
 */
function entranceOf(graph: Graph, jobs: readonly number[], gatesInto: Uint8Array): Map<number, boolean> {
  const inside = new Uint8Array(graph.size);
  const reached = [...jobs];
  for (const job of jobs) inside[job] = 1;
  for (let at = 0; at < reached.length; at += 1) {
    for (const behind of successors(graph, reached[at]!)) {
      if (inside[behind] === 1) continue;
      inside[behind] = 1;
      reached.push(behind);
    }
  }
  const entrance = new Map<number, boolean>();
  const seen = new Set(jobs);
  const open = [...jobs];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (let e = graph.inStart[node]!; e < graph.inStart[node + 1]!; e += 1) {
      const from = graph.inFrom[e]!;
      if (inside[from] === 0) entrance.set(from, entrance.get(from) === true || gatesInto[e] === 1);
      else if (!seen.has(from)) {
        seen.add(from);
        open.push(from);
      }
    }
  }
  return entrance;
}

/**
 * Where the jobs of a run stand: one lane for what is made once and one for each environment; in a lane one box for each
 * pipeline, columns by what comes first, what may run at the same time one below the other. The legs of a matrix are one
 * node. Pure; lengths in pixels.
 */
import type { Graph, GraphJob } from "../../data/wire.ts";

export interface Node {
  /** The job's id without its leg. */
  readonly id: string;
  readonly jobs: readonly GraphJob[];
  readonly x: number;
  readonly y: number;
}

/** The jobs of one pipeline in one lane. */
export interface Box {
  readonly pipeline: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Lane {
  /** Empty: what is made once for the release. */
  readonly environment: string;
  readonly y: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  /** Pipelines of which nothing runs here: named in one line. */
  readonly leftOut: readonly LeftOut[];
  readonly leftOutY: number;
}

export interface LeftOut {
  readonly pipeline: string;
  readonly jobs: readonly GraphJob[];
}

export interface Edge {
  readonly from: Node;
  readonly to: Node;
}

export interface GraphLayout {
  readonly lanes: readonly Lane[];
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
  readonly width: number;
  readonly height: number;
}

export const size = {
  node: 140,
  nodeHeight: 28,
  columnGap: 36,
  rowGap: 5,
  label: 17,
  pad: 5,
  boxGap: 8,
  laneGap: 25,
  leftOut: 24,
} as const;

/** Above this many nodes only the edges inside a pipeline are drawn: more could not be told apart. */
const mostForAllEdges = 400;

export const nodeOf = (id: string) => id.replace(/\[[^\]]*\]$/, "");

export function layoutGraph(graph: Graph): GraphLayout {
  const order = new Order(graph);
  const lanes: Lane[] = [];
  const nodes = new Map<string, Node>();
  let y = 0;
  for (const environment of ["", ...graph.environments]) {
    const here = graph.jobs.filter((job) => (job.environment ?? "") === environment);
    if (here.length === 0) continue;
    const byPipeline = [...Map.groupBy(here, (job) => job.pipeline)].map(([pipeline, jobs]) => ({ pipeline, jobs }));
    const runs = ({ jobs }: LeftOut) => jobs.some(({ decision }) => decision === "run");
    const leftOut = byPipeline.filter((one) => !runs(one));
    const lane = layoutLane(byPipeline.filter(runs), order.columnsIn(environment), y);
    for (const node of lane.nodes) nodes.set(node.id, node);
    const room = lane.height > 0 && leftOut.length > 0 ? size.boxGap : 0;
    const height = lane.height + room + (leftOut.length > 0 ? size.leftOut : 0);
    lanes.push({ environment, y, height, boxes: lane.boxes, leftOut, leftOutY: y + lane.height + room });
    y += height + size.laneGap;
  }
  const edges = order.edges(nodes, nodes.size > mostForAllEdges);
  const width = Math.max(0, ...lanes.flatMap(({ boxes }) => boxes.map((box) => box.x + box.width)));
  return { lanes, nodes: [...nodes.values()], edges, width, height: Math.max(0, y - size.laneGap) };
}

const columnWidth = size.node + size.columnGap;

function layoutLane(pipelines: readonly LeftOut[], columnOf: (node: string) => number, top: number) {
  /** How far down each column is taken. */
  const taken = new Map<number, number>();
  const nodes: Node[] = [];
  const boxes: Box[] = [];
  const placed = pipelines.map(({ pipeline, jobs }) => {
    const columns = [...Map.groupBy(jobs, (job) => nodeOf(job.id))].map(([id, legs]) => ({
      id,
      legs,
      column: columnOf(id),
    }));
    return { pipeline, columns, first: Math.min(...columns.map(({ column }) => column)) };
  });
  // What begins first stands highest, so that a chain of pipelines goes straight to the right.
  for (const { pipeline, columns, first } of placed.sort((a, b) => a.first - b.first)) {
    const last = Math.max(...columns.map(({ column }) => column));
    const range = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const y = Math.max(top, ...range.map((column) => taken.get(column) ?? 0));
    const used = new Map<number, number>();
    for (const { id, legs, column } of columns) {
      const row = used.get(column) ?? 0;
      used.set(column, row + 1);
      const below = size.label + row * (size.nodeHeight + size.rowGap);
      nodes.push({ id, jobs: legs, x: size.pad + column * columnWidth, y: y + below });
    }
    const rows = Math.max(...used.values());
    const height = size.label + rows * (size.nodeHeight + size.rowGap) - size.rowGap + size.pad;
    const width = (last - first) * columnWidth + size.node + 2 * size.pad;
    boxes.push({ pipeline, x: first * columnWidth, y, width, height });
    for (const column of range) taken.set(column, y + height + size.boxGap);
  }
  const bottom = Math.max(top, ...boxes.map((box) => box.y + box.height));
  return { nodes, boxes, height: bottom - top };
}

class Order {
  readonly #jobs: ReadonlyMap<string, GraphJob>;
  readonly #joins: ReadonlyMap<string, readonly string[]>;
  /** Every job of a node, by the node's id. */
  readonly #nodes: ReadonlyMap<string, readonly GraphJob[]>;

  constructor(graph: Graph) {
    this.#jobs = new Map(graph.jobs.map((job) => [job.id, job]));
    this.#joins = new Map(graph.joins.map(({ id, after }) => [id, after]));
    this.#nodes = Map.groupBy(graph.jobs, (job) => nodeOf(job.id));
  }

  /** The longest chain of jobs of the lane before a node: other lanes come before this one as a whole. */
  columnsIn(environment: string): (node: string) => number {
    const ends = new Map<string, number>();
    const end = (id: string): number => {
      const known = ends.get(id);
      if (known !== undefined) return known;
      const job = this.#jobs.get(id);
      let value = 0;
      if (job === undefined) value = latest(this.#joins.get(id) ?? []);
      else if ((job.environment ?? "") === environment) value = start(nodeOf(id)) + 1;
      ends.set(id, value);
      return value;
    };
    const latest = (ids: readonly string[]) => ids.reduce((most, id) => Math.max(most, end(id)), 0);
    const start = (node: string) => latest((this.#nodes.get(node) ?? []).flatMap(({ after }) => after));
    return start;
  }

  /** Inside a lane, without those that a longer way says already. */
  edges(nodes: ReadonlyMap<string, Node>, onlyInPipelines: boolean): Edge[] {
    const resolved = new Map<string, ReadonlySet<string>>();
    const behind = (id: string): ReadonlySet<string> => {
      if (this.#jobs.has(id)) return new Set([nodeOf(id)]);
      const known = resolved.get(id);
      if (known) return known;
      const found = new Set((this.#joins.get(id) ?? []).flatMap((one) => [...behind(one)]));
      resolved.set(id, found);
      return found;
    };
    const before = new Map<string, Set<string>>();
    for (const [id, jobs] of this.#nodes) {
      const [{ environment, pipeline }] = jobs as [GraphJob];
      const isNear = (other: GraphJob) =>
        other.environment === environment && (!onlyInPipelines || other.pipeline === pipeline);
      const steps = jobs.flatMap(({ after }) => after);
      const wanted = onlyInPipelines ? steps.filter((step) => this.#jobs.has(step)) : steps;
      const found = wanted.flatMap((step) => [...behind(step)]);
      before.set(id, new Set(found.filter((one) => one !== id && isNear(this.#nodes.get(one)![0]!))));
    }
    const edges: Edge[] = [];
    for (const [id, direct] of before) {
      for (const one of direct) {
        const [from, to] = [nodes.get(one), nodes.get(id)];
        if (from && to && !isSaid(one, direct, before)) edges.push({ from, to });
      }
    }
    return edges;
  }
}

/** Whether another of the nodes before comes behind this one anyway. */
function isSaid(one: string, direct: ReadonlySet<string>, before: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const seen = new Set<string>();
  const open = [...direct].filter((other) => other !== one);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of before.get(at) ?? []) {
      if (next === one) return true;
      if (!seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return false;
}

/** A run as lanes of environments, left to right in the order in which things must happen. */
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { now } from "../../data/live.ts";
import { duration } from "../../data/time.ts";
import type { Graph, GraphJob } from "../../data/wire.ts";
import { StateIcon } from "../../parts/icons.tsx";
import { useDrag } from "./drag.ts";
import { type Box, type Edge, type Lane, layoutGraph, type Node, nodeOf, size } from "./layout.ts";
import { type Facts, loudestLeg } from "./node-state.ts";
import { useWindow } from "./window.ts";

interface Shown {
  /** What the lane of jobs without an environment is called; empty: lanes have no names here. */
  once?: string;
  facts: Facts;
  chosen: string | undefined;
  /** This job is brought to the middle of what is seen. */
  shows?: string | undefined;
  choose(job: string): void;
  /** How large it is drawn; 1 when it is not given. */
  zoom?: number;
  /** Somebody wants it larger or smaller. */
  turn?: (by: 1 | -1) => void;
}

/** Drawn beyond what can be seen, so that scrolling shows no holes. */
const margin = 300;

export function RunGraph({ graph, ...shown }: { graph: Graph } & Shown) {
  const layout = useMemo(() => layoutGraph(graph), [graph]);
  const { once = "once", zoom = 1, turn } = shown;
  const gutter = once === "" ? 16 : nameGutter;
  const box = useRef<HTMLDivElement>(null);
  const seen = useWindow(box);
  useDrag(box, turn);
  // What was in the middle stays there when it is drawn larger or smaller.
  const drawn = useRef(zoom);
  useLayoutEffect(() => {
    const graph = box.current;
    const by = zoom / drawn.current;
    drawn.current = zoom;
    if (graph === null || by === 1) return;
    const { clientWidth, clientHeight } = graph;
    graph.scrollTo({
      left: (graph.scrollLeft + clientWidth / 2) * by - clientWidth / 2,
      top: (graph.scrollTop + clientHeight / 2) * by - clientHeight / 2,
    });
  }, [zoom]);
  const isIn = ({ x, y, width, height }: Area) =>
    (x + width) * zoom > seen.left - margin &&
    x * zoom < seen.left + seen.width + margin &&
    (y + height) * zoom > seen.top - margin &&
    y * zoom < seen.top + seen.height + margin;
  const isSeen = ({ x, y }: Node) => isIn({ x, y, width: size.node, height: size.nodeHeight });
  // What is chosen by its address, or found, is brought into view.
  const { shows } = shown;
  useLayoutEffect(() => {
    const node = shows === undefined ? undefined : layout.nodes.find(({ id }) => id === nodeOf(shows));
    if (node) showNode(box.current, node, zoom);
  }, [shows, layout]);
  const isHeavy = ({ from, to }: Edge) => isCritical(from, shown.facts) && isCritical(to, shown.facts);
  const edges = layout.edges.filter(({ from, to }) => isSeen(from) || isSeen(to));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move over the buttons inside
    <div class="graph" ref={box} onKeyDown={(event) => moveBetweenNodes(event, layout.nodes, zoom)}>
      <div
        class="graph-canvas"
        style={{ width: `${gutter + layout.width + 12}px`, height: `${layout.height + 2 * above}px`, zoom }}
      >
        {layout.lanes.map((lane) => (
          <LaneFrame
            key={lane.environment}
            lane={{ ...lane, boxes: lane.boxes.filter(isIn) }}
            isFlat={lane.boxes.length === 0}
            gutter={gutter}
            {...shown}
            once={once}
          />
        ))}
        <svg
          class="edges"
          width={layout.width}
          height={layout.height}
          style={{ left: `${gutter}px`, top: `${above}px` }}
          aria-hidden="true"
        >
          {edges.map((edge) => (
            <path
              key={`${edge.from.id} ${edge.to.id}`}
              class={isHeavy(edge) ? "heavy" : ""}
              d={curveOf(edge, layout.nodes)}
            />
          ))}
        </svg>
        {layout.nodes.filter(isSeen).map((node) => (
          <NodeButton key={node.id} node={node} gutter={gutter} {...shown} />
        ))}
      </div>
    </div>
  );
}

/** Room for the names of lanes, and above and below everything. */
const nameGutter = 76;
const above = 12;

type Area = Pick<Box, "x" | "y" | "width" | "height">;

function LaneFrame({
  lane,
  isFlat,
  gutter,
  once,
  chosen,
  choose,
}: { lane: Lane; isFlat: boolean; gutter: number } & Shown) {
  const { environment, y, height, boxes, leftOut, leftOutY } = lane;
  return (
    <>
      <div class={`lane ${isFlat ? "is-flat" : ""}`} style={{ top: `${y + above}px`, height: `${height}px` }}>
        <span class="lane-name">{environment || once}</span>
      </div>
      {boxes.map((box) => (
        <div
          key={box.pipeline}
          class="box"
          style={{
            transform: `translate(${gutter + box.x}px, ${box.y + above}px)`,
            width: `${box.width}px`,
            height: `${box.height}px`,
          }}
        >
          {box.pipeline}
        </div>
      ))}
      {leftOut.length > 0 && (
        <ul
          class="left-out state-skipped"
          aria-label={`Not run in ${environment || once}`}
          style={{ top: `${leftOutY + above}px`, left: `${gutter}px` }}
        >
          {leftOut.map(({ pipeline, jobs }) => {
            const [first] = jobs as [GraphJob];
            const word = first.decision === "reuse" ? "reused" : "skipped";
            return (
              <li key={pipeline}>
                <button
                  type="button"
                  aria-pressed={jobs.some(({ id }) => id === chosen)}
                  title={`${word}: ${first.reason}`}
                  onClick={() => choose(first.id)}
                >
                  <StateIcon state="skipped" word={word} />
                  {pipeline} <span class="faint">{word}</span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

const isCritical = (node: Node, { critical }: Facts) => node.jobs.some(({ id }) => critical.has(id));

function NodeButton({ node, gutter, facts, chosen, choose }: { node: Node; gutter: number } & Shown) {
  const { leg, mark } = loudestLeg(node.jobs, facts);
  const job = facts.jobs.get(leg.id);
  const isChosen = chosen !== undefined && nodeOf(chosen) === node.id;
  const since = job?.status === "running" ? job.startedAt : undefined;
  const ms = since === undefined ? job?.durationMs : Math.max(0, (facts.at ?? now.value) - since);
  const part = since !== undefined && leg.expectedMs ? Math.min(1, (ms ?? 0) / leg.expectedMs) : undefined;
  const legs = node.jobs.length;
  const note = facts.notes?.get(leg.id);
  const lit = facts.lit?.has(leg.id) ? "is-lit" : "";
  return (
    <button
      type="button"
      data-node={node.id}
      class={`node state-${mark.state} ${isCritical(node, facts) ? "is-critical" : ""} ${lit}`}
      aria-pressed={isChosen}
      style={{ transform: `translate(${gutter + node.x}px, ${node.y + above}px)` }}
      onClick={() => choose(leg.id)}
      title={`${leg.id}: ${mark.word}. ${leg.reason}`.trim()}
    >
      <StateIcon {...mark} />
      <span class="node-name">{leg.job}</span>
      {legs > 1 && <span class="node-legs">×{legs}</span>}
      <span class="hidden-text">
        {leg.pipeline} {leg.environment ?? ""} {mark.word}
      </span>
      {note && (
        <span class={`node-note state-${note.mark.state}`} title={`release ${note.release} ${note.mark.word}`}>
          <StateIcon {...note.mark} />
          {note.release}
          <span class="hidden-text"> {note.mark.word}</span>
        </span>
      )}
      <span class="node-time">{ms !== undefined ? duration(ms) : mark.word === "reused" ? "reused" : ""}</span>
      {part !== undefined && <i class="node-part" style={{ width: `${part * 100}%` }} />}
    </button>
  );
}

/** A way is looked for among all nodes: once for each edge of a layout. */
const curves = new WeakMap<Edge, string>();

function curveOf(edge: Edge, nodes: readonly Node[]): string {
  const known = curves.get(edge) ?? curve(edge, nodes);
  curves.set(edge, known);
  return known;
}

/** Straight, or with one bend: right behind where it comes from, unless a job stands in the way there. */
function curve({ from, to }: Edge, nodes: readonly Node[]): string {
  const [x1, x2] = [from.x + size.node, to.x];
  const [y1, y2] = [from.y + size.nodeHeight / 2, to.y + size.nodeHeight / 2];
  if (y1 === y2) return `M${x1} ${y1}H${x2}`;
  const isFree = (y: number) =>
    !nodes.some((node) => node.x > x1 && node.x + size.node < x2 && node.y < y && node.y + size.nodeHeight > y);
  const half = size.columnGap / 2;
  const bend = isFree(y2) || !isFree(y1) ? x1 + half : x2 - half;
  const r = Math.min(6, Math.abs(y2 - y1) / 2);
  const turn = y2 > y1 ? r : -r;
  return `M${x1} ${y1}H${bend - r}q${r} 0 ${r} ${turn}V${y2 - turn}q0 ${turn} ${r} ${turn}H${x2}`;
}

/** Arrow keys go to the nearest node in that direction. */
function moveBetweenNodes(event: KeyboardEvent, nodes: readonly Node[], zoom: number): void {
  const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  const id = (event.target as HTMLElement).dataset.node;
  const here = nodes.find((node) => node.id === id);
  if (step === undefined || here === undefined) return;
  event.preventDefault();
  const [dx, dy] = step as [number, number];
  const distance = ({ x, y }: Node) => {
    const [along, across] = dx !== 0 ? [(x - here.x) * dx, y - here.y] : [(y - here.y) * dy, x - here.x];
    return along <= 0 ? Number.POSITIVE_INFINITY : along + 4 * Math.abs(across);
  };
  const best = nodes.reduce<Node | undefined>(
    (nearest, node) => (distance(node) < (nearest ? distance(nearest) : Number.POSITIVE_INFINITY) ? node : nearest),
    undefined,
  );
  if (best) void focusNode(best, zoom);
}

/** Scrolled to first: only what is seen is in the page. */
async function focusNode(node: Node, zoom: number): Promise<void> {
  const graph = document.querySelector<HTMLElement>(".graph");
  const find = () => graph?.querySelector<HTMLElement>(`[data-node="${CSS.escape(node.id)}"]`);
  if (!find()) showNode(graph, node, zoom);
  for (let frames = 0; !find() && frames < 10; frames++) await new Promise(requestAnimationFrame);
  find()?.focus();
}

function showNode(graph: HTMLElement | null, { x, y }: Node, zoom: number): void {
  graph?.scrollTo({ left: (x + size.node / 2) * zoom - graph.clientWidth / 2, top: y * zoom - graph.clientHeight / 2 });
}

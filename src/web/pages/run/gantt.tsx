/** The jobs of a run over time: when each ran, what was expected, and the chain that the whole run waited for. */
import { useRef } from "preact/hooks";
import { now } from "../../data/live.ts";
import { duration } from "../../data/time.ts";
import type { Graph, Run } from "../../data/wire.ts";
import { Nothing } from "../../parts/parts.tsx";
import { type Facts, markOf } from "./node-state.ts";
import { useWindow } from "./window.ts";

const rowHeight = 22;

interface Props {
  run: Run;
  graph: Graph;
  facts: Facts;
  chosen: string | undefined;
  choose(job: string): void;
}

export function Gantt({ run, graph, facts, chosen, choose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const seen = useWindow(box);
  const planned = new Map(graph.jobs.map((job) => [job.id, job]));
  const rows = run.jobs
    .filter((job) => job.startedAt !== undefined && planned.has(job.id))
    .sort((a, b) => a.startedAt! - b.startedAt!);
  const isOpen = run.finishedAt === undefined;
  const time = facts.at ?? now.value;
  const begin = run.createdAt;
  const end = Math.max(
    ...rows.map((job) => job.startedAt! + (job.durationMs ?? planned.get(job.id)!.expectedMs ?? 0)),
    isOpen ? time : run.finishedAt!,
    begin + 1000,
  );
  if (rows.length === 0) return <Nothing title="No job has started yet" />;
  const at = (time: number) => `${(Math.max(0, time - begin) / (end - begin)) * 100}%`;
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - 5);
  const shown = rows.slice(first, first + Math.ceil(seen.height / rowHeight) + 12);
  return (
    <div class="gantt">
      <div class="gantt-axis" aria-hidden="true">
        <span class="gantt-label">Over time</span>
        <div class="gantt-room">
          {ticks(end - begin).map((ms) => (
            <span key={ms} style={{ left: at(begin + ms) }}>
              {tick(ms)}
            </span>
          ))}
        </div>
      </div>
      <div class="gantt-rows" ref={box}>
        <ol style={{ height: `${rows.length * rowHeight}px` }}>
          {shown.map((job, index) => {
            const plan = planned.get(job.id)!;
            const mark = markOf(plan, facts);
            const ms = job.durationMs ?? Math.max(0, time - job.startedAt!);
            const drawn = job.durationMs ?? Math.max(ms, plan.expectedMs ?? 0);
            return (
              <li key={job.id} style={{ transform: `translateY(${(first + index) * rowHeight}px)` }}>
                <button
                  type="button"
                  class={`gantt-row state-${mark.state} ${facts.critical.has(job.id) ? "is-critical" : ""}`}
                  aria-pressed={job.id === chosen}
                  onClick={() => choose(job.id)}
                  title={`${job.id}: ${mark.word}, ${duration(ms)}${plan.expectedMs === undefined ? "" : `, usually ${duration(plan.expectedMs)}`}`}
                >
                  <span class="gantt-label">{job.id}</span>
                  <span class="gantt-room">
                    {plan.expectedMs !== undefined && job.durationMs === undefined && (
                      <i
                        class="gantt-ghost"
                        style={{ left: at(job.startedAt!), width: width(plan.expectedMs, end - begin) }}
                      />
                    )}
                    <i class="gantt-bar" style={{ left: at(job.startedAt!), width: width(ms, end - begin) }} />
                    <span class="gantt-time" style={timePlace(job.startedAt! - begin, drawn, end - begin)}>
                      {duration(ms)}
                    </span>
                  </span>
                </button>
              </li>
            );
          })}
        </ol>
      </div>
    </div>
  );
}

const width = (ms: number, whole: number) => `${Math.max(0.3, (ms / whole) * 100)}%`;

/** Behind the bar, or before it where there is no room behind. */
function timePlace(start: number, ms: number, whole: number) {
  const end = (start + ms) / whole;
  return end > 0.86 ? { right: `${100 - (start / whole) * 100}%` } : { left: `${end * 100}%` };
}

/** Round times need one unit. */
const tick = (ms: number) =>
  ms === 0
    ? "0"
    : duration(ms)
        .replace(/^(\d+)\.0/, "$1")
        .replace(/ 0+ s$/, "");

/** At most six of them, at round times. */
function ticks(ms: number): number[] {
  const second = 1000;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];
  const step = (steps.find((one) => ms / (one * second) <= 6) ?? 604_800) * second;
  return Array.from({ length: Math.floor((ms * 0.94) / step) + 1 }, (_, index) => index * step);
}

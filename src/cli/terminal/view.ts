import type { JobId } from "../../control/views/events.ts";
import { isOver, type JobView, type RunView } from "../../control/views/run.ts";
import { duration } from "./duration.ts";
import { runName } from "./run-name.ts";
import type { Style } from "./style.ts";
import { waitText } from "./wait-text.ts";
import { fit, pad, widthOf, wrap } from "./width.ts";

/** Everything the live picture shows. */
export interface Picture {
  run: RunView;
  /** Milliseconds since the epoch. */
  now: number;
  /** What jobs usually take, in milliseconds. */
  expected: ReadonlyMap<JobId, number>;
  /** How long the rest will take, when it can be told. */
  leftMs?: number | undefined;
  /** The step that a running job is at and the last line it printed. */
  doing: ReadonlyMap<JobId, Doing>;
  /** A line for the person, such as what a second Ctrl-C does. */
  notice?: string | undefined;
}

export interface Doing {
  step: string;
  line: string;
}

export interface Frame {
  columns: number;
  rows: number;
  style: Style;
}

const barWidth = 24;
const mostWaits = 6;

/** The live picture, line by line: a heading with progress, what runs, what waits and for whom. Pure. */
export function view(picture: Picture, frame: Frame): string[] {
  const { style } = frame;
  const lines = ["", heading(picture, frame), progress(picture, frame)];
  const running = picture.run.jobs.filter((job) => job.status === "running");
  const nameWidth = Math.min(40, Math.max(0, ...running.map((job) => widthOf(job.id))));
  const notice = picture.notice === undefined ? [] : wrap(picture.notice, frame.columns - 1).map(style.warning);
  const room = Math.max(1, frame.rows - lines.length - notice.length - 3);
  for (const job of running.slice(0, room)) lines.push(runningLine(job, picture, { frame, nameWidth }));
  if (running.length > room) lines.push(style.faint(`  and ${running.length - room} more run`));
  lines.push(...waitingLines(picture, { frame, room: Math.min(mostWaits, room - running.length) }));
  lines.push(...notice);
  return lines.map((line) => fit(line, frame.columns - 1));
}

function heading({ run, now }: Picture, { style }: Frame): string {
  const place = run.path.join(" → ");
  return `${style.strong(run.delivery)}  ${runName(run)} ${style.faint(`(run ${run.run})`)}  ${place}  ${style.faint(
    duration(now - run.createdAt),
  )}`;
}

function progress({ run, leftMs }: Picture, { style, columns }: Frame): string {
  const all = run.jobs.length;
  const done = run.jobs.filter(isOver).length;
  const failed = run.jobs.filter((job) => job.status === "failed").length;
  const width = Math.min(barWidth, Math.max(8, columns - 40));
  const filled = all === 0 ? width : Math.floor((done / all) * width);
  const bar = style.good("━".repeat(filled)) + style.faint("─".repeat(width - filled));
  const parts = [`${done} of ${all} jobs done`];
  if (failed > 0) parts.push(style.bad(`${failed} failed`));
  if (leftMs !== undefined && leftMs > 0) parts.push(`about ${duration(leftMs)} left`);
  return `${bar}  ${parts.join(", ")}`;
}

function runningLine(
  job: JobView,
  picture: Picture,
  { frame, nameWidth }: { frame: Frame; nameWidth: number },
): string {
  const { style } = frame;
  const elapsed = picture.now - (job.startedAt ?? picture.now);
  const usual = picture.expected.get(job.id);
  const time = usual === undefined ? duration(elapsed) : ofUsual(elapsed, usual);
  const attempt = job.attempts > 1 ? style.warning(` attempt ${job.attempts}`) : "";
  const doing = picture.doing.get(job.id);
  const what = doing === undefined ? "" : `  ${doing.step}${doing.line ? style.faint(`  ${doing.line}`) : ""}`;
  return `${style.active("▶")} ${pad(fit(job.id, nameWidth), nameWidth)}  ${pad(time, 6)}${attempt}${what}`;
}

/** `3s of about 12s`; `20s, usually 12s` for one that takes longer than it does. */
const ofUsual = (elapsed: number, usual: number) =>
  elapsed <= usual
    ? `${duration(elapsed)} of about ${duration(usual)}`
    : `${duration(elapsed)}, usually ${duration(usual)}`;

function waitingLines(picture: Picture, { frame, room }: { frame: Frame; room: number }): string[] {
  const all = picture.run.waiting;
  const most = Math.max(1, room);
  const shown = all.length <= most ? all : all.slice(0, most - 1);
  const { style } = frame;
  const lines = shown.map((waiting) => {
    const text = `${waiting.subject}  ${waitText(waiting, picture.now)}`;
    return waiting.kind === "elsewhere" ? `${style.warning("?")} ${text}` : style.faint(`· ${text}`);
  });
  if (shown.length < all.length) lines.push(style.faint(`· ${all.length - shown.length} more wait`));
  return lines;
}

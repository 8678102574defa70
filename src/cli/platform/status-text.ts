/** How generated pipelines are, as people read it: what is where first, then what happens, then what somebody has to do. */

import { count } from "../../findings/count.ts";
import type {
  LiveConnection,
  LivePipeline,
  LiveRun,
  LiveSet,
  LiveSetEnvironment,
  LiveStage,
  PlatformStatus,
} from "../../platforms/live.ts";
import { ago } from "../terminal/duration.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";

export interface Look {
  readonly status: PlatformStatus;
  /** Where they are, as people say it. */
  readonly place: string;
  readonly now: number;
}

export function statusLines(look: Look, style: Style): string[] {
  const { environments, pipelines, missing } = look.status;
  return [
    ...environments.flatMap((environment) => environmentLines(environment, look, style)),
    ...look.status.sets.flatMap((set) => setLines(set, style)),
    ...pipelines.flatMap((pipeline) => pipelineLines(pipeline, look, style)),
    ...missing.flatMap((name) => ["", `${style.strong(name)}  ${style.warning(`not on ${look.place}`)}`]),
    ...waitingLines(look, style),
  ];
}

function environmentLines(environment: string, { status, now }: Look, style: Style): string[] {
  const rows = status.pipelines.flatMap(({ name, stages }) => {
    const stage = stages.find((one) => one.environment === environment);
    if (!stage) return [];
    const { deployed } = stage;
    if (!deployed) return [[name, style.faint("never deployed")]];
    return [
      [name, commitOf(deployed), style.faint(when(deployed.startedAt, now)), style.faint(deployed.message ?? "")],
    ];
  });
  const voids = status.pipelines.flatMap(({ name, stages }) => {
    const why = noWayBack(stages.find((one) => one.environment === environment)?.wayBack, now);
    return why === undefined ? [] : [`  ${style.warning("!")} ${name} could not be rolled back: ${why}`];
  });
  return rows.length === 0 ? [] : ["", style.strong(environment), ...table(rows, "  "), ...voids];
}

/** Said this long before, so that a run can be started that it goes back to. */
const noticeMs = 30 * 24 * 60 * 60_000;

function noWayBack(wayBack: LiveStage["wayBack"], now: number): string | undefined {
  if (wayBack === undefined) return undefined;
  if ("none" in wayBack) return `${wayBack.none}. It can when a new run has passed here`;
  if (wayBack.until > now + noticeMs) return undefined;
  const day = new Date(wayBack.until).toISOString().slice(0, 10);
  return `what is there is forgotten ${wayBack.until <= now ? "since" : "on"} ${day}. Release it again: a new run can be gone back to`;
}

/** Which release is where, and why no newer one comes. */
function setLines({ name, newest, environments, unknown }: LiveSet, style: Style): string[] {
  const head = [
    "",
    `${style.strong(`releases of ${name}`)}  ${newest === undefined ? "none yet" : `newest ${newest}`}`,
  ];
  if (unknown !== undefined)
    return ["", `${style.strong(`releases of ${name}`)}  ${style.faint(`could not be looked at: ${unknown}`)}`];
  const rows = environments.map((one) => [one.environment, provenText(one), style.faint(comingText(one))]);
  return [...head, ...table(rows, "  ")];
}

function provenText({ proven, tried }: LiveSetEnvironment): string {
  const whole = proven === undefined ? "none proven" : `${proven} proven`;
  return tried === undefined || tried <= (proven ?? 0) ? whole : `${whole}, ${tried} begun`;
}

const comingText = ({ next, because }: LiveSetEnvironment): string =>
  next === undefined ? (because ?? "") : `${next} is next`;

function pipelineLines(
  { name, lastRun, stages, console, isStale }: LivePipeline,
  { now }: Look,
  style: Style,
): string[] {
  const head = lastRun === undefined ? "no run yet" : lastRunText(lastRun, now, style);
  const rows = stages.map((stage) => stageRow(stage, style));
  const failures = stages.flatMap(({ name: stage, failed }) =>
    failed.flatMap(({ action, message, link }) => [
      `  ${style.bad("✖")} ${stage}, ${action}: ${message ?? "failed"}`,
      ...(link === undefined ? [] : [`    ${style.faint(link)}`]),
    ]),
  );
  return [
    "",
    `${style.strong(name)}  ${head}`,
    ...(lastRun?.reason === undefined || lastRun.status === "Succeeded" ? [] : [`  ${style.faint(lastRun.reason)}`]),
    ...table(rows, "  "),
    ...failures,
    ...(isStale
      ? [`  ${style.warning("!")} its stages are not those of the definition: bring the stack up to date`]
      : []),
    ...(console === undefined ? [] : [`  ${style.faint(console)}`]),
  ];
}

function lastRunText(run: LiveRun, now: number, style: Style): string {
  const kind = run.isRollback ? "rollback" : "run";
  return `${kind} ${run.id.slice(0, 8)} ${coloured(run.status, style)}  ${commitOf(run)}  ${style.faint(when(run.startedAt, now))}`;
}

function stageRow(stage: LiveStage, style: Style): string[] {
  const { name, status, commit, waiting, closed, approval } = stage;
  const word = approval
    ? style.active("waits for approval")
    : status === undefined
      ? style.faint("–")
      : coloured(status, style);
  const notes = [
    ...(waiting > 0 ? [`${count(waiting, "run")} waiting to get in`] : []),
    ...(closed === undefined ? [] : [`closed: ${closed}`]),
  ];
  return [name, word, commit?.slice(0, 7) ?? "", notes.join(", ")];
}

function coloured(status: string, style: Style): string {
  switch (status) {
    case "Succeeded":
      return style.good(status);
    case "Failed":
      return style.bad(status);
    case "InProgress":
      return style.active(status);
    case "Stopped":
    case "Stopping":
    case "Cancelled":
    case "Superseded":
      return style.warning(status);
    default:
      return status;
  }
}

function waitingLines({ status, now }: Look, style: Style): string[] {
  const approvals = status.approvals.flatMap(({ pipeline, stage, commit, since, console, approve, reject }) => [
    `  ${style.active("?")} ${stage} of ${pipeline}${commit === undefined ? "" : `, commit ${commit.slice(0, 7)}`}${since === undefined ? "" : `, asked ${ago(now - since)}`}`,
    ...(console === undefined ? [] : [`    look at it: ${console}`]),
    ...(approve === undefined ? [] : [`    approve:    ${approve}`, `    reject:     ${reject}`]),
  ]);
  const connections = status.connections.flatMap((connection) => connectionLines(connection, style));
  return [
    ...(approvals.length > 0 ? ["", style.strong("waiting for an answer"), ...approvals] : []),
    ...(connections.length > 0 ? ["", style.strong("connection"), ...connections] : []),
  ];
}

/** Nothing is said of one that works. */
function connectionLines({ arn, status, unknown, console }: LiveConnection, style: Style): string[] {
  if (status === "AVAILABLE") return [];
  if (unknown !== undefined) return [`  ${style.faint("·")} ${arn} could not be looked at: ${unknown}`];
  const what =
    status === "PENDING"
      ? "is pending: no push starts anything until somebody confirms it in the console"
      : `is ${status ?? "in no state that is known"}`;
  return [`  ${style.warning("!")} ${arn} ${what}`, ...(console === undefined ? [] : [`    ${console}`])];
}

const commitOf = ({ commit }: LiveRun) => commit?.slice(0, 7) ?? "no commit";
const when = (at: number | undefined, now: number) => (at === undefined ? "" : ago(now - at));

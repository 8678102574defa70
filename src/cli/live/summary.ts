import type { Actor } from "../../control/control.ts";
import type { Underway } from "../../control/host.ts";
import { originOf } from "../../control/views/deployed.ts";
import type { JobView, RunView } from "../../control/views/run.ts";
import type { ServiceView } from "../../control/views/services.ts";
import { count } from "../../findings/count.ts";
import { commandLine } from "../command-line.ts";
import { type ExitCode, exitCodes } from "../problem.ts";
import { dayTime, duration } from "../terminal/duration.ts";
import { byWhom } from "../terminal/event-line.ts";
import { runName } from "../terminal/run-name.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { shownValue } from "../terminal/value.ts";
import { closedText } from "../terminal/wait-text.ts";
import { wrap } from "../terminal/width.ts";
import { nextForApproval, nextForClosed, nextForLeft, nextForUrgent } from "./what-next.ts";

export interface Outcome {
  underway: Underway;
  terminal: Terminal;
  by: Actor;
  /** By Ctrl-C. */
  interrupted: boolean;
  json: boolean;
  isBeside?: true;
  keepServices: boolean;
  /** The command that makes a new run of the same kind. */
  again?: string;
}

/** Says how a run went: duration, critical path, outputs, services, what waits, and the next command. */
export async function summarise({ underway, terminal, ...outcome }: Outcome): Promise<ExitCode> {
  const run = underway.view()!;
  const keepServices = outcome.keepServices || terminal.interactive;
  // What an earlier run left on somebody's terminal is not ours to end.
  const services = underway.services().filter((service) => keepServices || service.run === run.run);
  if (!keepServices) for (const service of services) await underway.stopService(service);
  const print = (...lines: string[]) => (outcome.isBeside ? terminal.say(...lines) : terminal.print(...lines));
  if (outcome.json && !outcome.isBeside) {
    const left = keepServices ? services : [];
    terminal.printJson({ ...run, services: left.map(({ name, pid, url }) => ({ name, pid, ...(url && { url }) })) });
  } else {
    const columns = terminal.stdout.columns ?? Number.POSITIVE_INFINITY;
    print(...summaryLines(run, { style: terminal.out, columns }), ...serviceLines(services, keepServices));
  }
  suggestNext(terminal, run, { again: outcome.again ?? sameAgain(run), by: outcome.by, left: underway.left() });
  if (outcome.interrupted && run.conclusion === "cancelled") return exitCodes.interrupted;
  return run.conclusion === "succeeded" || run.conclusion === "waiting" ? exitCodes.clean : exitCodes.failed;
}

function summaryLines(run: RunView, { style, columns }: { style: Style; columns: number }): string[] {
  const took = duration(run.durationMs);
  const lines = ["", `${headline(run, style)} ${style.faint(`in ${took} (run ${run.run})`)}`];
  lines.push(...criticalPathLines(run, { style, columns }));
  for (const job of run.jobs.filter(({ status }) => status === "failed")) {
    lines.push(`  ${style.bad("✖")} ${job.id}: ${job.failure?.message ?? "failed"}`);
  }
  for (const approval of run.approvals) {
    lines.push(`  ${style.warning("?")} ${approval.environment} waits for approval${byWhom(approval)}`);
  }
  const freezes = run.waiting.flatMap(({ wait }) => (wait.kind === "freeze" ? [wait] : []));
  for (const { environment, until, by: who, reason } of freezes.slice(0, 1)) {
    lines.push(`  ${style.warning("❄")} ${environment} is frozen until ${dayTime(until)} by ${who}: ${reason}`);
  }
  const closed = run.waiting.flatMap(({ wait }) => (wait.kind === "window" ? [wait] : []));
  for (const { environment, until } of closed.slice(0, 1)) {
    lines.push(`  ${style.warning("◷")} ${closedText(environment, until)}`);
  }
  const behind = run.waiting.flatMap(({ wait }) => (wait.kind === "rollback" ? [wait] : []));
  for (const { environment, failed } of behind.slice(0, 1)) {
    lines.push(`  ${style.warning("!")} ${environment} goes back first: run ${failed} failed there`);
  }
  return [...lines, ...outputLines(run, style)];
}

const mostOnPath = 8;

/** The chain that decided how long it took; of a long one the slowest jobs, in their order. */
function criticalPathLines(run: RunView, { style, columns }: { style: Style; columns: number }): string[] {
  const path = run.criticalPath;
  if (path.length < 2) return [];
  const slowest = path.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, mostOnPath);
  const shown = path.filter((job) => slowest.includes(job));
  // Joined by a hard space, so that a job and its time stay on one line.
  const steps = shown.map(({ job, durationMs }) => `${job}\u00a0${duration(durationMs)}`);
  const rest = path.length - shown.length;
  const text = steps.join(" → ") + (rest > 0 ? ` and ${rest} quicker ones between them` : "");
  const title = "  critical path  ";
  const [first, ...more] = wrap(text, columns - title.length).map((line) => line.replaceAll("\u00a0", " "));
  return [`${style.faint(title)}${first}`, ...more.map((line) => `${" ".repeat(title.length)}${line}`)];
}

function headline(run: RunView, style: Style): string {
  const jobs = countJobs(run.jobs);
  switch (run.conclusion) {
    case "succeeded":
      return `${style.good("✔")} ${runName(run)} passed: ${jobs}`;
    case "failed":
      return `${style.bad("✖")} ${runName(run)} failed: ${jobs}`;
    case "cancelled":
      return `${style.warning("■")} ${runName(run)} was cancelled: ${jobs}`;
    case "waiting":
      return `${style.warning("?")} ${runName(run)} waits: ${jobs}`;
    default:
      return run.conclusion satisfies never;
  }
}

function countJobs(list: readonly JobView[]): string {
  const words: [string, JobView["status"][]][] = [
    ["passed", ["succeeded"]],
    ["failed", ["failed"]],
    ["cancelled", ["cancelled"]],
    ["skipped", ["skipped"]],
    ["open", ["waiting", "ready", "running", "backing-off"]],
  ];
  const parts = words.flatMap(([word, statuses]) => {
    const number = list.filter(({ status }) => statuses.includes(status)).length;
    return number > 0 ? [`${number} ${word}`] : [];
  });
  return `${count(list.length, "job")}, ${parts.join(", ")}`;
}

function outputLines(run: RunView, style: Style): string[] {
  const lines: string[] = [];
  for (const environment of run.path) {
    const rows: string[][] = [];
    for (const [pipeline, deployed] of Object.entries(run.environments[environment] ?? {})) {
      const from = deployed.release === run.release ? "" : style.faint(`from release ${originOf(deployed)}`);
      for (const [name, value] of Object.entries(deployed.outputs))
        rows.push([`${pipeline}.${name}`, shownValue(value), from]);
    }
    if (rows.length > 0) lines.push(`  ${style.strong(environment)}`, ...table(rows, "    "));
  }
  return lines;
}

function serviceLines(services: readonly ServiceView[], kept: boolean): string[] {
  if (services.length === 0) return [];
  if (!kept)
    return [
      `  ${count(services.length, "service")} that jobs had started ${services.length === 1 ? "was" : "were"} stopped`,
    ];
  const rows = services.map(({ name, pid, url }) => [
    name,
    url ?? "",
    `process ${pid}`,
    `stop it: baton services stop ${name}`,
  ]);
  return ["  still running", ...table(rows, "    ")];
}

/** What makes a run like one that somebody else began. */
function sameAgain({ path, moves }: RunView): string {
  const to = path.at(-1)!;
  if (moves?.kind === "rollback") return commandLine("rollback", { to: String(moves.release) }, [to]);
  if (moves !== undefined) return commandLine("promote", { to }, [String(moves.release)]);
  return commandLine("run", path.length > 1 ? { to } : { env: to });
}

function suggestNext(
  terminal: Terminal,
  run: RunView,
  { again, by, left }: { again: string; by: Actor; left: readonly string[] },
): void {
  switch (run.conclusion) {
    case "succeeded":
      terminal.suggest("baton status", "what is deployed where");
      break;
    case "failed":
      suggestAfterFailure(terminal, run, again);
      if (run.moves?.kind !== "rollback") for (const environment of left) terminal.suggest(...nextForLeft(environment));
      break;
    case "cancelled":
      if (run.cancelledBy === undefined) {
        const what = run.moves === undefined ? "a newer release" : "something else";
        terminal.suggest("baton status", `${what} came first`);
      } else terminal.suggest(`baton retry ${run.run}`, "takes it up again where it stopped");
      break;
    case "waiting":
      suggestForWaiting(terminal, run, by);
      break;
    default:
      run.conclusion satisfies never;
  }
}

function suggestForWaiting(terminal: Terminal, run: RunView, by: Actor): void {
  for (const approval of run.approvals) terminal.suggest(...nextForApproval(run.run, approval, by));
  const closed = nextForClosed(run.run, run.waiting);
  if (closed !== undefined) {
    terminal.suggest(...closed);
    terminal.suggest(...nextForUrgent(run.run));
  } else if (run.waiting.some(({ wait }) => wait.kind === "rollback")) {
    terminal.suggest(`baton rollback ${run.path.at(-1)}`, `takes back what failed; then baton resume ${run.run}`);
  } else if (run.approvals.length === 0) terminal.suggest("baton status", "what it waits for");
}

/** What failed by the world may pass the next time; what failed by the files has to be mended, and a retry takes the same. */
function suggestAfterFailure(terminal: Terminal, run: RunView, again: string): void {
  const failures = run.jobs.flatMap(({ failure }) => failure ?? []);
  const retry = `baton retry ${run.run}`;
  if (failures.length === 0) {
    terminal.suggest(retry, `asks again for ${run.refused.join(", ") || "what was not approved"}`);
  } else if (failures.every(({ kind }) => kind === "timeout")) {
    terminal.suggest(retry, "if it was slow this once: runs what failed again, with the same limit");
    terminal.suggest(again, "after a longer limit was written into the definition");
  } else if (failures.every(({ kind }) => byTheWorld.has(kind))) {
    terminal.suggest(retry, "runs what failed again; what passed stays");
  } else {
    if (run.moves === undefined) terminal.suggest(again, "after mending it: a new run with the files as they are then");
    // A release moves as it was proven: what mends it is another one.
    if (run.moves?.kind === "promotion") {
      const to = run.path.at(-1)!;
      terminal.suggest(
        commandLine("promote", { to }),
        `after mending it: a newer release that has passed before ${to}`,
      );
    }
    terminal.suggest(retry, "if it was not the files: runs what failed again on the same ones");
    if (run.moves?.kind === "rollback") terminal.suggest("baton release list", "what else could be gone back to");
  }
}

/** Kinds of failure that say nothing against the files. */
const byTheWorld: ReadonlySet<string> = new Set(["signal", "timeout", "spawn", "tool", "lost"]);

import type { RunId } from "../../engine/events.ts";
import type { JobState, RunState } from "../../engine/state.ts";
import type { Service } from "../../runner/services.ts";
import { type ExitCode, exitCodes } from "../problem.ts";
import { criticalPathOf } from "../terminal/critical-path.ts";
import { count, duration } from "../terminal/duration.ts";
import { by } from "../terminal/event-line.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { shownValue } from "../terminal/value.ts";
import { wrap } from "../terminal/width.ts";
import type { Baton } from "./open-baton.ts";

export interface Outcome {
  baton: Baton;
  run: RunId;
  terminal: Terminal;
  /** By Ctrl-C. */
  interrupted: boolean;
  json: boolean;
}

type Conclusion = "succeeded" | "failed" | "cancelled" | "waiting";

/** Says how a run went: duration, critical path, outputs, services, what waits, and the next command. */
export async function summarise(outcome: Outcome, { keepServices }: { keepServices: boolean }): Promise<ExitCode> {
  const { baton, terminal, json, interrupted } = outcome;
  const run = baton.engine.state.runs.get(outcome.run)!;
  // What an earlier run left on somebody's terminal is not ours to end.
  const services = baton.runner.listServices().filter((service) => keepServices || service.run === outcome.run);
  if (!keepServices) for (const service of services) await baton.runner.stopService(service);
  const conclusion: Conclusion = run.finished?.conclusion ?? "waiting";
  if (json) terminal.printJson(summaryJson({ run, conclusion, baton, services: keepServices ? services : [] }));
  else
    terminal.print(
      ...summaryLines({ run, conclusion, baton, style: terminal.out, columns: terminal.stdout.columns ?? Infinity }),
      ...serviceLines(services, keepServices),
    );
  suggestNext(terminal, run, conclusion);
  if (interrupted && conclusion === "cancelled") return exitCodes.interrupted;
  return conclusion === "succeeded" || conclusion === "waiting" ? exitCodes.clean : exitCodes.failed;
}

interface Summary {
  run: RunState;
  conclusion: Conclusion;
  baton: Baton;
}

function summaryLines(summary: Summary & { style: Style; columns: number }): string[] {
  const { run, conclusion, baton, style, columns } = summary;
  const took = duration((run.finishedAt ?? Date.now()) - run.createdAt);
  const lines = ["", `${headline(run, conclusion, style)} ${style.faint(`in ${took} (run ${run.id})`)}`];
  lines.push(...criticalPathLines(run, { style, columns }));
  for (const job of run.list.filter(({ status }) => status === "failed")) {
    lines.push(`  ${style.bad("✖")} ${job.id}: ${job.failure?.message ?? "failed"}`);
  }
  for (const environment of waitingFor(run)) {
    lines.push(`  ${style.warning("?")} ${environment.name} waits for approval${by(environment.approval.reviewers)}`);
  }
  return [...lines, ...outputLines(run, baton, style)];
}

const mostOnPath = 8;

/** The chain that decided how long it took; of a long one the slowest jobs, in their order. */
function criticalPathLines(run: RunState, { style, columns }: { style: Style; columns: number }): string[] {
  const path = criticalPathOf(run);
  if (path.length < 2) return [];
  const slowest = path.toSorted((a, b) => b.durationMs! - a.durationMs!).slice(0, mostOnPath);
  const shown = path.filter((job) => slowest.includes(job));
  // Joined by a hard space, so that a job and its time stay on one line.
  const steps = shown.map((job) => `${job.id}\u00a0${duration(job.durationMs!)}`);
  const rest = path.length - shown.length;
  const text = steps.join(" → ") + (rest > 0 ? ` and ${rest} quicker ones between them` : "");
  const title = "  critical path  ";
  const [first, ...more] = wrap(text, columns - title.length).map((line) => line.replaceAll("\u00a0", " "));
  return [`${style.faint(title)}${first}`, ...more.map((line) => `${" ".repeat(title.length)}${line}`)];
}

function headline(run: RunState, conclusion: Conclusion, style: Style): string {
  const jobs = countJobs(run.list);
  switch (conclusion) {
    case "succeeded":
      return `${style.good("✔")} release ${run.release} passed: ${jobs}`;
    case "failed":
      return `${style.bad("✖")} release ${run.release} failed: ${jobs}`;
    case "cancelled":
      return `${style.warning("■")} release ${run.release} was cancelled: ${jobs}`;
    case "waiting":
      return `${style.warning("?")} release ${run.release} waits: ${jobs}`;
    default:
      return conclusion satisfies never;
  }
}

function countJobs(list: readonly JobState[]): string {
  const words: [string, JobState["status"][]][] = [
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

const waitingFor = (run: RunState) =>
  [...run.environments.values()].filter(({ approval }) => approval.status === "requested");

function outputLines(run: RunState, { engine }: Baton, style: Style): string[] {
  const lines: string[] = [];
  for (const environment of run.plan.environments) {
    const rows: string[][] = [];
    for (const [pipeline, { outputs, release }] of Object.entries(engine.state.deployed[environment] ?? {})) {
      const from = release === run.release ? "" : style.faint(`from release ${release}`);
      for (const [name, value] of Object.entries(outputs)) rows.push([`${pipeline}.${name}`, shownValue(value), from]);
    }
    if (rows.length > 0) lines.push(`  ${style.strong(environment)}`, ...table(rows, "    "));
  }
  return lines;
}

function serviceLines(services: readonly Service[], kept: boolean): string[] {
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

function suggestNext(terminal: Terminal, run: RunState, conclusion: Conclusion): void {
  switch (conclusion) {
    case "succeeded":
      terminal.suggest("baton status", "what is deployed where");
      break;
    case "failed":
      terminal.suggest(`baton retry ${run.id}`, "runs what failed again; what passed stays");
      break;
    case "cancelled":
      terminal.suggest(`baton retry ${run.id}`, "takes it up again where it stopped");
      break;
    case "waiting":
      for (const { name } of waitingFor(run)) terminal.suggest(`baton approve ${run.id} ${name}`, "or baton reject");
      break;
    default:
      conclusion satisfies never;
  }
}

function summaryJson({ run, conclusion, baton, services }: Summary & { services: readonly Service[] }): unknown {
  return {
    version: 1,
    run: run.id,
    release: run.release,
    conclusion,
    durationMs: (run.finishedAt ?? Date.now()) - run.createdAt,
    criticalPath: criticalPathOf(run).map(({ id, durationMs }) => ({ job: id, durationMs })),
    jobs: run.list.map((job) => ({
      id: job.id,
      status: job.status,
      attempts: job.attempt,
      ...(job.durationMs !== undefined && { durationMs: job.durationMs }),
      ...(job.status === "failed" && { failure: job.failure }),
      ...(job.skipped !== undefined && { because: job.skipped.text }),
    })),
    waiting: waitingFor(run).map(({ name, approval }) => ({
      environment: name,
      reviewers: approval.reviewers,
      expiresAt: approval.expiresAt,
    })),
    environments: Object.fromEntries(
      run.plan.environments.map((environment) => [environment, baton.engine.state.deployed[environment] ?? {}]),
    ),
    services: services.map(({ name, pid, url }) => ({ name, pid, ...(url !== undefined && { url }) })),
  };
}

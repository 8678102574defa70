import type { RunState, State } from "../../engine/state.ts";
import { hasEnded } from "../../engine/state.ts";
import type { RunRecord } from "../../store/journal-reader.ts";
import { type ReadingHandle, storeHolder } from "../../store/store.ts";
import type { CommandModule } from "../command.ts";
import { shortPath } from "../definition/source-frame.ts";
import { inPromotionOrder, openJournal } from "../journal.ts";
import { findPlace, type Place } from "../place.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import { ago, duration } from "../terminal/duration.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { waits } from "../terminal/waiting.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description("Show what is deployed in each environment, the latest runs, what runs now and what waits for whom.")
    .option("--runs <N>", "how many runs to list", "10")
    .option("--on <SERVICE>", "ask a CI service instead: codepipeline, through the AWS CLI")
    .option("--layout <LAYOUT>", "with --on: the layout that was generated (default: that of the settings)");
  examples(command, [
    ["baton status", ""],
    ["baton status --on codepipeline", "how the generated pipelines are on AWS"],
    ["baton status --json", "for a program"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  runs: string;
  on?: string;
  layout?: string;
}

export const run: CommandModule["run"] = async ({ terminal, options }) => {
  const { json, config, runs: most, on, layout } = options as unknown as Options;
  if (on !== undefined) return await onService(on, { terminal, options });
  if (layout !== undefined) throw new UsageError("--layout says nothing without --on codepipeline");
  const place = findPlace(terminal, { config });
  using journal = openJournal(place);
  if (!journal) {
    if (json) terminal.printJson({ version: 1, deployed: {}, runs: [], open: [] });
    terminal.say(`nothing was run here yet (${shortPath(place.file, terminal.cwd)})`);
    terminal.suggest("baton plan", "what a run would do");
    return exitCodes.clean;
  }
  const runs = journal.runs();
  const open = runs.some(({ conclusion }) => conclusion === undefined) ? openRuns(await foldAll(journal)) : [];
  const holder = open.length > 0 ? storeHolder(place.stateFolder) : undefined;
  const status: Status = { journal, runs: runs.slice(0, Number(most) || 10), open, now: Date.now() };
  if (json) terminal.printJson(statusJson(status, holder?.pid));
  else terminal.print(...statusLines(status, place, terminal));
  suggestNext(terminal, status, holder !== undefined);
  return exitCodes.clean;
};

async function onService(
  service: string,
  { terminal, options }: { terminal: Terminal; options: Record<string, unknown> },
): Promise<ExitCode> {
  if (service !== "codepipeline") {
    throw new UsageError(`--on ${service}: there is no such service to ask`, {
      next: "baton status --on codepipeline",
    });
  }
  const { statusOnAws } = await import("../codepipeline/status-on-aws.ts");
  return await statusOnAws(options, terminal);
}

interface Status {
  journal: ReadingHandle;
  runs: RunRecord[];
  open: Open[];
  now: number;
}

interface Open {
  run: RunState;
  state: State;
}

async function foldAll(journal: ReadingHandle): Promise<State> {
  const { replay } = await import("../../engine/fold.ts");
  return replay(journal.load());
}

function openRuns(state: State): Open[] {
  return [...state.runs.values()].filter((run) => run.finished === undefined).map((run) => ({ run, state }));
}

function statusLines(status: Status, place: Place, { out, cwd }: Terminal): string[] {
  const lines = [`${out.strong(shortPath(place.file, cwd))}`, ...deployedLines(status, out)];
  lines.push(
    "",
    out.strong("runs"),
    ...table(
      status.runs.map((record) => runRow(record, status, out)),
      "  ",
    ),
  );
  for (const { run, state } of status.open) {
    lines.push("", ...openLines({ run, state }, status.now, out));
  }
  return lines;
}

function deployedLines({ journal, now }: Status, out: Style): string[] {
  const seen = new Set<string>();
  const byEnvironment = new Map<string, string[][]>();
  for (const { environment, pipeline, release, commit, at } of journal.deployments()) {
    const key = `${environment} ${pipeline}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const rows = byEnvironment.get(environment) ?? [];
    rows.push([pipeline, `release ${release}`, out.faint(commit.slice(0, 7)), out.faint(ago(now - at))]);
    byEnvironment.set(environment, rows);
  }
  const order = inPromotionOrder(journal, [...byEnvironment.keys()]);
  return order.flatMap((environment) => ["", out.strong(environment), ...table(byEnvironment.get(environment)!, "  ")]);
}

function runRow(
  { run, release, commit, createdAt, finishedAt, conclusion }: RunRecord,
  { now, open }: Status,
  out: Style,
): string[] {
  const took = finishedAt === undefined ? "" : duration(finishedAt - createdAt);
  const state = open.find((item) => item.run.id === run)?.run;
  const word = conclusion ? coloured(conclusion, out) : out.active(state?.status.replace("-", " ") ?? "open");
  return [run, `release ${release}`, commit.slice(0, 7), word, took, out.faint(ago(now - createdAt))];
}

function coloured(conclusion: NonNullable<RunRecord["conclusion"]>, out: Style): string {
  switch (conclusion) {
    case "succeeded":
      return out.good(conclusion);
    case "failed":
      return out.bad(conclusion);
    case "cancelled":
      return out.warning(conclusion);
    default:
      return conclusion satisfies never;
  }
}

const mostWaits = 8;

function openLines({ run, state }: Open, now: number, out: Style): string[] {
  const done = run.list.filter(hasEnded).length;
  const lines = [`${out.strong(`run ${run.id}`)}  ${done} of ${run.list.length} jobs done`];
  for (const job of run.list.filter(({ status }) => status === "running")) {
    lines.push(`  ${out.active("▶")} ${job.id}  ${out.faint(`for ${duration(now - (job.startedAt ?? now))}`)}`);
  }
  const waiting = waits({ state, run, now });
  for (const { subject, text } of waiting.slice(0, mostWaits)) lines.push(`  ${out.faint("·")} ${subject}  ${text}`);
  if (waiting.length > mostWaits) lines.push(out.faint(`  · ${waiting.length - mostWaits} more wait`));
  return lines;
}

function statusJson({ journal, runs, open, now }: Status, pid: number | undefined): unknown {
  return {
    version: 1,
    deployed: journal.deployed().deployed,
    runs,
    open: open.map(({ run, state }) => ({
      run: run.id,
      status: run.status,
      jobs: Object.fromEntries(run.list.map((job) => [job.id, job.status])),
      waiting: waits({ state, run, now }).map(({ subject, text }) => ({ subject, text })),
    })),
    ...(pid !== undefined && { runBy: { pid } }),
  };
}

function suggestNext(terminal: Terminal, { open, runs }: Status, isHeld: boolean): void {
  for (const { run } of open) {
    for (const { name, approval } of run.environments.values()) {
      if (approval.status === "requested") {
        terminal.suggest(`baton approve ${run.id} ${name}`, "or baton reject");
        return;
      }
    }
  }
  if (open.length > 0 && isHeld) terminal.suggest("baton logs --follow", "watches it");
  else if (open.length > 0) terminal.suggest("baton resume", "nobody runs it; this goes on with it");
  else if (runs[0]?.conclusion === "failed") terminal.suggest(`baton retry ${runs[0].run}`, "runs what failed again");
  else terminal.suggest("baton outputs", "addresses and other values");
}

import { type Actor, answered } from "../../control/control.ts";
import { shortPath } from "../../control/definition/source-frame.ts";
import { findProject, type Project } from "../../control/project.ts";
import { originOf } from "../../control/views/deployed.ts";
import { isOver, isTooLate, whyNotBy } from "../../control/views/run.ts";
import type { OpenRun, StatusView } from "../../control/views/status.ts";
import { count } from "../../findings/count.ts";
import { platforms } from "../../platforms/platforms.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { nextForApproval, nextForClosed, nextForLeft } from "../live/what-next.ts";
import { freezeLines } from "../plan-text.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { ago, duration } from "../terminal/duration.ts";
import { runName } from "../terminal/run-name.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { waitText } from "../terminal/wait-text.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

const askable = platforms.flatMap(({ name, live }) => (live?.can.includes("pipelines") ? [{ name, live }] : []));

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description("Show what is deployed in each environment, the latest runs, what runs now and what waits for whom.")
    .option("--runs <N>", "how many runs to list", "10")
    .option("--on <SERVICE>", `ask a CI service instead: ${askable.map(asked).join("; ")}`)
    .option("--layout <LAYOUT>", "with --on: the layout that was generated (default: that of the settings)");
  examples(command, [
    ["baton status", ""],
    ...askable.map(({ name, live }): [string, string] => [
      `baton status --on ${name}`,
      `how the generated pipelines are on ${live.place}`,
    ]),
    ["baton status --json", "for a program"],
  ]);
};

const asked = ({ name, live }: (typeof askable)[number]) => `${name}, through ${live.through}`;

interface Options extends ConfigOptions, JsonOptions {
  runs: string;
  on?: string;
  layout?: string;
}

export const run: CommandModule["run"] = async ({ terminal, options }) => {
  const { json, config, runs: most, on, layout } = options as unknown as Options;
  if (on === undefined && layout !== undefined) {
    throw new UsageError(`--layout says nothing without --on ${askable[0]!.name}`);
  }
  const { host, by } = await connected(terminal, { config, on, layout });
  if (on !== undefined) {
    const { showPipelines } = await import("../platform/status.ts");
    return showPipelines(answered(await host.pipelines()), { json: json === true, terminal });
  }
  const status = answered(await host.status({ most: Number(most) || 10 }));
  const project = findProject(terminal, { config });
  if (json) terminal.printJson(status);
  if (status.runs.length === 0) {
    terminal.say(`nothing was run here yet (${shortPath(project.file, terminal.cwd)})`);
    if (!json) terminal.print(...freezeLines(status.freezes, terminal.out));
    terminal.suggest("baton plan", "what a run would do");
    return exitCodes.clean;
  }
  if (!json) terminal.print(...statusLines(status, project, terminal));
  suggestNext(terminal, status, by);
  return exitCodes.clean;
};

interface Shown {
  /** Too narrow for what a commit of a snapshot is. */
  isNarrow: boolean;
  /** Milliseconds since the epoch. */
  now: number;
  out: Style;
}

const narrowColumns = 100;

function statusLines(status: StatusView, project: Project, { out, cwd, stdout }: Terminal): string[] {
  const shown = { now: Date.now(), out, isNarrow: (stdout.columns ?? narrowColumns) < narrowColumns };
  const lines = [
    `${out.strong(shortPath(project.file, cwd))}`,
    ...deployedLines(status, shown),
    ...lockLines(status, shown),
    ...frozenLines(status, shown),
    ...owedLines(status, shown),
    ...promotionLines(status, shown),
    ...untoldLines(status, shown),
  ];
  lines.push(
    "",
    out.strong("runs"),
    ...table(
      status.runs.map((record) => runRow(record, status, shown)),
      "  ",
    ),
  );
  for (const run of status.open) lines.push("", ...openLines(run, shown));
  return lines;
}

/** `1e49955 (head abc1234 with uncommitted files)` for a snapshot, `1e49955 (abc1234+)` where there is no room. */
function commitText(commit: string, { snapshots = {} }: StatusView, { isNarrow }: Shown): string {
  const head = Object.hasOwn(snapshots, commit) ? snapshots[commit]!.slice(0, 7) : undefined;
  const note = head === undefined ? "" : isNarrow ? ` (${head}+)` : ` (head ${head} with uncommitted files)`;
  return commit.slice(0, 7) + note;
}

function deployedLines(status: StatusView, shown: Shown): string[] {
  const { now, out } = shown;
  const { deployed: places, halfDeployed = [] } = status;
  const environments = new Set([...Object.keys(places), ...halfDeployed.map(({ environment }) => environment)]);
  return Array.from(environments).flatMap((environment) => {
    const left = halfDeployed.filter((one) => one.environment === environment);
    const partOf = ({ run, release }: (typeof left)[number]) =>
      out.warning(`part of ${run === undefined ? `release ${release}` : `run ${run}`}, which did not pass`);
    const rows = Object.entries(places[environment] ?? {}).map(([pipeline, { commit, at, isRemoved, ...deployed }]) => {
      const half = left.find((one) => one.pipeline === pipeline);
      return [
        pipeline,
        `release ${originOf(deployed)}`,
        out.faint(commitText(commit, status, shown)),
        out.faint(ago(now - at)),
        isRemoved ? out.warning("not in the definition any more") : half === undefined ? "" : `and ${partOf(half)}`,
      ];
    });
    const never = left.filter(({ passed }) => passed === undefined);
    rows.push(...never.map((half) => [half.pipeline, "nothing passed", "", "", partOf(half)]));
    return ["", out.strong(environment), ...table(rows, "  ")];
  });
}

function lockLines({ locks = [], open }: StatusView, { now, out }: Shown): string[] {
  const lines = locks.flatMap(({ environment, holder, queue }) => {
    const since = holder?.since === undefined ? "" : ` for ${duration(now - holder.since)}`;
    const isLeft = open.some(({ run, runBy }) => run === holder?.run && runBy === undefined);
    const left = isLeft
      ? ", and nobody runs it"
      : holder?.leftMs === undefined
        ? ""
        : `, about ${duration(holder.leftMs)} left`;
    const first =
      holder === undefined
        ? `${environment} is free`
        : `${environment} is held by run ${holder.run} (release ${holder.release})${since}${left}`;
    const waits = queue.map(({ run, release, since: from, startsInMs }, place) => {
      const waiting = from === undefined ? "" : ` waits for ${duration(now - from)}`;
      const turn = startsInMs === undefined ? "" : `, its turn in about ${duration(startsInMs)}`;
      return `  ${out.faint(`${place + 1}.`)} run ${run} (release ${release})${waiting}${turn}`;
    });
    return [first, ...waits];
  });
  return lines.length === 0 ? [] : ["", ...lines];
}

function frozenLines({ freezes }: StatusView, { out }: Shown): string[] {
  return freezes.length === 0 ? [] : ["", ...freezeLines(freezes, out)];
}

/** On a terminal nothing is promoted by itself: it is said who would. */
function promotionLines(status: StatusView, { now, out }: Shown): string[] {
  const { promotions = [], held = [] } = status;
  const lines = promotions.map(({ environment, release, branch, at }) => {
    const server = out.faint(`baton serve --deliver ${branch}`);
    if (now < at) return `release ${release} goes to ${environment} in ${duration(at - now)}, by ${server}`;
    return `release ${release} has soaked before ${environment}, and waits for ${keptBy(environment, status) ?? server}`;
  });
  lines.push(
    ...held.map(
      ({ environment, release, text }) => `${text}; ${out.faint(`baton promote ${release} --to ${environment}`)}`,
    ),
  );
  return lines.length === 0 ? [] : ["", ...lines];
}

/** What keeps every promotion out of an environment just now. */
function keptBy(environment: string, { freezes, open, locks = [] }: StatusView): string | undefined {
  if (freezes.some((freeze) => freeze.environment === environment)) return "the end of the freeze";
  const lock = locks.find((one) => one.environment === environment);
  const there = lock?.holder ?? lock?.queue[0] ?? open.find(({ moves, path }) => moves && path.includes(environment));
  return there && `the end of run ${there.run}`;
}

function owedLines({ owed }: StatusView, { out }: Shown): string[] {
  if (owed.length === 0) return [];
  const lines = owed.map(({ environment, failed, job }) =>
    out.warning(`${environment} goes back before anything else is deployed there: run ${failed} failed (${job})`),
  );
  return ["", ...lines];
}

function untoldLines({ untold = [] }: StatusView, { out }: Shown): string[] {
  if (untold.length === 0) return [];
  const lines = untold.map(({ target, givenUp, failure }) => {
    const what = givenUp === 0 ? "is not told yet" : `was not told of ${count(givenUp, "thing")}`;
    return out.warning(`${target} ${what}: ${failure}; baton notices shows it`);
  });
  return ["", ...lines];
}

type RunRecord = StatusView["runs"][number];

function runRow(record: RunRecord, status: StatusView, shown: Shown): string[] {
  const { now, out } = shown;
  const { run, commit, createdAt, finishedAt, conclusion } = record;
  const took = finishedAt === undefined ? "" : duration(finishedAt - createdAt);
  const state = status.open.find((item) => item.run === run);
  const word = conclusion ? coloured(conclusion, out) : out.active(state?.status.replace("-", " ") ?? "open");
  return [run, runName(record), commitText(commit, status, shown), word, took, out.faint(ago(now - createdAt))];
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

function openLines(run: OpenRun, { now, out }: Shown): string[] {
  const done = run.jobs.filter(isOver).length;
  const who = run.runBy === undefined ? "nobody runs it" : `process ${run.runBy.pid ?? "?"}`;
  const lines = [`${out.strong(`run ${run.run}`)}  ${done} of ${run.jobs.length} jobs done  ${out.faint(who)}`];
  for (const { id, startedAt = now } of run.jobs.filter(({ status }) => status === "running")) {
    const began = duration(now - startedAt);
    lines.push(
      run.runBy === undefined
        ? `  ${out.faint("·")} ${id}  began ${began} ago, and nobody waits for its end`
        : `  ${out.active("▶")} ${id}  ${out.faint(`for ${began}`)}`,
    );
  }
  for (const one of run.waiting.slice(0, mostWaits)) {
    lines.push(`  ${out.faint("·")} ${one.subject}  ${waitText(one, now)}`);
  }
  if (run.waiting.length > mostWaits) lines.push(out.faint(`  · ${run.waiting.length - mostWaits} more wait`));
  return lines;
}

function suggestNext(terminal: Terminal, { open, runs, owed, halfDeployed = [] }: StatusView, by: Actor): void {
  const now = Date.now();
  const asking = open.flatMap(({ run, approvals }) =>
    approvals.filter((approval) => !isTooLate(approval, now)).map((approval) => ({ run, approval })),
  );
  const asked = asking.find(({ approval }) => whyNotBy(approval, by.name) === undefined) ?? asking[0];
  const left = open.find(({ runBy }) => runBy === undefined);
  const closed = left && nextForClosed(left.run, left.waiting);
  if (asked) terminal.suggest(...nextForApproval(asked.run, asked.approval, by));
  else if (owed[0] && !open.some(({ moves }) => moves?.kind === "rollback"))
    terminal.suggest(`baton rollback ${owed[0].environment}`, "nobody takes it back just now; this does");
  else if (left?.approvals.some((approval) => isTooLate(approval, now)))
    terminal.suggest(`baton resume ${left.run}`, "nobody answered in time; this ends it");
  else if (closed) terminal.suggest(...closed);
  else if (left) terminal.suggest(`baton resume ${left.run}`, "nobody runs it; this goes on with it");
  else if (open[0]) terminal.suggest(`baton logs ${open[0].run} --follow`, "watches it");
  else if (runs[0]?.conclusion === "failed") {
    terminal.suggest(`baton retry ${runs[0].run}`, "runs what failed again");
    const half = halfDeployed.find(({ passed }) => passed !== undefined);
    if (half) terminal.suggest(...nextForLeft(half.environment));
  } else terminal.suggest("baton outputs", "addresses and other values");
}

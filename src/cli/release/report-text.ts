import type {
  ApprovalReport,
  EnvironmentReport,
  JobReport,
  PipelineReport,
  ReportView,
  Spread,
} from "../../control/views/report.ts";
import { ago, duration } from "../terminal/duration.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import { escaped } from "./markdown.ts";

/** A table of a report: rows of plain text. */
interface Part {
  title: string;
  head: string[];
  rows: string[][];
}

const mostJobs = 10;

export function reportLines(view: ReportView, out: Style): string[] {
  return partsOf(view).flatMap(({ title, head, rows }, place) => [
    ...(place === 0 ? [] : [""]),
    out.strong(title),
    ...table([head.map((cell) => out.faint(cell)), ...rows], "  "),
  ]);
}

/** The same, to be pasted where Markdown is read. */
export function reportMarkdown(view: ReportView): string[] {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => escaped(cell)).join(" | ")} |`;
  return [
    `# From ${day(view.since)} to ${day(view.until)}`,
    ...partsOf(view).flatMap(({ title, head, rows }) => [
      "",
      `## ${title}`,
      "",
      row(head),
      row(head.map(() => "---")),
      ...rows.map(row),
    ]),
  ];
}

function partsOf(view: ReportView): Part[] {
  const { environments, pipelines, approvals, jobs, costs, until } = view;
  const machines = costs.prices.map(({ machine }) => machine);
  const flaky = jobs.filter(({ flaked }) => flaked > 0).sort((a, b) => b.flaked - a.flaked);
  const parts = [
    {
      title: "Deployments",
      head: ["environment", "deployments", "a week", "lead time", "failed", "recovery", "repairs", ""],
      rows: environments.map((each) => environmentRow(each, until)),
    },
    {
      title: "By pipeline",
      head: ["pipeline", "environment", "deployments", "a week", "lead time"],
      rows: pipelines.map(pipelineRow),
    },
    {
      title: "Waits for people",
      head: ["environment", "asked", "waited", "answered by", ""],
      rows: approvals.map((each) => approvalRow(each, until)),
    },
    {
      title: "Jobs that took most time",
      head: ["job", "environment", "passed", "each", "in all"],
      rows: jobs
        .filter(({ tookMs }) => tookMs !== undefined)
        .slice(0, mostJobs)
        .map(jobRow),
    },
    {
      title: "Flaky jobs: they failed, and passed in the same run",
      head: ["job", "environment", "times", "passed"],
      rows: flaky.slice(0, mostJobs).map((job) => [...nameOf(job), String(job.flaked), String(job.passed)]),
    },
    {
      title: "Cost by month, where a minute of a machine is paid for",
      head: ["month", "runs", "minutes", ...machines],
      rows: costs.months.map(({ month, runs, minutes, usd }) => [
        month,
        String(runs),
        String(minutes),
        ...usd.map(money),
      ]),
    },
    {
      title: "Runs that cost most",
      head: ["run", "release", "minutes", ...machines],
      rows: costs.runs.map(({ run, release, minutes, usd }) => [
        run,
        String(release),
        String(minutes),
        ...usd.map(money),
      ]),
    },
    {
      title: "Prices",
      head: ["machine", "a minute", "looked up", ""],
      rows: costs.prices.map(({ machine, usd, asOf, source }) => [machine, `$${usd}`, asOf, source]),
    },
  ];
  if (costs.months.length === 0) parts.splice(-1);
  return parts.filter(({ rows }) => rows.length > 0);
}

const money = (usd: number): string => `$${usd.toFixed(2)}`;

function environmentRow(each: EnvironmentReport, until: number): string[] {
  const { environment, deployments, perWeek, failed, takenBack, failureRate, repairs, brokenSince } = each;
  const shareOf = (many: number, rate: number) => (many === 0 ? "0" : `${many} (${Math.round(rate * 100)} %)`);
  const notes = [
    ...(takenBack === 0 ? [] : [`${takenBack} taken back`]),
    ...(brokenSince === undefined ? [] : [`failed ${ago(until - brokenSince)}, and nothing has passed since`]),
    ...(each.unknownCommits === 0 ? [] : [`${each.unknownCommits} without lead time`]),
  ];
  return [
    environment,
    String(deployments),
    perWeek.toFixed(1),
    spreadText(each.leadTimeMs),
    shareOf(failed, failureRate),
    spreadText(each.recoveryMs),
    shareOf(repairs, repairs / deployments),
    notes.join(", "),
  ];
}

function pipelineRow({ pipeline, environment, deployments, perWeek, leadTimeMs }: PipelineReport): string[] {
  return [pipeline, environment, String(deployments), perWeek.toFixed(1), spreadText(leadTimeMs)];
}

function approvalRow(
  { environment, asked, waitedMs, rejected, expired, by, openSince }: ApprovalReport,
  until: number,
) {
  const notes = [
    ...(rejected === 0 ? [] : [`${rejected} rejected`]),
    ...(expired === 0 ? [] : [`${expired} expired`]),
    ...openSince.slice(0, 1).map((at) => `${openSince.length} open, the oldest asked ${ago(until - at)}`),
  ];
  const people = by.map(({ name, answered, waitedMs: its }) => `${name} ${answered} (${duration(its.median)})`);
  return [environment, String(asked), spreadText(waitedMs), people.join(", "), notes.join(", ")];
}

function jobRow(job: JobReport): string[] {
  return [...nameOf(job), String(job.passed), spreadText(job.tookMs), duration(job.tookMs!.total)];
}

const nameOf = ({ pipeline, job, environment = "" }: JobReport) => [`${pipeline}.${job}`, environment];

/** The middle, and the one that nine of ten do not exceed where that says more. */
function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return "-";
  const middle = duration(spread.median);
  return spread.count < 3 ? middle : `${middle}, 90 % ${duration(spread.ninetieth)}`;
}

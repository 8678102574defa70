/** What the page of figures asks, and how a report answers: one question for each chart, and its rows. Pure. */
import { duration, roughly } from "../../data/time.ts";
import type { Report, Spread } from "../../data/wire.ts";

export interface Chart {
  readonly question: string;
  /** One sentence; the rows say the same in numbers. */
  readonly answer: string;
  /** What of it is bad now, one sentence. */
  readonly wrong?: string;
  /** What the right end of the bars stands for. */
  readonly scale?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly name: string;
  /** How the bar shows it. */
  readonly drawn?: keyof Bar;
}

export interface Row {
  readonly name: string;
  /** A part of the row above. */
  readonly isPart?: true;
  /** Where there is more about it. */
  readonly to?: string;
  readonly bar: Bar;
  /** One for each column. */
  readonly cells: readonly string[];
}

/** Shares of the scale, from 0 to 1: a bar up to `solid`, a paler one up to `pale`, a tick at `tick`, and what failed first. */
export interface Bar {
  readonly failed?: number;
  readonly solid?: number;
  readonly pale?: number;
  readonly tick?: number;
}

const mostJobs = 10;

export function chartsOf(report: Report): Chart[] {
  const charts = [often, leadTime, wrong, recovery, waits, slow, flaky, cost];
  return charts.map((chart) => chart(report));
}

export const isEmpty = ({ environments, approvals, jobs }: Report) =>
  environments.length + approvals.length + jobs.length === 0;

function often({ environments, pipelines }: Report): Chart {
  const most = Math.max(...environments.map(({ deployments }) => deployments), 1);
  const bar = (all: number, failed = 0): Bar => ({ failed: failed / most, solid: all / most });
  return {
    question: "How often is each environment deployed to?",
    answer:
      environments.length === 0
        ? "Nothing was deployed."
        : `Times a week: ${environments.map(({ environment, perWeek }) => `${environment} ${perWeek.toFixed(1)}`).join(", ")}.`,
    scale: String(most),
    columns: [{ name: "deployments", drawn: "solid" }, { name: "failed", drawn: "failed" }, { name: "a week" }],
    rows: environments.flatMap(({ environment, deployments, failed, perWeek }) => [
      {
        name: environment,
        bar: bar(deployments, failed),
        cells: [String(deployments), String(failed), perWeek.toFixed(1)],
      },
      ...pipelines
        .filter((one) => one.environment === environment)
        .map((one) => ({
          name: one.pipeline,
          isPart: true as const,
          bar: bar(one.deployments),
          cells: [String(one.deployments), "", one.perWeek.toFixed(1)],
        })),
    ]),
  };
}

function leadTime({ environments, pipelines }: Report): Chart {
  const there = environments.filter(({ leadTimeMs }) => leadTimeMs !== undefined);
  const slowest = longest(there, ({ leadTimeMs }) => leadTimeMs);
  const unknown = environments.reduce((all, { unknownCommits }) => all + unknownCommits, 0);
  const left = unknown === 0 ? "" : `; nobody knows when ${counted(unknown, "other")} ${were(unknown)} made`;
  return {
    question: "How long does a commit take to get there?",
    answer:
      slowest === undefined
        ? `No commit got anywhere of which it is known when it was made${left}.`
        : `${halfOf(slowest.leadTimeMs!, `what got to ${slowest.environment}`)}${left}.`,
    ...spreads(
      there.flatMap(({ environment, leadTimeMs }) => [
        { name: environment, spread: leadTimeMs! },
        ...pipelines.flatMap((one) =>
          one.environment === environment && one.leadTimeMs !== undefined
            ? { name: one.pipeline, isPart: true as const, spread: one.leadTimeMs }
            : [],
        ),
      ]),
    ),
  };
}

function wrong({ environments, until }: Report): Chart {
  const all = environments.reduce((sum, { deployments }) => sum + deployments, 0);
  const failed = environments.reduce((sum, one) => sum + one.failed, 0);
  const broken = environments.flatMap(({ environment, brokenSince }) =>
    brokenSince === undefined ? [] : `${environment} for ${roughly(until - brokenSince)}`,
  );
  return {
    question: "How much of it goes wrong?",
    answer: `${failed} of ${counted(all, "deployment")} failed or ${were(failed)} taken back.`,
    ...(broken.length > 0 && { wrong: `Not mended yet: ${broken.join(", ")}` }),
    scale: "100 %",
    columns: [
      { name: "share", drawn: "failed" },
      { name: "failed" },
      { name: "of them taken back" },
      { name: "repairs" },
    ],
    rows: environments.map(({ environment, failureRate, failed: its, takenBack, repairs }) => ({
      name: environment,
      bar: { failed: failureRate },
      cells: [`${Math.round(failureRate * 100)} %`, String(its), String(takenBack), String(repairs)],
    })),
  };
}

function recovery({ environments }: Report): Chart {
  const mended = environments.filter(({ recoveryMs }) => recoveryMs !== undefined);
  const slowest = longest(mended, ({ recoveryMs }) => recoveryMs);
  return {
    question: "How long until it is mended?",
    answer:
      slowest === undefined
        ? "Nothing was mended: either nothing failed, or nothing has passed since."
        : `${halfOf(slowest.recoveryMs!, `what failed in ${slowest.environment}`)}.`,
    ...spreads(mended.map(({ environment, recoveryMs }) => ({ name: environment, spread: recoveryMs! }))),
  };
}

function waits({ approvals, until }: Report): Chart {
  const open = approvals.flatMap(({ openSince }) => openSince).sort((a, b) => a - b);
  const answered = approvals.filter(({ waitedMs }) => waitedMs !== undefined);
  const slowest = longest(answered, ({ waitedMs }) => waitedMs);
  const asked =
    open.length === 0
      ? ""
      : `${slowest === undefined ? "" : "; "}${counted(open.length, "question")} ${open.length === 1 ? "is" : "are"} open, the oldest for ${roughly(until - open[0]!)}`;
  const said = slowest === undefined ? "" : halfOf(slowest.waitedMs!, `answers for ${slowest.environment}`);
  return {
    question: "Who is waited for?",
    answer: said + asked === "" ? "Nobody was asked." : `${said}${asked}.`,
    ...spreads(
      answered.flatMap(({ environment, waitedMs, by }) => [
        { name: environment, spread: waitedMs! },
        ...by.map((one) => ({ name: one.name, isPart: true as const, spread: one.waitedMs })),
      ]),
    ),
  };
}

function slow({ jobs }: Report): Chart {
  const timed = jobs.filter(({ tookMs }) => tookMs !== undefined);
  const all = timed.reduce((sum, { tookMs }) => sum + tookMs!.total, 0);
  const shown = timed.slice(0, mostJobs);
  const most = Math.max(...shown.map(({ tookMs }) => tookMs!.total), 1);
  const [first] = shown;
  return {
    question: "Which jobs take the most time?",
    answer:
      first === undefined
        ? "No job has passed."
        : `${nameOf(first)} takes ${Math.round((first.tookMs!.total / Math.max(all, 1)) * 100)} % of the ${duration(all)} that all jobs took.`,
    scale: duration(most),
    columns: [{ name: "in all", drawn: "solid" }, { name: "half" }, { name: "nine of ten" }, { name: "times" }],
    rows: shown.map((job) => {
      const { total, median, ninetieth, count } = job.tookMs!;
      return {
        ...named(job),
        bar: { solid: total / most },
        cells: [duration(total), duration(median), duration(ninetieth), String(count)],
      };
    }),
  };
}

function flaky({ jobs }: Report): Chart {
  const shaky = jobs
    .filter(({ flaked, failedAttempts }) => flaked + failedAttempts > 0)
    .sort((a, b) => b.flaked - a.flaked || b.failedAttempts - a.failedAttempts);
  const [first] = shaky.filter(({ flaked }) => flaked > 0);
  return {
    question: "Which jobs fail, and pass when tried again?",
    answer:
      first === undefined
        ? "No job failed and then passed in the same run."
        : `${nameOf(first)} failed and passed in the same run, with nothing changed: ${counted(first.flaked, "time")}.`,
    scale: "all attempts",
    columns: [
      { name: "failed", drawn: "failed" },
      { name: "passed", drawn: "solid" },
      { name: "passed when tried again" },
    ],
    rows: shaky.slice(0, mostJobs).map((job) => {
      const { passed, failedAttempts, flaked } = job;
      return {
        ...named(job),
        bar: { failed: failedAttempts / (passed + failedAttempts), solid: 1 },
        cells: [String(failedAttempts), String(passed), String(flaked)],
      };
    }),
  };
}

/** Months, and below each the runs of it that cost most. */
function cost({ costs: { prices, months, runs } }: Report): Chart {
  const most = Math.max(...months.map(({ minutes }) => minutes), 1);
  const monthOf = (at: number) => new Date(at).toISOString().slice(0, 7);
  const row = ({ minutes, usd }: { minutes: number; usd: readonly number[] }) => ({
    bar: { solid: minutes / most },
    cells: [String(minutes), ...usd.map(money)],
  });
  const all = prices.map(({ machine }, at) => {
    const sum = months.reduce((total, { usd }) => total + usd[at]!, 0);
    return `${money(sum)} on ${machine}`;
  });
  const lookedUp = [...new Set(prices.map(({ asOf }) => asOf))].join(" and ");
  return {
    question: "What do the jobs cost where minutes are paid for?",
    answer:
      months.length === 0
        ? "No job has run."
        : `${all.join(", ")}. List prices of ${lookedUp}; nothing of what is free each month is left out.`,
    scale: counted(most, "minute"),
    columns: [{ name: "minutes", drawn: "solid" }, ...prices.map(({ machine }) => ({ name: machine }))],
    rows: months.flatMap((month) => [
      { name: month.month, ...row(month) },
      ...runs
        .filter(({ begunAt }) => monthOf(begunAt) === month.month)
        .map((run) => ({ name: run.run, isPart: true as const, to: `/runs/${run.run}`, ...row(run) })),
    ]),
  };
}

const money = (usd: number) => `$${usd.toFixed(2)}`;

interface Spreading {
  name: string;
  isPart?: true;
  spread: Spread;
}

function spreads(all: readonly Spreading[]): Pick<Chart, "scale" | "columns" | "rows"> {
  const end = Math.max(...all.map(({ spread }) => spread.most), 1);
  return {
    scale: duration(end),
    columns: [
      { name: "half", drawn: "solid" },
      { name: "nine of ten", drawn: "pale" },
      { name: "longest", drawn: "tick" },
      { name: "of" },
    ],
    rows: all.map(({ name, isPart, spread: { median, ninetieth, most, count } }) => ({
      name,
      ...(isPart && { isPart }),
      bar: { solid: median / end, pale: ninetieth / end, tick: most / end },
      cells: [duration(median), duration(ninetieth), duration(most), String(count)],
    })),
  };
}

/** Nine of ten say something from three on. */
function halfOf({ count, median, ninetieth }: Spread, what: string): string {
  if (count < 3) return `Of ${what}, the one in the middle took ${duration(median)}`;
  return `Half of ${what} took at most ${duration(median)}, nine of ten ${duration(ninetieth)}`;
}

function longest<T>(all: readonly T[], of: (one: T) => Spread | undefined): T | undefined {
  return all.toSorted((a, b) => of(b)!.median - of(a)!.median)[0];
}

type Job = Report["jobs"][number];

const nameOf = ({ pipeline, job, environment }: Job) =>
  `${pipeline}.${job}${environment === undefined ? "" : `@${environment}`}`;

const named = (job: Job) => ({
  name: nameOf(job),
  to: `/map?${new URLSearchParams({ by: "jobs", node: nameOf(job) })}`,
});

const counted = (n: number, name: string) => `${n} ${name}${n === 1 ? "" : "s"}`;
const were = (n: number) => (n === 1 ? "was" : "were");

import type { MinutePrice } from "../../platforms/costs.ts";
import type { RunId } from "./events.ts";
import type { Deployment, Figures, JobFigures, Question } from "./figures.ts";

/** How a delivery went over some time: DORA's figures, waits for people, slow jobs and flaky ones. See figures.ts for what counts. */
export interface ReportView {
  version: 1;
  /** Milliseconds since the epoch; what ended in between counts. */
  since: number;
  until: number;
  environments: EnvironmentReport[];
  pipelines: PipelineReport[];
  approvals: ApprovalReport[];
  /** Those that took most time in all first. */
  jobs: JobReport[];
  costs: CostReport;
}

/** What the jobs would have cost on machines that are paid by the minute, by list prices; nothing of what is free each month is left out. */
export interface CostReport {
  prices: MinutePrice[];
  /** In universal time, oldest first. */
  months: MonthCost[];
  /** Those that took most minutes first, at most `mostRuns`. */
  runs: RunCost[];
}

export interface MonthCost {
  /** `2026-11` */
  month: string;
  runs: number;
  minutes: number;
  /** In the order of the prices. */
  usd: number[];
}

export interface RunCost {
  run: RunId;
  release: number;
  begunAt: number;
  minutes: number;
  usd: number[];
}

export interface EnvironmentReport {
  environment: string;
  /** That passed, failed, or were taken back by a rollback. */
  deployments: number;
  /** Of the weeks since the first run, at least one. */
  perWeek: number;
  failed: number;
  /** Of those that failed, also those that a rollback took back. */
  takenBack: number;
  /** From 0 to 1. */
  failureRate: number;
  /** Rollbacks, and what followed a failure. */
  repairs: number;
  /** From a failure to the next deployment that passed. */
  recoveryMs?: Spread;
  /** What is there failed, and nothing has mended it yet: since when. */
  brokenSince?: number;
  /** From the commit of a pipeline to its first deployment here. */
  leadTimeMs?: Spread;
  /** In no lead time, as nobody knows when they were made: commits that git has not any more, files that were not committed. */
  unknownCommits: number;
}

export interface PipelineReport {
  pipeline: string;
  environment: string;
  deployments: number;
  perWeek: number;
  leadTimeMs?: Spread;
}

export interface ApprovalReport {
  environment: string;
  asked: number;
  approved: number;
  rejected: number;
  expired: number;
  waitedMs?: Spread;
  /** How many each person answered, and how long those waited. */
  by: { name: string; answered: number; waitedMs: Spread }[];
  /** When each was asked that nobody has answered yet, oldest first. */
  openSince: number[];
}

export interface JobReport {
  pipeline: string;
  job: string;
  environment?: string;
  passed: number;
  failedAttempts: number;
  /** How often it failed and then passed in the same run. */
  flaked: number;
  tookMs?: Spread & { total: number };
}

/** Of `count` values, the one in the middle, and the one that nine of ten do not exceed. */
export interface Spread {
  count: number;
  median: number;
  ninetieth: number;
  most: number;
}

const weekMs = 7 * 24 * 3_600_000;

export interface ReportedOver {
  since: number;
  until: number;
  commitTimes: ReadonlyMap<string, number>;
  prices: readonly MinutePrice[];
}

/** `commitTimes`: when each commit was made; one that is missing is unknown. */
export function reportView(
  { begun, deployments, questions, jobs, runs }: Figures,
  { since, until, commitTimes, prices }: ReportedOver,
): ReportView {
  // What is younger than a week tells nothing about one.
  const weeks = Math.max((until - Math.max(since, begun ?? since)) / weekMs, 1);
  const perWeek = (many: number) => many / weeks;
  const leads = leadTimes(deployments, commitTimes);
  const environments = [...Map.groupBy(deployments, ({ environment }) => environment)].map(([environment, all]) => {
    const failures = all.filter(({ outcome }) => outcome !== "passed");
    const there = leads.filter((each) => each.environment === environment);
    const broken = failures.find(({ mendedAt }) => mendedAt === undefined);
    return {
      environment,
      deployments: all.length,
      perWeek: perWeek(all.length),
      failed: failures.length,
      takenBack: failures.filter(({ outcome }) => outcome === "taken back").length,
      failureRate: failures.length / all.length,
      repairs: all.filter(({ isRepair }) => isRepair).length,
      ...given(
        "recoveryMs",
        spread(failures.flatMap(({ at, mendedAt }) => (mendedAt === undefined ? [] : mendedAt - at))),
      ),
      ...(broken !== undefined && { brokenSince: broken.at }),
      ...given("leadTimeMs", spread(there.flatMap(({ ms }) => ms ?? []))),
      unknownCommits: there.filter(({ ms }) => ms === undefined).length,
    };
  });
  const passed = deployments.flatMap(({ environment, pipelines }) =>
    Object.keys(pipelines).map((pipeline) => ({ environment, pipeline })),
  );
  const pipelines = [...Map.groupBy(passed, ({ pipeline, environment }) => `${pipeline}\0${environment}`).values()].map(
    (all) => {
      const { pipeline, environment } = all[0]!;
      const its = leads.filter((each) => each.environment === environment && each.pipeline === pipeline);
      return {
        pipeline,
        environment,
        deployments: all.length,
        perWeek: perWeek(all.length),
        ...given("leadTimeMs", spread(its.flatMap(({ ms }) => ms ?? []))),
      };
    },
  );
  return {
    version: 1,
    since,
    until,
    environments,
    pipelines,
    approvals: [...Map.groupBy(questions, ({ environment }) => environment)].map(approvalReport),
    jobs: [...jobs.values()].map(jobReport).sort((a, b) => (b.tookMs?.total ?? 0) - (a.tookMs?.total ?? 0)),
    costs: costReport(runs, prices),
  };
}

const mostRuns = 5;

function costReport(runs: Figures["runs"], prices: readonly MinutePrice[]): CostReport {
  const costOf = (minutes: number) => prices.map(({ usd }) => Math.round(minutes * usd * 10_000) / 10_000);
  const months = Map.groupBy(runs, ({ begunAt }) => new Date(begunAt).toISOString().slice(0, 7));
  return {
    prices: [...prices],
    months: [...months].map(([month, its]) => {
      const minutes = its.reduce((all, each) => all + each.minutes, 0);
      return { month, runs: its.length, minutes, usd: costOf(minutes) };
    }),
    runs: runs
      .toSorted((a, b) => b.minutes - a.minutes)
      .slice(0, mostRuns)
      .map((run) => ({ ...run, usd: costOf(run.minutes) })),
  };
}

interface LeadTime {
  environment: string;
  pipeline: string;
  /** Undefined: nobody knows when the commit was made. */
  ms: number | undefined;
}

/** A commit is new to an environment once: what brings it again, or back, has no lead time. */
function leadTimes(deployments: readonly Deployment[], commitTimes: ReadonlyMap<string, number>): LeadTime[] {
  const seen = new Set<string>();
  return deployments.flatMap(({ environment, kind, at, pipelines }) =>
    Object.entries(pipelines).flatMap(([pipeline, { commit }]) => {
      const name = [environment, pipeline, commit].join("\0");
      if (kind === "rollback" || seen.has(name)) return [];
      seen.add(name);
      const made = commitTimes.get(commit);
      return [{ environment, pipeline, ms: made === undefined ? undefined : Math.max(at - made, 0) }];
    }),
  );
}

function approvalReport([environment, questions]: [string, Question[]]): ApprovalReport {
  const answered = questions.flatMap(({ askedAt, answer }) =>
    answer === undefined ? [] : [{ ...answer, waited: Math.max(answer.at - askedAt, 0) }],
  );
  const counted = (wanted: string) => answered.filter(({ answer }) => answer === wanted).length;
  const people = Map.groupBy(
    answered.filter(({ answer }) => answer !== "expired"),
    ({ by }) => by,
  );
  return {
    environment,
    asked: questions.length,
    approved: counted("approved"),
    rejected: counted("rejected"),
    expired: counted("expired"),
    ...given("waitedMs", spread(answered.map(({ waited }) => waited))),
    by: [...people]
      .map(([name, its]) => ({ name, answered: its.length, waitedMs: spread(its.map(({ waited }) => waited))! }))
      .sort((a, b) => b.answered - a.answered),
    openSince: questions.flatMap(({ askedAt, answer }) => (answer === undefined ? askedAt : [])).sort((a, b) => a - b),
  };
}

function jobReport({ pipeline, job, environment, passedMs, failed, flaked }: JobFigures): JobReport {
  const took = spread(passedMs);
  return {
    pipeline,
    job,
    ...(environment !== undefined && { environment }),
    passed: passedMs.length,
    failedAttempts: failed,
    flaked,
    ...(took && { tookMs: { ...took, total: passedMs.reduce((all, each) => all + each, 0) } }),
  };
}

/** Undefined: there are no values. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  // The nearest rank: each is a value that there really was.
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;
  return { count: sorted.length, median: at(0.5), ninetieth: at(0.9), most: sorted.at(-1)! };
}

function given<Name extends string>(name: Name, value: Spread | undefined): Partial<Record<Name, Spread>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Spread>);
}

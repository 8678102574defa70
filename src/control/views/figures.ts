import type { EngineEvent, Recorded, RunCreated, RunId } from "../../engine/events.ts";
import type { Deployed, JobId } from "../../plan/plan.ts";

/**
 * What a journal comes to in figures: deployments and failures by environment, waits for people, jobs. Times are milliseconds,
 * moments milliseconds since the epoch.
 *
 * What counts as what, after DORA's definitions (https://dora.dev/guides/dora-metrics/):
 *
 * - A deployment is a run's whole visit to an environment in which at least one job began that deploys there.
 * - It failed when a job failed there that may not, or when a rollback took it back.
 * - What failed is mended by the next deployment there that passes.
 * - A repair is a deployment that is a rollback, or follows one that failed: work that nobody had planned.
 */
export interface Figures {
  /** When the first of these runs was begun. */
  begun: number | undefined;
  deployments: Deployment[];
  questions: Question[];
  jobs: Map<string, JobFigures>;
  /** In which jobs ran, oldest first. */
  runs: RunMinutes[];
}

/** What a run took of machines that are paid by the minute: each minute that an attempt of a job has begun counts whole. */
export interface RunMinutes {
  run: RunId;
  release: number;
  begunAt: number;
  minutes: number;
}

export interface Deployment {
  environment: string;
  run: RunId;
  kind: "run" | "promotion" | "rollback";
  /** When it ended. */
  at: number;
  outcome: "passed" | "failed" | "taken back";
  isRepair: boolean;
  /** What passed, by pipeline; also of a deployment that failed. */
  pipelines: Record<string, Deployed>;
  /** Of what failed: when the next one there passed. Absent: none has yet. */
  mendedAt?: number;
}

/** A person was asked whether a run may go on to an environment. */
export interface Question {
  environment: string;
  run: RunId;
  askedAt: number;
  /** Absent: it is still open. */
  answer?: { at: number; answer: "approved" | "rejected" | "expired"; by: string };
}

/** One job of a pipeline in one environment, over all runs and legs of its matrix. */
export interface JobFigures {
  pipeline: string;
  job: string;
  environment?: string;
  /** How long each attempt that passed took. */
  passedMs: number[];
  /** Attempts that failed. */
  failed: number;
  /** How often it failed and then passed in the same run, with nothing changed. */
  flaked: number;
}

export const figuredTypes = [
  "run.created",
  "run.retry-requested",
  "run.finished",
  "job.started",
  "job.succeeded",
  "job.failed",
  "job.verified",
  "job.cancelled",
  "lock.released",
  "approval.requested",
  "approval.answered",
] as const satisfies readonly EngineEvent["type"][];

/** Events of those kinds, from the beginning of every run that counts. `since`: what ended before that is left out. */
export function figuresOf(events: Iterable<Recorded>, { since }: { since: number }): Figures {
  const runs = new Map<RunId, Underway>();
  const ended: Deployment[] = [];
  const questions: Question[] = [];
  const withdrawn = new Set<Question>();
  const jobs = new Map<string, JobFigures>();
  let begun: number | undefined;
  for (const { event, at } of events) {
    begun ??= at;
    if (event.type === "run.created") {
      runs.set(event.run, underway(event, at));
      continue;
    }
    const run = runs.get(event.run);
    if (run === undefined) continue;
    if ("durationMs" in event && "job" in event && at >= since) {
      run.minutes.minutes += Math.max(1, Math.ceil((event.durationMs ?? 0) / minuteMs));
    }
    switch (event.type) {
      case "run.retry-requested":
        for (const id of event.jobs) {
          const { environment } = run.jobs.get(id) ?? {};
          if (environment !== undefined) run.visits.delete(environment);
        }
        break;
      case "job.started": {
        const { environment, deploys } = run.jobs.get(event.job)!;
        if (environment !== undefined && deploys) visitOf(run, environment).hasBegun = true;
        break;
      }
      case "job.succeeded":
      case "job.failed":
        noteAttempt(run, event, at >= since ? figuresFor(jobs, run.jobs.get(event.job)!) : undefined);
        break;
      case "lock.released": {
        const visit = run.visits.get(event.environment);
        const hasPassed = Object.keys(event.deployed).length > 0;
        if (!visit?.hasBegun || !(visit.hasFailed || hasPassed)) break;
        run.visits.delete(event.environment);
        ended.push({
          environment: event.environment,
          run: event.run,
          kind: run.kind,
          at,
          outcome: visit.hasFailed ? "failed" : "passed",
          isRepair: false,
          pipelines: event.deployed,
        });
        break;
      }
      case "approval.requested":
        run.asked.set(event.environment, { environment: event.environment, run: event.run, askedAt: at });
        questions.push(run.asked.get(event.environment)!);
        break;
      case "approval.answered": {
        const question = run.asked.get(event.environment);
        if (question !== undefined) question.answer = { at, answer: event.answer, by: event.by };
        break;
      }
      case "run.finished":
        // It may be retried: what was asked is over, which of its jobs is which is not.
        for (const question of run.asked.values()) if (question.answer === undefined) withdrawn.add(question);
        run.asked.clear();
        break;
    }
  }
  noteMended(ended);
  return {
    begun,
    deployments: ended.filter(({ at }) => at >= since),
    questions: questions.filter((each) => !withdrawn.has(each) && (each.answer?.at ?? since) >= since),
    jobs,
    runs: [...runs.values()].flatMap(({ minutes }) => (minutes.minutes > 0 ? [minutes] : [])),
  };
}

const minuteMs = 60_000;

/** What is known of a run while its events are read. */
interface Underway {
  kind: Deployment["kind"];
  jobs: ReadonlyMap<JobId, FoundJob>;
  visits: Map<string, Visit>;
  /** Jobs whose last attempt failed. */
  failing: Set<JobId>;
  asked: Map<string, Question>;
  minutes: RunMinutes;
}

interface FoundJob {
  pipeline: string;
  job: string;
  environment?: string;
  deploys: boolean;
  mayFail: boolean;
}

interface Visit {
  hasBegun: boolean;
  hasFailed: boolean;
}

function underway({ run, release, delivery, plan, moves }: RunCreated, begunAt: number): Underway {
  const definitions = new Map(delivery.pipelines.map(({ name, jobs }) => [name, jobs]));
  const jobs = plan.jobs.map(({ id, pipeline, job, environment, undoes }): [JobId, FoundJob] => {
    const undoing = { deploys: true, continueOnFailure: false };
    const { deploys, continueOnFailure: mayFail } = undoes ? undoing : definitions.get(pipeline)![job]!;
    return [id, { pipeline, job, deploys, mayFail, ...(environment !== undefined && { environment }) }];
  });
  const minutes = { run, release: moves ?? release, begunAt, minutes: 0 };
  const isRollback = plan.change.event === "rollback";
  const kind = moves === undefined ? "run" : isRollback ? "rollback" : "promotion";
  return { kind, jobs: new Map(jobs), visits: new Map(), failing: new Set(), asked: new Map(), minutes };
}

function visitOf({ visits }: Underway, environment: string): Visit {
  const visit = visits.get(environment) ?? { hasBegun: false, hasFailed: false };
  visits.set(environment, visit);
  return visit;
}

type Attempt = Extract<EngineEvent, { type: "job.succeeded" | "job.failed" }>;

function noteAttempt(run: Underway, event: Attempt, figures: JobFigures | undefined): void {
  if (event.type === "job.succeeded") {
    figures?.passedMs.push(event.durationMs);
    if (run.failing.delete(event.job) && figures !== undefined) figures.flaked += 1;
    return;
  }
  run.failing.add(event.job);
  if (figures !== undefined) figures.failed += 1;
  const { environment, mayFail } = run.jobs.get(event.job)!;
  if (environment !== undefined && event.retryAt === undefined && !mayFail) visitOf(run, environment).hasFailed = true;
}

function figuresFor(all: Map<string, JobFigures>, { pipeline, job, environment }: FoundJob): JobFigures {
  const name = `${pipeline}.${job}${environment === undefined ? "" : `@${environment}`}`;
  const where = environment === undefined ? {} : { environment };
  const figures = all.get(name) ?? { pipeline, job, ...where, passedMs: [], failed: 0, flaked: 0 };
  all.set(name, figures);
  return figures;
}

/** Looks at each environment's deployments in order: what a rollback took back had failed, and what passes mends. */
function noteMended(all: readonly Deployment[]): void {
  for (const deployments of Map.groupBy(all, ({ environment }) => environment).values()) {
    let broken: Deployment[] = [];
    for (const [place, deployment] of deployments.entries()) {
      const before = deployments[place - 1];
      const isRollback = deployment.kind === "rollback";
      deployment.isRepair = isRollback || before?.outcome === "failed";
      if (isRollback && before?.outcome === "passed" && before.kind !== "rollback") {
        before.outcome = "taken back";
        broken.push(before);
      }
      if (deployment.outcome === "failed") broken.push(deployment);
      else {
        for (const each of broken) each.mendedAt = deployment.at;
        broken = [];
      }
    }
  }
}

import type { EngineEvent, Recorded, RunFinished } from "../../../src/engine/events.ts";
import type { Delivery, Job } from "../../../src/model/delivery.ts";
import type { Deployed, Plan, PlannedJob } from "../../../src/plan/plan.ts";

/** Whether such a job changes an environment. */
export const changesThere = ({ deploys, undo }: Job): boolean => deploys || undo === true;

/**
 * What the checkers know of the journal: a plain reading of its events, written without the engine's own fold so that the
 * two do not share their mistakes. Slow and simple.
 */
export class Ledger {
  readonly runs = new Map<string, LedgerRun>();
  /** Who holds the lock, by environment. */
  readonly holders = new Map<string, string>();
  /** What was last said to be deployed, by environment and pipeline. */
  readonly deployed = new Map<string, Map<string, Deployed>>();
  /** The newest release that was said to be deployed, by `pipeline@environment`. */
  readonly told = new Map<string, number>();
  /** Until when each environment is frozen, by the clock on the wall; thawed before: absent. */
  readonly freezes = new Map<string, number>();
  /** The run that failed in each environment where that is to be taken back, and has not been. */
  readonly owed = new Map<string, string>();
  /** As it was before the newest event. */
  owedBefore: ReadonlyMap<string, string> = new Map();
  readonly tokens = new Map<string, LedgerJob>();
  /** Releases that began to deploy, by `pipeline@environment`. */
  readonly deploying = new Map<string, Set<number>>();
  length = 0;

  /** Who changed each environment, and when: began to deploy there, or said what it had deployed. */
  readonly changes = new Map<string, { run: string; seq: number }[]>();

  /**
   * The run that changed an environment after a promotion or rollback to it was asked for and before that took the lock: then
   * nobody else can, and who says what it had deployed before tells of nothing new.
   */
  changedSince({ id, createdSeq, lockedSeq }: LedgerRun, environment: string): string | undefined {
    const until = lockedSeq.get(environment) ?? Number.POSITIVE_INFINITY;
    const isBetween = (seq: number) => seq > createdSeq && seq < until;
    return this.changes.get(environment)?.find(({ run, seq }) => run !== id && isBetween(seq))?.run;
  }

  /** Whether something keeps this run from taking the lock at that time, though it is free. */
  isHeldUp(run: string, environment: string, at: number): boolean {
    return this.isFrozen(run, environment, at) || this.isOutside(run, environment, at);
  }

  isFrozen(run: string, environment: string, at: number): boolean {
    return this.runs.get(run)?.override === undefined && at < (this.freezes.get(environment) ?? at);
  }

  /** Whether all change windows of the environment are closed for this run. Those of these worlds are of every day, in UTC. */
  isOutside(id: string, environment: string, at: number): boolean {
    const run = this.runs.get(id);
    const windows = run?.delivery.environments.find(({ name }) => name === environment)?.windows;
    if (windows === undefined || run?.override !== undefined || run?.plan.change.event === "rollback") return false;
    const shown = new Date(at).toISOString().slice(11, 16);
    return !windows.some(({ from, to }) => (from < to ? from <= shown && shown < to : from <= shown || shown < to));
  }

  /** Whether something is to be taken back there first, or was before the newest event. */
  standsBehind(run: string, environment: string, when: "now" | "before"): boolean {
    const owed = (when === "now" ? this.owed : this.owedBefore).get(environment);
    return owed !== undefined && owed !== run && this.runs.get(run)?.plan.change.event !== "rollback";
  }

  #noteOwed(run: LedgerRun, environment: string): void {
    const { onFailure } = run.delivery.environments.find((each) => each.name === environment)!;
    if (onFailure === undefined || run.plan.change.event === "rollback") return;
    const there = [...run.jobs.values()].filter(({ planned }) => planned.environment === environment);
    const hasBegun = there.some(({ definition, attempt }) => changesThere(definition) && attempt > 0);
    const hasFailed = there.some(({ status, definition }) => status === "failed" && !definition.continueOnFailure);
    if (hasBegun && hasFailed) this.owed.set(environment, run.id);
  }

  /** Whether a newer release of its pipeline has begun to deploy where this job would, or it was moved there in vain. */
  isSuperseded({ run, planned, definition }: LedgerJob): boolean {
    if (!changesThere(definition) && definition.verify === undefined) return false;
    if (run.moves !== undefined && this.changedSince(run, planned.environment!) !== undefined) return true;
    const left = run.wasThere(planned.environment!);
    const isElse = (change: { run: string; seq: number }) => change.run !== run.id && change.seq > left!;
    const changes = this.changes.get(planned.environment!) ?? [];
    if (!changesThere(definition) && left !== undefined && changes.some(isElse)) return true;
    const began = this.deploying.get(`${planned.pipeline}@${planned.environment}`) ?? [];
    return [...began].some((release) => release > run.release);
  }

  #changed(environment: string, run: string, seq: number): void {
    const changes = this.changes.get(environment) ?? [];
    changes.push({ run, seq });
    this.changes.set(environment, changes);
  }

  #started(job: LedgerJob, token: string): void {
    this.tokens.set(token, job);
    const { planned, definition, run } = job;
    if (!changesThere(definition)) return;
    const key = `${planned.pipeline}@${planned.environment}`;
    const began = this.deploying.get(key) ?? new Set();
    this.deploying.set(key, began.add(run.release));
  }

  see({ event, seq, at }: Recorded, elapsed: number): void {
    this.length = seq;
    this.owedBefore = new Map(this.owed);
    if (event.type === "run.created") {
      this.runs.set(event.run, new LedgerRun(event, { seq, parallel: event.parallel }));
      return;
    }
    if (event.type === "environment.frozen") this.freezes.set(event.environment, event.until);
    if (event.type === "environment.thawed") this.freezes.delete(event.environment);
    if (event.type === "rollback.declined") this.owed.delete(event.environment);
    if (event.run === "") return;
    const run = this.runs.get(event.run)!;
    if (event.type === "lock.acquired") this.owed.delete(event.environment);
    if (event.type === "lock.released") this.#noteOwed(run, event.environment);
    if (event.type === "run.finished" && run.plan.change.event === "rollback") {
      for (const { planned } of run.jobs.values()) this.owed.delete(planned.environment ?? "");
    }
    if ("job" in event) {
      const job = run.jobs.get(event.job)!;
      if (event.type === "job.started") this.#started(job, event.token);
      if (event.type === "job.started" && changesThere(job.definition))
        this.#changed(job.planned.environment!, run.id, seq);
      job.see(event, { at, elapsed, seq });
    }
    if (event.type === "lock.acquired") {
      this.holders.set(event.environment, event.run);
      const before = run.lockedSeq.get(event.environment);
      if (before !== undefined) run.lockedBefore.set(event.environment, before);
      run.lockedSeq.set(event.environment, seq);
    }
    if (event.type === "lock.released") {
      this.holders.delete(event.environment);
      if (Object.keys(event.deployed).length > 0) this.#changed(event.environment, run.id, seq);
    }
    if (event.type === "run.finished") {
      for (const [environment, pipelines] of Object.entries(event.deployed)) {
        // What is told of while another has the lock was there before that one took it.
        if (this.holders.has(environment)) continue;
        // Only what no release of a lock has told of already.
        for (const [pipeline, { release }] of Object.entries(pipelines)) {
          const key = `${pipeline}@${environment}`;
          if ((this.told.get(key) ?? 0) < release) this.#changed(environment, run.id, seq);
        }
      }
    }
    if (event.type === "lock.released" || event.type === "run.finished") {
      const deployed = event.type === "run.finished" ? event.deployed : { [event.environment]: event.deployed };
      for (const [environment, pipelines] of Object.entries(deployed)) {
        const there = this.deployed.get(environment) ?? new Map();
        this.deployed.set(environment, there);
        for (const [pipeline, record] of Object.entries(pipelines)) {
          const { release } = record;
          if ((there.get(pipeline)?.release ?? 0) <= release) there.set(pipeline, record);
          const key = `${pipeline}@${environment}`;
          this.told.set(key, Math.max(release, this.told.get(key) ?? 0));
        }
      }
    }
    if (event.type === "run.suspended") {
      for (const [environment, holder] of this.holders) if (holder === event.run) this.holders.delete(environment);
    }
    run.see(event);
  }
}

export class LedgerJob {
  readonly run: LedgerRun;
  readonly planned: PlannedJob;
  readonly definition: Job;
  status: "new" | "running" | "backing-off" | "due" | "interrupted" | "succeeded" | "failed" | "skipped" | "cancelled" =
    "new";
  token: string | undefined;
  attempt = 0;
  /** In this round: attempts that counted. */
  failures = 0;
  /** In this round: how often a job that verifies has passed and goes on. */
  looks = 0;
  /** While backing off: when its wait is over if its owner stays the same, on the clock that is never set. */
  dueAt: number | undefined;
  skipCode: string | undefined;
  because: string | undefined;
  /** Its environment was not reached. */
  unreached = false;
  /** `seq` of the last event about it. */
  since = 0;
  outputs: Record<string, string> = {};
  artifacts: Record<string, { digest: string }> = {};

  constructor(run: LedgerRun, planned: PlannedJob, definition: Job) {
    this.run = run;
    this.planned = planned;
    this.definition = definition;
  }

  get ended(): boolean {
    return ["succeeded", "failed", "skipped", "cancelled"].includes(this.status);
  }

  /** As far as its pipeline is concerned. */
  get passed(): boolean {
    if (this.status === "failed") return this.definition.continueOnFailure;
    return this.status === "succeeded" || (this.status === "skipped" && this.skipCode === "not-needed");
  }

  see(
    event: Extract<EngineEvent, { job: string }>,
    { at, elapsed, seq }: { at: number; elapsed: number; seq: number },
  ): void {
    this.since = seq;
    switch (event.type) {
      case "job.started":
        this.status = "running";
        this.token = event.token;
        this.attempt = event.attempt;
        break;
      case "job.succeeded":
        this.status = "succeeded";
        this.outputs = event.outputs;
        this.artifacts = event.artifacts;
        break;
      case "job.failed":
        this.status = event.retryAt === undefined ? "failed" : "backing-off";
        this.dueAt = event.retryAt === undefined ? undefined : elapsed + event.retryAt - at;
        this.failures += 1;
        break;
      case "job.verified":
        this.status = "backing-off";
        this.dueAt = elapsed + event.againAt - at;
        this.failures = 0;
        this.looks += 1;
        break;
      case "job.skipped":
        this.status = "skipped";
        this.skipCode = event.code;
        this.because = event.because;
        this.unreached = event.text.includes("was not reached");
        break;
      case "job.cancelled":
        this.status = "cancelled";
        break;
      case "job.interrupted":
        this.status = "interrupted";
        break;
      case "job.retry-due":
        this.status = "due";
        break;
      default:
        event satisfies never;
    }
  }
}

export class LedgerRun {
  readonly id: string;
  readonly release: number;
  readonly delivery: Delivery;
  readonly plan: Plan;
  readonly createdSeq: number;
  /** The release that it promotes or goes back to. */
  readonly moves: number | undefined;
  /** It goes on into frozen environments. */
  override: string | undefined;
  /** A rollback that takes back a run that failed, and that nobody is asked about. */
  readonly undoes: string | undefined;
  readonly unasked: boolean;
  /** When it last took the lock of an environment. */
  readonly lockedSeq = new Map<string, number>();
  /** The time before that. */
  readonly lockedBefore = new Map<string, number>();
  readonly parallel: number;
  readonly jobs = new Map<string, LedgerJob>();
  readonly joins: Map<string, Plan["joins"][number]>;
  readonly approvals = new Map<string, "requested" | "approved" | "rejected" | "expired">();
  /** Who has approved since it was asked, by environment; whoever asked for the run. */
  readonly approvers = new Map<string, string[]>();
  readonly by: string | undefined;
  readonly #before = new Map<PlannedJob, Set<LedgerJob>>();
  /** The session that goes on with it, the last one that did, and whether it was suspended since. */
  owner: string | undefined;
  lastOwner: string | undefined;
  suspended = false;
  cancelled: "graceful" | "now" | undefined;
  readonly cancelledBy = new Set<string>();
  finished: RunFinished | undefined;
  retries = 0;

  constructor(
    event: Extract<EngineEvent, { type: "run.created" }>,
    { seq, parallel }: { seq: number; parallel: number },
  ) {
    this.id = event.run;
    this.createdSeq = seq;
    this.release = event.release;
    this.delivery = event.delivery;
    this.plan = event.plan;
    this.moves = event.moves;
    this.override = event.override;
    this.by = event.by;
    this.undoes = event.undoes;
    this.unasked = event.unasked === true;
    this.parallel = parallel;
    this.owner = event.owner;
    this.lastOwner = event.owner;
    this.joins = new Map(event.plan.joins.map((join) => [join.id, join]));
    for (const planned of event.plan.jobs) {
      if (planned.decision !== "run") continue;
      const pipeline = event.delivery.pipelines.find((each) => each.name === planned.pipeline)!;
      this.jobs.set(planned.id, new LedgerJob(this, planned, pipeline.jobs[planned.job]!));
    }
  }

  /** When it took the lock before it took it the last time; else when it did. */
  wasThere(environment: string): number | undefined {
    return this.lockedBefore.get(environment) ?? this.lockedSeq.get(environment);
  }

  see(event: EngineEvent): void {
    if (event.type === "run.adopted") {
      this.owner = event.owner;
      this.override = event.override ?? this.override;
      this.lastOwner = event.owner;
      this.suspended = false;
      // How long a wait is that was begun under somebody else is judged elsewhere.
      for (const job of this.jobs.values()) job.dueAt = undefined;
    }
    if (event.type === "run.suspended") {
      this.owner = undefined;
      this.suspended = true;
    }
    if (event.type === "run.finished") {
      this.finished = event;
      this.owner = undefined;
      for (const [name, answer] of this.approvals) if (answer === "requested") this.approvals.delete(name);
    }
    if (event.type === "run.cancel-requested") {
      this.cancelled = event.mode;
      this.cancelledBy.add(event.by);
      for (const [name, answer] of this.approvals) if (answer === "requested") this.approvals.delete(name);
    }
    if (event.type === "approval.requested") {
      this.approvals.set(event.environment, "requested");
      this.approvers.set(event.environment, []);
    }
    const isOne = event.type === "approval.answered" && event.answer === "approved";
    if (isOne || event.type === "approval.given") this.approvers.get(event.environment)!.push(event.by);
    if (event.type === "approval.answered") this.approvals.set(event.environment, event.answer);
    if (event.type === "run.retry-requested") this.#retry(event.jobs);
  }

  #retry(jobs: readonly string[]): void {
    this.retries += 1;
    this.finished = undefined;
    this.cancelled = undefined;
    this.cancelledBy.clear();
    for (const [name, answer] of this.approvals) if (answer !== "approved") this.approvals.delete(name);
    for (const id of jobs) {
      const job = this.jobs.get(id)!;
      job.status = "new";
      job.failures = 0;
      job.looks = 0;
      job.skipCode = undefined;
      job.unreached = false;
    }
  }

  endedWell(id: string): boolean {
    const job = this.jobs.get(id);
    if (job === undefined) return this.joins.get(id)!.requires.every((each) => this.endedWell(each));
    return job.status === "succeeded" || (job.status === "skipped" && job.skipCode === "not-needed");
  }

  /** Everything before it has ended and its gates hold. */
  turnHasCome({ planned, definition }: LedgerJob): boolean {
    for (const before of this.allBefore(planned)) if (!before.ended) return false;
    if (!planned.requires.every((id) => this.endedWell(id))) return false;
    if (definition.runsAfter !== "failure") return true;
    return planned.after.some((id) => !planned.requires.includes(id) && !this.endedWell(id));
  }

  /** All jobs that come before it, at whatever distance. */
  allBefore(planned: PlannedJob): Set<LedgerJob> {
    const known = this.#before.get(planned);
    if (known !== undefined) return known;
    const found = new Set<LedgerJob>();
    const seen = new Set<string>();
    const open = [...planned.after];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const job = this.jobs.get(id);
      if (job !== undefined) found.add(job);
      open.push(...(job?.planned ?? this.joins.get(id)!).after);
    }
    this.#before.set(planned, found);
    return found;
  }

  /** The other legs of its matrix. */
  otherLegs({ planned }: LedgerJob): LedgerJob[] {
    if (planned.matrix === undefined) return [];
    return [...this.jobs.values()].filter(
      ({ planned: other }) =>
        other.id !== planned.id &&
        other.pipeline === planned.pipeline &&
        other.job === planned.job &&
        other.environment === planned.environment,
    );
  }

  hasApproval(environment: string): boolean {
    if (this.unasked) return false;
    return this.delivery.environments.some((each) => each.name === environment && each.approval !== undefined);
  }
}

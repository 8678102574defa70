import type { Delivery } from "../model/delivery.ts";
import type { Plan, PlannedJob } from "../plan/plan.ts";
import { bug } from "./bug.ts";
import type { EventMeta } from "./event-meta.ts";
import type { RunCreated, RunId } from "./events.ts";
import { matrixKey } from "./policies/matrix.ts";
import type { ApprovalState, JobState, RunEnvironment, RunState } from "./state.ts";
import { undoneBy } from "./undone.ts";
import { WaitQueue } from "./wait-queue.ts";

/** What is asked for when a run is made. */
export interface NewRun {
  delivery: Delivery;
  plan: Plan;
  /** At most this many jobs at a time, at least 1. */
  parallel: number;
  /** Set on a promotion and a rollback: the release that is moved. */
  moves?: number;
  /** A rollback that an environment asked for itself: of which run. Nobody else is asked, and it stands before those who wait. */
  takesBack?: { environment: string; failed: RunId };
  /** Why it goes on into environments that are frozen. */
  override?: string;
  /** Who asks, and what they say about it. */
  by?: string;
  comment?: string;
  /** `State.seq` when the plan was made: it is refused as `outdated-plan` if something was deployed since. */
  plannedAt?: number;
  /** Refused as `being-made` while another run makes the same of the same files, so that it is made once. */
  sharing?: true;
  /** Called when the run's number is known and before anything of it is recorded; what it throws refuses the run. */
  onNumbered?(numbered: { run: RunId; release: number }): void;
}

/** The state of a run in which nothing has happened yet. */
export function newRun(event: RunCreated, { seq, at }: EventMeta): RunState {
  const { delivery, plan } = event;
  const run: RunState = {
    id: event.run,
    release: event.release,
    delivery,
    plan,
    parallel: event.parallel,
    moves: event.moves,
    undoes: event.undoes,
    unasked: event.unasked === true,
    override: event.override,
    by: event.by,
    createdAt: at,
    createdSeq: seq,
    status: "waiting",
    owner: event.owner,
    suspended: undefined,
    finished: undefined,
    finishedAt: undefined,
    finishedSeq: undefined,
    cancel: undefined,
    jobs: new Map(),
    environments: new Map(),
    matrices: new Map(),
    pipelines: new Map(plan.pipelines.map((each) => [`${each.pipeline}@${each.environment}`, each])),
    definitions: new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline])),
    reused: new Map(),
    list: [],
    order: undefined,
    ready: new WaitQueue(),
    toSkip: new Map(),
    toAsk: new Set(),
    toRelease: new Set(),
    running: 0,
    backingOff: 0,
    open: 0,
    asking: 0,
    locksHeld: 0,
  };
  for (const planned of plan.jobs) {
    if (planned.decision === "run") addJob(run, planned);
    else if (planned.reused !== undefined && planned.environment === undefined) {
      run.reused.set(matrixKey(planned), planned.reused);
    }
  }
  // In promotion order, whatever order the jobs are in.
  const found = new Map(run.environments);
  run.environments.clear();
  for (const name of [...plan.environments, ...found.keys()]) {
    const environment = found.get(name);
    if (environment !== undefined) run.environments.set(name, environment);
  }
  return run;
}

function addJob(run: RunState, planned: PlannedJob): void {
  const pipelines = undoneBy(run, planned)?.delivery.pipelines;
  const pipeline = pipelines
    ? pipelines.find(({ name }) => name === planned.pipeline)
    : run.definitions.get(planned.pipeline);
  const definition = pipeline?.jobs[planned.job];
  if (pipeline === undefined || definition === undefined) bug(`the plan has ${planned.id}, which the delivery lacks`);
  const job: JobState = {
    id: planned.id,
    run: run.id,
    number: run.list.length,
    planned,
    pipeline,
    definition,
    status: "waiting",
    stage: "before",
    attempt: 0,
    tries: 0,
    losses: 0,
    looksLeft: undefined,
    token: undefined,
    startedAt: undefined,
    endedAt: undefined,
    durationMs: undefined,
    outputs: {},
    artifacts: {},
    failure: undefined,
    retryAt: undefined,
    skipped: undefined,
    entry: undefined,
    inMatrix: false,
    inGroup: undefined,
  };
  run.list.push(job);
  run.jobs.set(job.id, job);
  run.open += 1;
  if (planned.environment !== undefined) environmentIn(run, planned.environment).open += 1;
  if (planned.matrix !== undefined) addLeg(run, job);
}

function environmentIn(run: RunState, name: string): RunEnvironment {
  let environment = run.environments.get(name);
  if (environment === undefined) {
    const asked = !run.unasked && run.delivery.environments.find((each) => each.name === name)?.approval !== undefined;
    environment = {
      name,
      open: 0,
      approval: newApproval(asked ? "not-yet" : "not-needed"),
      lock: "none",
      lockedSeq: undefined,
      atLock: new WaitQueue(),
    };
    run.environments.set(name, environment);
  }
  return environment;
}

function newApproval(status: ApprovalState["status"]): ApprovalState {
  return {
    status,
    before: 0,
    broken: undefined,
    waiting: new WaitQueue(),
    reviewers: [],
    requestedAt: undefined,
    expiresAt: undefined,
    count: 1,
    given: [],
    notBy: undefined,
    toldAt: undefined,
    remindAt: undefined,
    answeredAt: undefined,
    by: undefined,
    comment: undefined,
  };
}

function addLeg(run: RunState, job: JobState): void {
  const key = matrixKey(job.planned);
  const matrix = run.matrices.get(key);
  if (matrix !== undefined) {
    matrix.legs.push(job);
    return;
  }
  const { maxParallel, failFast = true } = job.definition.matrix ?? {};
  run.matrices.set(key, { maxParallel, failFast, legs: [job], inside: 0, queue: new WaitQueue(), failed: undefined });
}

import type { EngineEvent, JobSucceeded, RunCreated, RunFinished } from "../../src/engine/events.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { StoreHandle } from "../../src/store/store.ts";

/** One turn that appends these, whatever others have written. */
export function append(store: StoreHandle, events: EngineEvent[], at: number): Promise<void> {
  return store.turn(() => ({ events, at }));
}

/** The smallest event that begins a run; the store looks at no more of it than this. */
export function created(run: string, release: number, jobs: Plan["jobs"] = []): RunCreated {
  return {
    type: "run.created",
    run,
    release,
    delivery: { version: 1, name: "shop", variables: {}, parameters: {}, environments: [], pipelines: [] },
    plan: {
      version: 1,
      delivery: "shop",
      change: { event: "push", commit: `commit-${release}`, branch: "main" },
      environments: ["dev"],
      parameters: {},
      jobs,
      joins: [],
      pipelines: [],
      criticalPath: [],
    },
    parallel: 2,
  };
}

export function started(run: string, job: string, attempt = 1): EngineEvent {
  return { type: "job.started", run, job, attempt, token: `${run}/${job}/${attempt}` };
}

export function succeeded(run: string, job: string, more: Partial<JobSucceeded> = {}): JobSucceeded {
  return {
    type: "job.succeeded",
    run,
    job,
    attempt: 1,
    token: `${run}/${job}/1`,
    durationMs: 10,
    outputs: {},
    artifacts: {},
    ...more,
  };
}

export function finished(run: string, more: Partial<RunFinished> = {}): RunFinished {
  return { type: "run.finished", run, conclusion: "succeeded", deployed: {}, ...more };
}

/** A digest that looks like one. */
export function digest(letter: string): string {
  return `sha256:${letter.repeat(64)}`;
}

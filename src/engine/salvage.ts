import type { Delivery } from "../model/delivery.ts";
import type { Plan } from "../plan/plan.ts";
import type { EngineEvent, HistoryBegins, Recorded, RunId } from "./events.ts";
import { noteFreeze } from "./policies/freeze.ts";

/** What is known of the past when only some of its events are left. */
export interface Salvaged extends Required<Pick<HistoryBegins, "nextRelease" | "deployed" | "newest" | "freezes">> {
  /** Runs that nothing says have ended. */
  open: RunId[];
  /** Attempts that nothing says have ended: their processes may still be there. */
  attempts: string[];
}

/**
 * Reads what each event says by itself, in order. It is no fold: holes in the history do not matter, and nothing is
 * concluded from an event that is not there.
 */
export function salvage(events: Iterable<Recorded>): Salvaged {
  const found: Salvaged = { nextRelease: 1, deployed: {}, newest: {}, freezes: {}, open: [], attempts: [] };
  const runs = new Map<RunId, { delivery: Delivery; plan: Plan; release: number }>();
  const open = new Set<RunId>();
  const attempts = new Set<string>();
  for (const recorded of events) {
    const { event } = recorded;
    noteFreeze(found.freezes, recorded);
    switch (event.type) {
      case "run.created":
        runs.set(event.run, event);
        open.add(event.run);
        found.nextRelease = Math.max(found.nextRelease, event.release + 1);
        break;
      case "run.retry-requested":
        open.add(event.run);
        break;
      case "job.started":
        attempts.add(event.token);
        noteDeploying(found, runs.get(event.run), event.job);
        break;
      case "job.succeeded":
      case "job.failed":
      case "job.cancelled":
      case "job.interrupted":
        attempts.delete(event.token);
        break;
      case "run.finished":
        open.delete(event.run);
        noteAll(found, event);
        break;
      case "history.begins":
        open.clear();
        attempts.clear();
        found.nextRelease = Math.max(found.nextRelease, event.nextRelease);
        noteAll(found, event);
        for (const [environment, pipelines] of Object.entries(event.newest)) {
          for (const [pipeline, release] of Object.entries(pipelines)) raise(found, { environment, pipeline, release });
        }
        break;
      case "lock.released":
        noteAll(found, { deployed: { [event.environment]: event.deployed } });
        break;
      default:
    }
  }
  return { ...found, open: [...open], attempts: [...attempts] };
}

/** As the fold does: an older release never takes the place of a newer one. */
function noteAll(found: Salvaged, { deployed }: Pick<HistoryBegins, "deployed">): void {
  for (const [environment, pipelines] of Object.entries(deployed)) {
    found.deployed[environment] ??= {};
    for (const [pipeline, record] of Object.entries(pipelines)) {
      const before = found.deployed[environment][pipeline];
      if (before === undefined || before.release <= record.release) found.deployed[environment][pipeline] = record;
      raise(found, { environment, pipeline, release: record.release });
    }
  }
}

function noteDeploying(
  found: Salvaged,
  run: { delivery: Delivery; plan: Plan; release: number } | undefined,
  job: Extract<EngineEvent, { type: "job.started" }>["job"],
): void {
  const planned = run?.plan.jobs.find(({ id }) => id === job);
  if (run === undefined || planned?.environment === undefined) return;
  const { environment, pipeline } = planned;
  const definition = run.delivery.pipelines.find(({ name }) => name === pipeline)?.jobs[planned.job];
  if (definition?.deploys || planned.undoes !== undefined)
    raise(found, { environment, pipeline, release: run.release });
}

function raise(found: Salvaged, at: { environment: string; pipeline: string; release: number }): void {
  found.newest[at.environment] ??= {};
  const here = found.newest[at.environment]!;
  here[at.pipeline] = Math.max(at.release, here[at.pipeline] ?? 0);
}

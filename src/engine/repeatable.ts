import { changesEnvironment } from "../model/changes-environment.ts";
import type { EngineEvent } from "./events.ts";
import type { State } from "./state.ts";

/**
 * Whether the world may go on before this event is durable. A crash may then lose it and all events behind it, and what they
 * told of is done once more: the job runs again. So it must be about a job that changes no environment and takes no place in a
 * group, which jobs of other runs would find free; the start and the end of one that deploys, a lock, an approval, a cancel and
 * how a run ended are not repeated. They come after what they rest on in the journal, and are durable only together with it.
 *
 * This is the rule of optimistic logging: to wait for the log not at every step, but before something that cannot be taken back.
 */
export function isRepeatable(state: State, event: EngineEvent): boolean {
  switch (event.type) {
    case "job.started":
    case "job.succeeded":
    case "job.verified":
    case "job.failed":
    case "job.retry-due":
    case "job.skipped": {
      const definition = state.runs.get(event.run)?.jobs.get(event.job)?.definition;
      return definition !== undefined && !changesEnvironment(definition) && definition.concurrency === undefined;
    }
    default:
      return false;
  }
}

import { type Actor, type Refusal, Refused } from "../control.ts";
import type { TakeBackRequest, TakingBack } from "../host.ts";
import { besides } from "../local/session.ts";
import { tellNow } from "../local/telling.ts";
import type { Place } from "../project.ts";
import { type PlannedMove, planMove } from "./move.ts";
import { startRun } from "./run.ts";

/**
 * Takes back what a run left failed in an environment that says so: its last good release goes there as a rollback that nobody
 * is asked about. Where that is not possible, or goes over something that cannot be undone, the journal gets why, and people
 * decide. @throws {Refused} when this process cannot do it, and another one may
 */
export async function takeBack(place: Place, request: TakeBackRequest, by: Actor): Promise<TakingBack> {
  const { environment, failed, secretsFile } = request;
  const planned = await plannedOrWhyNot(place, request);
  const because = typeof planned === "string" ? planned : whyNotSafe(planned);
  if (typeof planned === "string" || because !== undefined) {
    await besides(place.project, (engine) => engine.declineRollback(environment, { failed, because: because! }));
    await tellNow(place);
    return { kind: "declined", environment, because: because! };
  }
  const comment = `run ${failed} failed there`;
  const options = {
    secretsFile,
    comment,
    // What goes back brings nothing new: a freeze that was said meanwhile is not meant for it.
    ...(planned.freezes.length > 0 && { override: comment }),
    isWatched: false,
  };
  const underway = await startRun(place, planned, { options, by, takesBack: { environment, failed } });
  return { kind: "underway", move: planned.move, underway };
}

async function plannedOrWhyNot(
  place: Place,
  { environment, secretsFile }: TakeBackRequest,
): Promise<PlannedMove | string> {
  try {
    return await planMove(place, { kind: "rollback", to: environment, secretsFile });
  } catch (error) {
    if (error instanceof Refused) return whyNotPossible(error.refusal);
    throw error;
  }
}

/** One sentence without a final stop, for the record. */
function whyNotPossible({ code, known = [], because }: Refusal): string {
  switch (code) {
    case "nothing-to-go-back-to":
      return "no release was there as a whole before";
    case "files-gone":
      return `files of release ${known[0]} are gone: ${known.slice(1).join(", ")}`;
    case "commit-gone":
      return `the commit of release ${known[0]} is gone`;
    case "several-commits":
      return `release ${known[0]} was there with another version of ${because}`;
    default:
      return `it is refused (${code})`;
  }
}

function whyNotSafe({ move: { irreversible, pipelines } }: PlannedMove): string | undefined {
  const [first] = irreversible;
  if (first !== undefined) return `${first.job} of release ${first.release} ${first.does}`;
  return pipelines.some(({ goes }) => goes) ? undefined : "nothing would be another one";
}

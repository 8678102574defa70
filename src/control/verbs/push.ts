import { openJournal } from "../local/journal.ts";
import { pastOf } from "../local/past.ts";
import { planTip } from "../local/plan-tip.ts";
import { definitionAt, fetchTip, lastPushOf } from "../local/tip.ts";
import type { Place } from "../project.ts";
import { noPast } from "../request/run-request.ts";
import type { RunId } from "../views/events.ts";
import type { Planned } from "./plan.ts";

export interface PushRequest {
  branch: string;
  /** A file of `NAME=value` lines; other secrets come from environment variables. */
  secretsFile?: string | undefined;
}

/** What a branch has at `origin` now. */
export interface Pushed {
  branch: string;
  commit: string;
  /** The run that was made for exactly this before, by the last push of the branch. */
  run?: RunId;
  /** What a push of it would do here; absent where there is such a run. To be started like any other plan. */
  planned?: Planned;
}

/**
 * Looks what a branch has at `origin` now, and plans it as a push of that: its files and its definition, whatever is checked
 * out here. Whoever says that something was pushed only makes somebody look, so that nothing is done twice, or in another
 * order, or that nobody pushed. Starts nothing. @throws {Refused}
 */
export async function planPush(place: Place, { branch, secretsFile }: PushRequest): Promise<Pushed> {
  const { project } = place;
  const source = await fetchTip(project, branch);
  const { commit } = source;
  using journal = openJournal(project);
  const last = journal && lastPushOf(journal, branch);
  if (last?.commit === commit) return { branch, commit, run: last.run };
  const delivery = await definitionAt(place, source);
  const past = journal === undefined ? noPast : pastOf(journal, { project, source, delivery });
  const planned = await planTip(place, { source, delivery, past, secretsFile }, { event: "push", branch });
  // Somebody else may have run it while its definition was read: that there is nothing to do any more is that run's doing.
  const since = journal && lastPushOf(journal, branch);
  if (since?.commit === commit) return { branch, commit, run: since.run };
  return { branch, commit, planned };
}

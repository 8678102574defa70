import { openJournal } from "../local/journal.ts";
import { pastOf } from "../local/past.ts";
import { planTip } from "../local/plan-tip.ts";
import { definitionAt, fetchTip } from "../local/tip.ts";
import type { Place } from "../project.ts";
import { noPast } from "../request/run-request.ts";
import type { SchedulesView } from "../views/schedules.ts";
import type { Planned } from "./plan.ts";

export interface ScheduledRequest {
  branch: string;
  /** Those that are due. What they need is taken as it is. */
  pipelines: readonly string[];
  /** A file of `NAME=value` lines; other secrets come from environment variables. */
  secretsFile?: string | undefined;
}

/** What runs by schedule, as the definition says that a branch has at `origin` now. @throws {Refused} */
export async function readSchedules(place: Place, { branch }: { branch: string }): Promise<SchedulesView> {
  const source = await fetchTip(place.project, branch);
  const { pipelines } = await definitionAt(place, source);
  const lines = pipelines.flatMap(({ name, triggers }) => triggers.schedules.map((line) => ({ pipeline: name, line })));
  return { version: 1, branch, commit: source.commit, lines };
}

/** What they would do now, with the files and the definition of that branch. Starts nothing. @throws {Refused} */
export async function planScheduled(
  place: Place,
  { branch, pipelines, secretsFile }: ScheduledRequest,
): Promise<Planned> {
  const source = await fetchTip(place.project, branch);
  const delivery = await definitionAt(place, source);
  using journal = openJournal(place.project);
  const past = journal === undefined ? noPast : pastOf(journal, { project: place.project, source, delivery });
  const options = { event: "schedule", branch, pipeline: [...pipelines] };
  return await planTip(place, { source, delivery, past, secretsFile }, options);
}

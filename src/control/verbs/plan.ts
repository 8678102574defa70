import type { Delivery } from "../../model/delivery.ts";
import type { Plan } from "../../plan/plan.ts";
import type { RunRecord } from "../../store/journal-reader.ts";
import type { Caller } from "../control.ts";
import { loadDefinition } from "../definition/load.ts";
import { openJournal } from "../local/journal.ts";
import { findProject, type Project } from "../project.ts";
import { noPast, type Past, type PlanOptions, planFor } from "../request/run-request.ts";
import { readSource, type Source } from "../request/source.ts";

export interface PlanRequest extends PlanOptions {
  /** The definition; without it the nearest one upwards. */
  config?: string;
}

/** What a run would do, and what that was concluded from. */
export interface Planned {
  project: Project;
  delivery: Delivery;
  source: Source;
  past: Past;
  plan: Plan;
  /** Runs that have not ended, newest first. They are no part of the plan. */
  open: RunRecord[];
  /** The plan again, for another past. */
  again(past: Past): Promise<Plan>;
}

/** Says what a run would do. Changes nothing. `everywhere`: in every environment, whatever the branch. @throws {Refused} */
export async function planRun(
  caller: Caller,
  request: PlanRequest,
  { everywhere = false }: { everywhere?: boolean } = {},
): Promise<Planned> {
  const project = findProject(caller, request);
  const reading = readSource(project);
  // A definition that is refused must not leave this without a listener.
  reading.catch(() => {});
  const delivery = await loadDefinition(project.file, caller);
  const source = await reading;
  const { past, open } = readPast(project);
  const environments = everywhere ? { environments: delivery.environments.map(({ name }) => name) } : {};
  const again = (past: Past) => planFor({ delivery, source, past, options: request, env: caller.env, ...environments });
  return { project, delivery, source, past, plan: await again(past), open, again };
}

function readPast(project: Project): { past: Past; open: RunRecord[] } {
  using journal = openJournal(project);
  if (!journal) return { past: noPast, open: [] };
  const open = journal.openRuns();
  return { past: { history: journal.deployed(), durations: journal.durations() }, open };
}

import { isPreview, standing } from "../../model/previews.ts";
import { type Actor, notThere, refused } from "../control.ts";
import { loadDefinition } from "../definition/load.ts";
import { freezesNow, openJournal } from "../local/journal.ts";
import { besides } from "../local/session.ts";
import { tellNow } from "../local/telling.ts";
import type { Place } from "../project.ts";
import type { FrozenView, ThawedView } from "../views/freezes.ts";

export interface FreezeRequest {
  environment: string;
  /** Milliseconds since the epoch. */
  until: number;
  /** For everybody who is held up by it. */
  reason: string;
}

export interface ThawRequest {
  environment: string;
  comment?: string | undefined;
}

/** Keeps everything from beginning to be deployed there, whoever runs it. @throws {Refused} */
export async function freezeEnvironment(place: Place, request: FreezeRequest, by: Actor): Promise<FrozenView> {
  const { environment, until, reason } = request;
  await requireEnvironment(place, environment);
  await besides(place.project, (engine) => engine.freeze(environment, { until, reason, by: by.name }));
  await tellNow(place);
  using journal = openJournal(place.project);
  const freeze = { until, reason, by: by.name, at: journal?.freezes()[environment]?.at ?? until };
  return { version: 1, environment, ...freeze };
}

/** Ends a freeze before its time; what waits for it goes on. @throws {Refused} */
export async function thawEnvironment(place: Place, request: ThawRequest, by: Actor): Promise<ThawedView> {
  const { environment, comment } = request;
  await requireEnvironment(place, environment);
  const said = { by: by.name, ...(comment !== undefined && { comment }) };
  await besides(place.project, (engine) => engine.thaw(environment, said));
  await tellNow(place);
  return { version: 1, environment };
}

/** A brake must hold also while the definition cannot be read: then what was once deployed to or frozen is enough. */
async function requireEnvironment({ project, caller }: Place, environment: string): Promise<void> {
  {
    using journal = openJournal(project);
    if (journal !== undefined && Object.hasOwn(journal.deployed().deployed, environment)) return;
    if (freezesNow(journal).some((one) => one.environment === environment)) return;
  }
  const delivery = await loadDefinition(project.file, caller);
  if (isPreview(delivery, environment)) throw refused("is-preview", { subject: environment });
  const known = standing(delivery).environments.map(({ name }) => name);
  if (!known.includes(environment)) throw notThere("no-environment", environment, known);
}

import type { Delivery } from "../../model/delivery.ts";
import type { Actor } from "../control.ts";
import type { Begun, Underway, WithSecrets } from "../host.ts";
import { openSession, type Session } from "../local/session.ts";
import { tellBeside } from "../local/telling.ts";
import { LocalUnderway } from "../local/underway.ts";
import type { Place } from "../project.ts";
import { readSecrets } from "../request/secrets.ts";
import type { RunId } from "../views/events.ts";

export interface TakeUp {
  run: RunId;
  by: Actor;
  options: WithSecrets;
  /** What happens to the run, once everybody listens. */
  begin(session: Session): Promise<Begun>;
}

/** Makes a run that is there go on in this process. @throws {Refused} */
export async function takeUp(place: Place, { run, by, options, begin }: TakeUp): Promise<Underway> {
  const secrets = readSecrets(place.caller, options.secretsFile);
  const session = await openSession({ project: place.project, secrets, agents: place.caller.agents });
  const tell = (delivery: Delivery) => tellBeside(place, { secrets, delivery });
  return new LocalUnderway(session, { run, by, tell, begin: () => begin(session) });
}

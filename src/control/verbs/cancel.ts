import { postRequest } from "../../store/requests.ts";
import { openStore } from "../../store/store.ts";
import type { Caller } from "../control.ts";
import { ended, holderOf } from "../local/ask-holder.ts";
import { actorHere } from "../local/host.ts";
import { findOpenRun, requireJournal } from "../local/journal.ts";
import type { Underway } from "../local/underway.ts";
import { findProject } from "../project.ts";
import type { RunId } from "../views/events.ts";
import { type TakeUpOptions, takeUp } from "./take-up.ts";

export interface CancelRequest extends TakeUpOptions {
  config?: string;
  /** By id or release number; without it the only one that has not ended. */
  run?: string;
  mode: "graceful" | "now";
}

export type Cancelled = { run: RunId } & (
  | {
      /** Another process makes it go on and was told. */
      kind: "told";
      /** Resolves when it has ended, with how; undefined when it was left instead and can be resumed. */
      ended(): Promise<string | undefined>;
    }
  | { kind: "underway"; underway: Underway }
);

/** Stops a run, whoever makes it go on. @throws {Refused} */
export async function cancelRun(caller: Caller, request: CancelRequest): Promise<Cancelled> {
  const project = findProject(caller, request);
  using journal = requireJournal(project);
  const { run } = findOpenRun(journal, request.run);
  const by = actorHere(caller.env).name;
  if (holderOf(project) !== undefined) {
    postRequest(project.stateFolder, { kind: "cancel", run, mode: request.mode, by });
    return { kind: "told", run, ended: () => ended(project, run) };
  }
  const store = openStore(project.stateFolder);
  try {
    await store.append([{ type: "run.cancel-requested", run, mode: "now", by }], Date.now());
  } finally {
    store.close();
  }
  const underway = takeUp(caller, {
    project,
    run,
    options: request,
    async begin(host) {
      await host.engine.recover();
      return { interrupted: [] };
    },
  });
  return { kind: "underway", run, underway };
}

import { postRequest, type Request } from "../../store/requests.ts";
import { storeHolder } from "../../store/store.ts";
import { refused } from "../control.ts";
import type { Project } from "../project.ts";
import type { RunId } from "../views/events.ts";
import type { LocalHost } from "./host.ts";
import { requireJournal } from "./journal.ts";

/** The process that makes the runs of a project go on; undefined when there is none. */
export function holderOf({ stateFolder }: Project): { pid?: number } | undefined {
  const holder = storeHolder(stateFolder);
  return holder && (holder.pid === undefined ? {} : { pid: holder.pid });
}

const lookEveryMs = 50;
const patienceMs = 15_000;

/** Asks the Baton that runs, and waits until it has done it. @throws {Refused} when it does not in time. */
export async function askHolder(project: Project, request: Request, isDone: () => boolean): Promise<void> {
  postRequest(project.stateFolder, request);
  const until = Date.now() + patienceMs;
  while (!isDone()) {
    if (Date.now() > until)
      throw refused("not-taken", { subject: request.run, because: `${patienceMs / 1000} seconds` });
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** Waits until a run has ended or nobody makes it go on any more; the conclusion in the first case. */
export async function ended(project: Project, run: RunId): Promise<string | undefined> {
  for (;;) {
    const held = holderOf(project) !== undefined;
    using journal = requireJournal(project);
    const conclusion = journal.run(run)?.conclusion;
    if (conclusion !== undefined || !held) return conclusion;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** Does what other processes ask of this one. What is asked too late is dropped: the asker looks at the outcome. */
export function answerRequests({ engine, store }: Pick<LocalHost, "engine" | "store">): void {
  store.onRequest(({ request, settle }) => {
    const done =
      request.kind === "cancel"
        ? engine.cancel(request.run, request)
        : engine.answer(request.run, request.environment, answerIn(request));
    void Promise.all([done.catch(() => {}), settle()]).catch(() => {});
  });
}

function answerIn({ answer, by, comment }: Extract<Request, { kind: "answer" }>) {
  return { answer, by, ...(comment !== undefined && { comment }) };
}

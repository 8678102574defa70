/** What may be asked of a run. What cannot be undone is said before it is done, and the button names the deed. */

import { useState } from "preact/hooks";
import { releaseMeant } from "../../data/states.ts";
import { ask } from "../../data/views.ts";
import type { Problem, Run } from "../../data/wire.ts";
import { Problems, ReasonField, Sheet } from "../../parts/parts.tsx";

interface Deed {
  /** On the button that opens the question. */
  readonly name: string;
  readonly title: string;
  readonly says: string;
  readonly does: readonly { readonly button: string; readonly path: string; readonly body: object }[];
  /** With a reason, which is sent as this. */
  readonly reason?: string;
}

function deedsOf(run: Run): Deed[] {
  const { status } = run;
  const release = releaseMeant(run);
  if (status === "finished") {
    if (run.conclusion === "succeeded") return [];
    const again = run.jobs.filter((job) => ["failed", "cancelled", "skipped"].includes(job.status)).length;
    return [
      {
        name: "Retry",
        title: `Run again what release ${release} lacks`,
        says: `${again} jobs that failed, were cancelled or skipped run again, on the same files. What passed stays as it is.`,
        does: [{ button: `Retry release ${release}`, path: "retry", body: {} }],
      },
    ];
  }
  const cancel: Deed = {
    name: "Cancel",
    title: `Cancel release ${release}`,
    says: "What is deployed already stays. Jobs that run may end first, or be ended now; what a job that is ended has changed so far stays changed.",
    does: [
      { button: "Start nothing new", path: "cancel", body: { mode: "graceful" } },
      { button: "End running jobs now", path: "cancel", body: { mode: "now" } },
    ],
  };
  const isKeptBack = run.waiting.some(({ wait }) => wait.kind === "freeze" || wait.kind === "window");
  const goPast: Deed = {
    name: "Go past",
    title: `Let release ${release} in all the same`,
    says: "It waits for no freeze and no change window any more. Everybody who is told of freezes is told that, by whom and why.",
    does: [{ button: `Let release ${release} in`, path: "resume", body: {} }],
    reason: "override",
  };
  if (status !== "suspended") return isKeptBack ? [goPast, cancel] : [cancel];
  const resume: Deed = {
    name: "Resume",
    title: `Go on with release ${release}`,
    says: "Jobs that were cut off start again; what has passed is not repeated.",
    does: [{ button: `Resume release ${release}`, path: "resume", body: {} }],
  };
  return isKeptBack ? [resume, goPast, cancel] : [resume, cancel];
}

export function RunDeeds({ run }: { run: Run }) {
  const [open, setOpen] = useState<string>();
  const deeds = deedsOf(run);
  const shown = deeds.find(({ name }) => name === open);
  return (
    <div class="run-deeds">
      {deeds.map(({ name }) => (
        <button key={name} type="button" class="button" onClick={() => setOpen(name)}>
          {name}
        </button>
      ))}
      {shown && <Question deed={shown} run={run.run} close={() => setOpen(undefined)} />}
    </div>
  );
}

function Question({ deed, run, close }: { deed: Deed; run: string; close(): void }) {
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const act = async (path: string, given: object) => {
    setAsking(true);
    const body = deed.reason === undefined ? given : { ...given, [deed.reason]: reason.trim() };
    const done = await ask(`/api/runs/${encodeURIComponent(run)}/${path}`, body);
    setAsking(false);
    if ("problem" in done) setProblem(done.problem);
    else close();
  };
  return (
    <Sheet title={deed.title} close={close}>
      <div class="deed">
        <p>{deed.says}</p>
        <Problems problem={problem} />
        {deed.reason !== undefined && <ReasonField value={reason} onInput={setReason} />}
        <div class="deed-buttons">
          {deed.does.map(({ button, path, body }, index) => (
            <button
              key={button}
              type="button"
              class={`button ${index === 0 ? "button-first" : ""}`}
              disabled={isAsking || (deed.reason !== undefined && reason.trim() === "")}
              onClick={() => act(path, body)}
            >
              {button}
            </button>
          ))}
        </div>
      </div>
    </Sheet>
  );
}

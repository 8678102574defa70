import type { EngineEvent, RunId } from "../../engine/events.ts";
import type { RunState } from "../../engine/state.ts";
import type { ApprovalKey, Display } from "./display.ts";
import type { Baton } from "./open-baton.ts";

export interface ApprovalDesk {
  /** To be told of every event. */
  event(event: EngineEvent): void;
  /** Approvals that were asked for before this process began. */
  askOpen(run: RunId): void;
  /** Resolves when no question stands on the screen. */
  answered(): Promise<void>;
}

export interface ApprovalDeskOptions {
  baton: Baton;
  display: Display;
  /** `--yes`. */
  approveAll: boolean;
  who: string;
}

/** Gets approvals answered: by `--yes`, or by asking whoever sits at the terminal, one question at a time. */
export function openApprovalDesk({ baton, display, approveAll, who }: ApprovalDeskOptions): ApprovalDesk {
  const { engine } = baton;
  const standing = new Map<string, AbortController>();
  let questions: Promise<void> = Promise.resolve();

  async function put(run: RunId, environment: string): Promise<void> {
    const state = engine.state.runs.get(run);
    if (state?.environments.get(environment)?.approval.status !== "requested") return;
    const controller = new AbortController();
    standing.set(`${run} ${environment}`, controller);
    const key = await display.ask(questionFor(state, environment), controller.signal);
    standing.delete(`${run} ${environment}`);
    if (key !== undefined && key !== "later" && !controller.signal.aborted) await answer(run, environment, key);
  }

  async function answer(run: RunId, environment: string, key: Exclude<ApprovalKey, "later">): Promise<void> {
    await engine.answer(run, environment, { answer: key === "approve" ? "approved" : "rejected", by: who });
  }

  function requested(run: RunId, environment: string): void {
    const next = approveAll ? () => answer(run, environment, "approve") : () => put(run, environment);
    questions = questions.then(next).catch(() => {});
  }

  return {
    event(event) {
      if (event.type === "approval.requested") requested(event.run, event.environment);
      if (event.type === "approval.answered") standing.get(`${event.run} ${event.environment}`)?.abort();
    },
    askOpen(run) {
      for (const { name, approval } of engine.state.runs.get(run)?.environments.values() ?? []) {
        if (approval.status === "requested") requested(run, name);
      }
    },
    async answered() {
      // A question that was answered may have led to the next one.
      for (let before: Promise<void> | undefined; before !== questions; ) {
        before = questions;
        await before;
      }
    },
  };
}

/** `Deploy release 7 to prod (infra, web)?` */
function questionFor(run: RunState, environment: string): string {
  const pipelines = run.plan.pipelines
    .filter((planned) => planned.environment === environment && planned.decision === "run")
    .map(({ pipeline }) => pipeline);
  const message = run.delivery.environments.find(({ name }) => name === environment)?.approval?.message;
  return `${message ? `${message} ` : ""}Deploy release ${run.release} to ${environment} (${pipelines.join(", ")})?`;
}

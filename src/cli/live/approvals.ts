import { type Actor, Refused } from "../../control/control.ts";
import type { Underway } from "../../control/host.ts";
import type { EngineEvent } from "../../control/views/events.ts";
import { type ApprovalView, whyNotBy } from "../../control/views/run.ts";
import { inWords } from "../refusals.ts";
import type { ApprovalKey, Display } from "./display.ts";

export interface ApprovalDesk {
  /** To be told of every event of the run. */
  event(event: EngineEvent): void;
  /** Approvals that were asked for before this process began. */
  askOpen(): void;
  /** Resolves when no question stands on the screen. */
  answered(): Promise<void>;
}

export interface ApprovalDeskOptions {
  underway: Underway;
  display: Display;
  /** Who answers. */
  by: Actor;
  /** `--yes`. */
  approveAll: boolean;
}

/** Gets the run's approvals answered: by `--yes`, or by asking whoever sits at the terminal, one question at a time. */
export function openApprovalDesk({ underway, display, by, approveAll }: ApprovalDeskOptions): ApprovalDesk {
  const standing = new Map<string, AbortController>();
  // Nobody is asked twice, also where a question stays open because it takes several people.
  const seen = new Set<string>();
  let questions: Promise<void> = Promise.resolve();

  async function attend(environment: string): Promise<void> {
    const approval = underway.approvals().find((open) => open.environment === environment);
    if (approval === undefined) return;
    const why = whyNotBy(approval, by.name);
    if (why === "approved-already") return;
    // What `--yes` cannot do is said; a question that cannot be answered with yes is none.
    if (approveAll) await answer(environment, "approve");
    else if (why === undefined) await put(approval);
  }

  async function put(approval: ApprovalView): Promise<void> {
    const { environment } = approval;
    const controller = new AbortController();
    standing.set(environment, controller);
    const key = await display.ask(questionFor(approval), controller.signal);
    standing.delete(environment);
    if (key !== undefined && key !== "later" && !controller.signal.aborted) await answer(environment, key);
  }

  async function answer(environment: string, key: Exclude<ApprovalKey, "later">): Promise<void> {
    try {
      await underway.answer(environment, key === "approve" ? "approved" : "rejected");
    } catch (error) {
      if (error instanceof Refused) display.say(inWords(error.refusal).message);
    }
  }

  function requested(environment: string): void {
    if (seen.has(environment)) return;
    seen.add(environment);
    questions = questions.then(() => attend(environment)).catch(() => {});
  }

  return {
    event(event) {
      if (event.type === "approval.requested") requested(event.environment);
      if (event.type === "approval.answered") seen.delete(event.environment);
      // Answered elsewhere, or nothing is left to be answered.
      if (standing.size === 0) return;
      const open = new Set(underway.approvals().map(({ environment }) => environment));
      for (const [environment, controller] of standing) if (!open.has(environment)) controller.abort();
    },
    askOpen() {
      for (const { environment } of underway.approvals()) requested(environment);
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
function questionFor({ message, release, environment, pipelines }: ApprovalView): string {
  return `${message ? `${message} ` : ""}Deploy release ${release} to ${environment} (${pipelines.join(", ")})?`;
}

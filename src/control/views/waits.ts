import type { RunState, State } from "../../engine/state.ts";
import { askedOf, type Wait, waitsFor } from "../../engine/waiting.ts";

/** What has not started and what it waits for. */
export interface Waiting {
  /** A job, or an environment that waits for an answer. */
  subject: string;
  wait: Wait;
  /** `elsewhere`: a person, another run or a clock, so worth showing first; `turn`: something of this run that has not ended. */
  kind: "elsewhere" | "turn";
}

/** Everything that waits: approvals once for each environment, then jobs, in plan order; what waits for others first. */
export function waitingIn(state: State, run: RunState, now: number): Waiting[] {
  const found: Waiting[] = [];
  for (const { name, approval } of run.environments.values()) {
    if (approval.status !== "requested") continue;
    const { reviewers, expiresAt } = approval;
    const wait: Wait = { kind: "approval", environment: name, reviewers, expiresAt, ...askedOf(approval) };
    found.push({ subject: name, wait, kind: "elsewhere" });
  }
  for (const job of run.list) {
    const wait = waitsFor(state, run, job, now);
    if (wait !== undefined && wait.kind !== "approval") found.push({ subject: job.id, wait, kind: kindOf(wait) });
  }
  return found.sort((a, b) => rank(a) - rank(b));
}

const rank = ({ kind }: Waiting) => (kind === "elsewhere" ? 0 : 1);

function kindOf({ kind }: Wait): Waiting["kind"] {
  return kind === "jobs" || kind === "legs" || kind === "slot" ? "turn" : "elsewhere";
}

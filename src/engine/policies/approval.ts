import type {
  ApprovalAnswered,
  ApprovalGiven,
  ApprovalReminded,
  ApprovalRequested,
  RunId,
  SkipReason,
} from "../events.ts";
import type { ApprovalState, RunEnvironment, RunState } from "../state.ts";

export interface Answer {
  answer: "approved" | "rejected";
  by: string;
  /** They had signed in. */
  verified?: true;
  comment?: string;
}

/** A person is asked before anything of an environment starts, and only when all that comes before it has passed. */
export function enterApproval(environment: RunEnvironment | undefined): "through" | "wait" | SkipReason {
  if (environment === undefined) return "through";
  const { approval } = environment;
  switch (approval.status) {
    case "not-needed":
    case "approved":
      return "through";
    case "rejected":
    case "expired":
      return notApproved(environment);
    case "not-yet":
    case "requested":
      return approval.broken === undefined ? "wait" : notReached(environment.name, approval.broken);
    default:
      return approval.status satisfies never;
  }
}

/** Somebody waits, everything before has passed, and nobody was asked yet. */
export function mustAsk(approval: ApprovalState): boolean {
  const ready = approval.before === 0 && approval.broken === undefined;
  return ready && approval.status === "not-yet" && approval.waiting.size > 0;
}

export function approvalRequest(run: RunState, environment: string, now: number): ApprovalRequested {
  const approval = run.delivery.environments.find((each) => each.name === environment)?.approval;
  const { count, selfApproval, reminderMs } = approval ?? {};
  const expiresAt = now + (approval?.timeoutMs ?? 0);
  return {
    type: "approval.requested",
    run: run.id,
    environment,
    reviewers: approval?.reviewers ?? [],
    expiresAt,
    ...(count !== undefined && { count }),
    ...(selfApproval === false && run.by !== undefined && { notBy: run.by }),
    ...nextReminder(reminderMs, { now, expiresAt }),
  };
}

export function approvalReminder(run: RunState, environment: string, now: number): ApprovalReminded {
  const { expiresAt } = run.environments.get(environment)!.approval;
  const { reminderMs } = run.delivery.environments.find((each) => each.name === environment)?.approval ?? {};
  return {
    type: "approval.reminded",
    run: run.id,
    environment,
    ...nextReminder(reminderMs, { now, expiresAt: expiresAt! }),
  };
}

function nextReminder(reminderMs: number | undefined, { now, expiresAt }: { now: number; expiresAt: number }) {
  if (reminderMs === undefined || now + reminderMs >= expiresAt) return {};
  return { remindAt: now + reminderMs };
}

/** What the approval of one person comes to: the answer, or one of the several that it takes. */
export function approvalBy(
  { count, given }: ApprovalState,
  said: Omit<Answer, "answer"> & { run: RunId; environment: string },
): ApprovalAnswered | ApprovalGiven {
  if (given.length + 1 < count) return { type: "approval.given", ...said };
  return { type: "approval.answered", answer: "approved", ...said };
}

/** How many people must approve yet; 0 once it is answered. */
export const stillNeeded = ({ status, count, given }: ApprovalState): number =>
  status === "requested" ? count - given.length : 0;

/** Why this person cannot be one of those who approve. */
export function mayNotApprove(
  { given, notBy }: Pick<ApprovalState, "notBy"> & { given: readonly string[] },
  by: string,
): "own-run" | "approved-already" | undefined {
  if (by === notBy) return "own-run";
  return given.includes(by) ? "approved-already" : undefined;
}

export function approvalExpired(run: string, environment: string): ApprovalAnswered {
  return { type: "approval.answered", run, environment, answer: "expired", by: "baton" };
}

/** What becomes of the jobs that waited. */
export function afterAnswer(environment: RunEnvironment): "through" | SkipReason {
  return environment.approval.status === "approved" ? "through" : notApproved(environment);
}

export function notReached(environment: string, broken: string): SkipReason {
  return { code: "gate", because: broken, text: `${environment} was not reached: ${broken} did not succeed` };
}

function notApproved({ name, approval }: RunEnvironment): SkipReason {
  const { status, by, comment, count, given } = approval;
  let text = `${by} rejected ${name}${comment ? `: ${comment}` : ""}`;
  if (status === "expired" && given.length === 0) text = `nobody approved ${name} in time`;
  else if (status === "expired") {
    text = `${name} was not approved in time: it takes ${count} people, and only ${given.join(", ")} approved`;
  }
  return { code: "not-approved", because: name, text };
}

import type { Approval, Delivery, Environment } from "../model/delivery.ts";
import type { Move } from "./moves.ts";

/** Whose word counts about who approves and what becomes of a failure. */
export interface Policies {
  /** `today`: also the definition as it stands now. `release`: that cannot be read, or has no such environment. */
  judgedBy: "today" | "release";
  /** The definition of today asks for something else than that of the release. */
  differ: boolean;
}

/**
 * A release is moved as it was defined; who lets it in is another question, which the definition of today answers as well. Nobody
 * is asked less than either of the two says: a stricter rule reaches releases of before it, and a checkout in which somebody
 * has taken a rule out lets nothing in.
 */
export function underTodaysPolicies(move: Move, today: Delivery | undefined): { move: Move; policies: Policies } {
  const { facts } = move.release;
  const now = today?.environments.find(({ name }) => name === move.to);
  const then = facts.delivery.environments.find(({ name }) => name === move.to);
  if (now === undefined || then === undefined) return { move, policies: { judgedBy: "release", differ: false } };
  const both = stricter(then, now);
  const differ = JSON.stringify(policyOf(both)) !== JSON.stringify(policyOf(then));
  const environments = facts.delivery.environments.map((each) => (each === then ? both : each));
  const delivery = { ...facts.delivery, environments };
  const release = { ...move.release, facts: { ...facts, delivery } };
  return { move: { ...move, release }, policies: { judgedBy: "today", differ } };
}

function stricter({ approval: before, onFailure: _, ...then }: Environment, now: Environment): Environment {
  const approval = now.approval && before ? both(now.approval, before) : (now.approval ?? before);
  const { onFailure } = now;
  // When something may go there is a matter of today; that windows were taken out opens none.
  const windows = now.windows ?? then.windows;
  return { ...then, ...(approval && { approval }), ...(onFailure && { onFailure }), ...(windows && { windows }) };
}

/** Without reviewers anybody may. */
function both(now: Approval, before: Approval): Approval {
  const count = Math.max(now.count ?? 1, before.count ?? 1);
  const isOther = now.selfApproval === false || before.selfApproval === false;
  return {
    ...now,
    reviewers: now.reviewers.length === 0 ? before.reviewers : now.reviewers,
    ...(count > 1 && { count }),
    ...(isOther && { selfApproval: false }),
  };
}

const policyOf = ({ approval, onFailure, windows }: Environment) => [
  approval?.reviewers,
  approval?.timeoutMs,
  approval?.count,
  approval?.selfApproval,
  onFailure,
  windows,
];

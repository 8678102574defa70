/** What whoever looks on may do: what they may not is not offered. The server asks again, and refuses. */
import { noRun, useView } from "./views.ts";
import type { Approval, Session } from "./wire.ts";

/** What is asked of people, as far as it says who may answer. */
export type AskedOfPeople = Pick<Approval, "environment" | "reviewers" | "given" | "notBy">;

/** Whoever asked for the run (`own-run`), or has approved already, may reject it and not approve it. */
export type MayAnswer = "yes" | "no-role" | "no-reviewer" | "own-run" | "approved-already";

export function useMayAnswer(question: AskedOfPeople): MayAnswer {
  const { view: session } = useView<Session>("/api/session", noRun);
  return mayAnswer(question, session);
}

/** Whether one may answer for this environment, by role and by whom its definition names; nobody named is anybody. */
export function mayAnswer(
  { environment, reviewers, given = [], notBy }: AskedOfPeople,
  session: Session | undefined,
): MayAnswer {
  // Until it is known who asks, and where nobody signs in, nothing is kept back.
  if (session === undefined || !session.isRequired || session.name === undefined) return "yes";
  const { name, grants, groups } = session;
  const hasRole = grants.some(
    ({ role, environments }) =>
      role === "approver" && (environments === undefined || environments.includes(environment)),
  );
  if (!hasRole) return "no-role";
  const isAsked = reviewers.length === 0 || [name, ...groups].some((one) => reviewers.includes(one));
  if (!isAsked) return "no-reviewer";
  if (name === notBy) return "own-run";
  return given.includes(name) ? "approved-already" : "yes";
}

/** Of how many people, and who of them did; empty where one is enough: `2 approvals, ada gave one`. */
export function approvalsSaid({ count = 1, given = [] }: Pick<Approval, "count" | "given">): string {
  if (count === 1) return "";
  const did = given.length === 0 ? "" : `, ${inWords(given)} gave one${given.length === 1 ? "" : " each"}`;
  return `${count} approvals${did}`;
}

const inWords = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** Whether one may change things in this environment; without one, in any. */
export function useMayOperate(): (environment?: string) => boolean {
  const { view: session } = useView<Session>("/api/session", noRun);
  return (environment) =>
    (session?.grants ?? []).some(
      ({ role, environments }) =>
        role === "operator" &&
        (environment === undefined || environments === undefined || environments.includes(environment)),
    );
}

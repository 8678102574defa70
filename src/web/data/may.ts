/** What whoever looks on may do: what they may not is not offered. The server asks again, and refuses. */
import { noRun, useView } from "./views.ts";
import type { Session } from "./wire.ts";

/** Whether one may answer for this environment, by role and by whom its definition names; nobody named is anybody. */
export function useMayAnswer(environment: string, reviewers: readonly string[]): "yes" | "no-role" | "no-reviewer" {
  const { view: session } = useView<Session>("/api/session", noRun);
  // Until it is known who asks, and where nobody signs in, nothing is kept back.
  if (session === undefined || !session.isRequired || session.name === undefined) return "yes";
  const { name, grants, groups } = session;
  const hasRole = grants.some(
    ({ role, environments }) =>
      role === "approver" && (environments === undefined || environments.includes(environment)),
  );
  if (!hasRole) return "no-role";
  const isAsked = reviewers.length === 0 || [name, ...groups].some((one) => reviewers.includes(one));
  return isAsked ? "yes" : "no-reviewer";
}

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

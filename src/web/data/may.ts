/** What whoever looks on may do: what they may not is not offered. The server asks again, and refuses. */
import { noRun, useView } from "./views.ts";
import type { Session } from "./wire.ts";

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

import type { Checker } from "./checker.ts";

/** At most one live process group per job; older attempts are gone before a new one begins; nothing runs unrecorded. */
export function oneAttempt(): Checker {
  const alive = new Map<string, string>();
  return {
    name: "one attempt",
    see(entry, ledger) {
      if (entry.kind === "gone") alive.delete(entry.token);
      if (entry.kind !== "process") return undefined;
      const { run, job, token, attempt } = entry.launch;
      const key = `${run} ${job}`;
      for (const [older, whose] of alive) if (whose === key) return `${token} of ${key} began while ${older} was alive`;
      if (alive.has(token)) return `${token} began twice`;
      alive.set(token, key);
      const recorded = ledger.tokens.get(token);
      if (recorded?.token !== token || recorded.attempt !== attempt || recorded.status !== "running") {
        return `${token} of ${key} began, but the journal does not have it as its running attempt`;
      }
      return undefined;
    },
  };
}

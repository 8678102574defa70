import { setTimeout } from "node:timers/promises";
import type { Left } from "../../../engine/ports.ts";
import { AttemptTable, type HandedOut } from "../../../store/attempt-table.ts";
import { isServed } from "./board.ts";

const lookEveryMs = 100;

/**
 * Ends what agents run of these, but for `keep`, and forgets it. Resolves when none of them can do anything any more: they
 * have said so, or have been cut off for so long that they have fenced themselves, and a server would take them for lost.
 * Returns those that an agent had begun.
 */
export async function endLeft(
  { tokens, runs }: Left,
  { stateFolder, keep }: { stateFolder: string; keep?: ReadonlySet<string> },
): Promise<string[]> {
  const table = AttemptTable.openIfThere(stateFolder);
  if (table === undefined) return [];
  try {
    const named = new Set(tokens);
    const isOurs = ({ launch }: HandedOut) => named.has(launch.token) || runs.includes(launch.run);
    const left = () => {
      const found = new Map(
        [...tokens.flatMap((token) => table.get(token) ?? []), ...table.ofRuns(runs)].map((one) => [
          one.launch.token,
          one,
        ]),
      );
      return [...found.values()].filter((one) => isOurs(one) && keep?.has(one.launch.token) !== true);
    };
    for (const { launch } of left()) table.stop(launch.token, "now");
    const until = performance.now() + Math.max(0, ...left().map(({ leaseMs }) => leaseMs ?? 0));
    while (left().some(({ state }) => state === "running")) {
      if (performance.now() > until && !isServed(stateFolder)) break;
      await setTimeout(lookEveryMs);
    }
    const ended = left();
    table.forget(ended.map(({ launch }) => launch.token));
    return ended.filter(({ holder }) => holder !== undefined).map(({ launch }) => launch.token);
  } finally {
    table.close();
  }
}

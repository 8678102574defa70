import type { RunId, SessionId } from "./events.ts";
import type { State } from "./state.ts";

/**
 * Runs of other sessions that stand between a run of this session and what it waits for: they hold the lock or a slot of
 * the group, or stand before it in line. The value says what they hold up, for people.
 */
export function blockersOf(state: State, mine: SessionId): Map<RunId, string> {
  const found = new Map<RunId, string>();
  const isMine = (run: RunId) => state.runs.get(run)!.owner === mine;
  const note = (run: RunId, held: string) => {
    if (!isMine(run) && !found.has(run)) found.set(run, held);
  };
  for (const { name, holder, queue } of state.environments.values()) {
    const at = queue.findIndex(isMine);
    if (at === -1) continue;
    const held = `run ${queue[at]} needs ${name}`;
    if (holder !== undefined) note(holder, held);
    for (const run of queue.slice(0, at)) note(run, held);
  }
  for (const [name, { inside, queue }] of state.groups) {
    const ahead: RunId[] = [];
    for (const job of queue) {
      if (!isMine(job.run)) {
        ahead.push(job.run);
        continue;
      }
      const held = `${job.id} of run ${job.run} needs a place in the group ${name}`;
      for (const member of inside) note(member.run, held);
      for (const run of ahead) note(run, held);
      break;
    }
  }
  return found;
}

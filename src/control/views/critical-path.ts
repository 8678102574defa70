import type { JobState, RunState } from "../../engine/state.ts";
import { longestChain } from "../../order/longest-chain.ts";

/**
 * The longest chain of jobs of a finished run, by how long each ran: no run of them could be shorter, however many go at a
 * time. What waited for a free place, a lock or a person says nothing about what needs what, so when jobs ended does not count.
 * Empty when nothing ran.
 */
export function criticalPathOf({ list, plan }: Pick<RunState, "list" | "plan">): JobState[] {
  const ran = new Map(
    list.filter(({ status, endedAt }) => status !== "skipped" && endedAt !== undefined).map((job) => [job.id, job]),
  );
  const nodes = [...list.map(({ planned: { id, after } }) => ({ id, after })), ...plan.joins];
  return longestChain(nodes, ({ id }) => ran.get(id)?.durationMs ?? 0).flatMap(({ id }) => ran.get(id) ?? []);
}

import { stronglyConnected } from "./cycles.ts";
import type { Graph } from "./graph.ts";
import { type Reach, type ReachOptions, reachability } from "./reach.ts";

/** A node touches something outside itself. */
export interface Access {
  node: number;
  resource: string;
  mode: "read" | "write";
  /** Held for the whole access. Two accesses with a lock in common exclude each other. */
  locks: readonly string[];
}

/** Positions in the list of accesses that was given, `first < second`. */
export interface Conflict {
  first: number;
  second: number;
}

/**
 * All pairs of accesses of different nodes to one resource, at least one of them a write, that no edge orders and no common
 * lock keeps apart; ordered by `first`, then `second`.
 *
 * The writes of a resource are laid into chains in which each comes before the next. What is unordered with an access is
 * one stretch of each chain, found by halving: as long as writes are nearly ordered the work is nearly linear, plus the answer.
 */
export function findConflicts(graph: Graph, accesses: readonly Access[], options: ReachOptions = {}): Conflict[] {
  const reach = reachability(graph, options);
  const { of: component } = stronglyConnected(graph);
  const byResource = new Map<string, number[]>();
  accesses.forEach(({ resource }, i) => {
    const list = byResource.get(resource);
    if (list) list.push(i);
    else byResource.set(resource, [i]);
  });
  const conflicts: Conflict[] = [];
  for (const list of byResource.values()) {
    const writes = list
      .filter((i) => accesses[i]!.mode === "write")
      // A component that leads to others has the greater number: this is an order the edges allow.
      .sort((a, b) => component[accesses[b]!.node]! - component[accesses[a]!.node]! || a - b);
    if (writes.length === 0 || list.length === 1) continue;
    const chains = chainsOf(writes, accesses, reach);
    for (const i of list) {
      for (const chain of chains) {
        for (const j of unorderedStretch({ access: i, chain, accesses, reach })) {
          if (i === j || (accesses[i]!.mode === "write" && j < i)) continue;
          if (racing(accesses[i]!, accesses[j]!)) conflicts.push({ first: Math.min(i, j), second: Math.max(i, j) });
        }
      }
    }
  }
  return conflicts.sort((a, b) => a.first - b.first || a.second - b.second);
}

/** Each write goes to the end of the first chain whose last write comes before it, or is one with it. */
function chainsOf(writes: readonly number[], accesses: readonly Access[], reach: Reach): number[][] {
  const chains: number[][] = [];
  for (const write of writes) {
    const node = accesses[write]!.node;
    const chain = chains.find((candidate) => {
      const last = accesses[candidate.at(-1)!]!.node;
      return last === node || reach.happensBefore(last, node);
    });
    if (chain) chain.push(write);
    else chains.push([write]);
  }
  return chains;
}

interface StretchQuestion {
  access: number;
  chain: readonly number[];
  accesses: readonly Access[];
  reach: Reach;
}

/** Those of the chain before the access are its head, those after it its tail; the rest in the middle is unordered with it. */
function unorderedStretch({ access, chain, accesses, reach }: StretchQuestion): readonly number[] {
  const { node } = accesses[access]!;
  const start = firstWhere(chain, (other) => !reach.happensBefore(accesses[other]!.node, node));
  const end = firstWhere(chain, (other) => reach.happensBefore(node, accesses[other]!.node));
  return chain.slice(start, Math.max(start, end));
}

/** `holds` is false up to some position and true from there on: that position. */
function firstWhere(items: readonly number[], holds: (item: number) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function racing(a: Access, b: Access): boolean {
  return a.node !== b.node && !a.locks.some((lock) => b.locks.includes(lock));
}

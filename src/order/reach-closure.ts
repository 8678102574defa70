import type { DescendingReach } from "./descending-reach.ts";
import type { Graph } from "./graph.ts";

/** The full closure as one bit row for each node: nodes × nodes / 16 bytes, one look-up for each question. */
export function closureOf(graph: Graph): DescendingReach {
  const rowStart = new Float64Array(graph.size + 1);
  for (let node = 0; node < graph.size; node++) rowStart[node + 1] = rowStart[node]! + ((node + 31) >>> 5);
  const bits = new Uint32Array(rowStart[graph.size]!);
  for (let node = 0; node < graph.size; node++) {
    const row = rowStart[node]!;
    for (let e = graph.outStart[node]!; e < graph.outStart[node + 1]!; e++) {
      const next = graph.outTo[e]!;
      bits[row + (next >>> 5)]! |= 1 << (next & 31);
      const nextRow = rowStart[next]!;
      const words = rowStart[next + 1]! - nextRow;
      for (let word = 0; word < words; word++) bits[row + word]! |= bits[nextRow + word]!;
    }
  }
  return {
    reaches: (from, to) => (bits[rowStart[from]! + (to >>> 5)]! & (1 << (to & 31))) !== 0,
  };
}

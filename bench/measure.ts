import type { Bench, Side } from "./bench.ts";

export interface Measured {
  bench: Bench;
  sides: MeasuredSide[];
}

export interface MeasuredSide {
  side: Side;
  /** Absent where the program is missing. */
  median?: number;
  min?: number;
  max?: number;
  /** To the first side that could be measured, itself without one; per item where the sides say so. */
  ratio?: number;
}

export function measure(bench: Bench): Measured {
  const present = bench.sides.filter(({ missing }) => missing === undefined);
  const amounts = new Map<Side, number[]>(present.map((side) => [side, []]));
  for (let round = 0; round <= bench.rounds; round++) {
    for (const side of present) {
      side.prepare?.();
      const amount = side.measure();
      if (round > 0) amounts.get(side)!.push(amount);
    }
  }
  let first: number | undefined;
  const sides = bench.sides.map((side): MeasuredSide => {
    const sorted = amounts.get(side)?.sort((a, b) => a - b);
    if (sorted === undefined) return { side };
    const median = medianOf(sorted);
    const each = median / (side.per ?? 1);
    const ratio = first === undefined ? {} : { ratio: each / first };
    first ??= each;
    return { side, median, min: sorted[0]!, max: sorted.at(-1)!, ...ratio };
  });
  return { bench, sides };
}

function medianOf(sorted: number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

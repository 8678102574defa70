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
  /** Processor time in milliseconds: the median, and its ratio as above. */
  cpuMs?: number;
  cpuRatio?: number;
}

/** A bench that has taken so long begins no further round. */
const longestMs = 300_000;

/** `mostRounds`: of each bench, besides the one that warms up. */
export function measure(bench: Bench, mostRounds = Number.POSITIVE_INFINITY): Measured {
  const began = performance.now();
  const present = bench.sides.filter(({ missing }) => missing === undefined);
  const amounts = new Map<Side, number[]>(present.map((side) => [side, []]));
  const cpus = new Map<Side, number[]>(present.map((side) => [side, []]));
  for (let round = bench.isLong ? 1 : 0; round <= Math.min(bench.rounds, mostRounds); round++) {
    if (round > 1 && performance.now() - began > longestMs) break;
    for (const side of present) {
      side.prepare?.();
      const measured = side.measure();
      const { wallMs, cpuMs } = typeof measured === "number" ? { wallMs: measured } : measured;
      if (round === 0) continue;
      amounts.get(side)!.push(wallMs);
      if (cpuMs !== undefined) cpus.get(side)!.push(cpuMs);
    }
  }
  const ratioOf = ratios();
  const cpuRatioOf = ratios();
  const sides = bench.sides.map((side): MeasuredSide => {
    const sorted = amounts.get(side)?.sort((a, b) => a - b);
    if (sorted === undefined) return { side };
    const median = medianOf(sorted);
    const measured = { side, median, min: sorted[0]!, max: sorted.at(-1)!, ...ratioOf("ratio", side, median) };
    const cpu = cpus.get(side)!.sort((a, b) => a - b);
    if (cpu.length === 0) return measured;
    const cpuMs = medianOf(cpu);
    return { ...measured, cpuMs, ...cpuRatioOf("cpuRatio", side, cpuMs) };
  });
  return { bench, sides };
}

/** Each side's to the first that asks, which has none itself. */
function ratios(): <Name extends string>(name: Name, side: Side, amount: number) => { [name in Name]?: number } {
  let first: number | undefined;
  return (name, side, amount) => {
    const each = amount / (side.per ?? 1);
    if (first !== undefined) return { [name]: each / first } as { [name in typeof name]: number };
    first = each;
    return {};
  };
}

function medianOf(sorted: number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

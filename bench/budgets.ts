import type { Bench } from "./bench.ts";
import type { Measured, MeasuredSide } from "./measure.ts";
import { aligned } from "./table.ts";

/** What may be, of one side of one bench. */
interface Budget {
  bench: string;
  /** How the side's name begins. */
  side: string;
  of: keyof typeof amounts;
  most: number;
}

const amounts = {
  "time, ratio": ({ ratio }: MeasuredSide) => ratio,
  "CPU, ratio": ({ cpuRatio }: MeasuredSide) => cpuRatio,
  "time, ms": ({ median }: MeasuredSide) => median,
  "CPU, ms": ({ cpuMs }: MeasuredSide) => cpuMs,
  MB: ({ median }: MeasuredSide) => median,
};

const job = (bench: string, most: number): Budget[] => [
  { bench, side: "baton run", of: "time, ratio", most },
  { bench, side: "baton run", of: "CPU, ratio", most: 2 },
];

/** One line for each number that Baton is held to. */
export const budgets: readonly Budget[] = [
  ...job("1,000 jobs, bash", 1.3),
  ...job("1,000 jobs, sh", 1.6),
  ...job("chain of 200 jobs", 1.6),
  ...job("16 at a time", 1.1),
  ...job("16 KB of log", 1.3),
  { bench: "checkouts of 5,000 files", side: "baton run", of: "time, ratio", most: 1.5 },
  ...["history: run", "history: status"].flatMap((bench) =>
    ["300 runs of 1,000 jobs", "1,000 runs of 100 jobs"].flatMap((side) => [
      { bench, side, of: "time, ratio" as const, most: 1.1 },
      { bench, side, of: "CPU, ratio" as const, most: 1.1 },
    ]),
  ),
  { bench: "nothing to do", side: "baton run", of: "time, ms", most: 50 },
  { bench: "nothing to do", side: "baton run", of: "time, ratio", most: 2.1 },
  { bench: "plan, the whole command", side: "50,000 jobs", of: "CPU, ms", most: 2000 },
  { bench: "artifact of 2,000 files", side: "collect and place", of: "time, ratio", most: 1.2 },
  { bench: "artifact of 20,000 files", side: "collect and place", of: "time, ratio", most: 1.2 },
  { bench: "artifact of 256 MB", side: "collect and place", of: "time, ratio", most: 1.1 },
  { bench: "check of 30 workflows", side: "baton check", of: "time, ratio", most: 0.4 },
  { bench: "check, memory", side: "1,000 workflows", of: "MB", most: 140 },
];

/** The bench without the sides that no budget is about, the first one and the floor being what others are compared with; undefined without any. */
export function budgeted(bench: Bench): Bench | undefined {
  const own = budgets.filter((budget) => budget.bench === bench.name);
  if (own.length === 0) return undefined;
  const isAsked = (name: string, at: number) =>
    at === 0 || name.startsWith("floor") || own.some(({ side }) => name.startsWith(side));
  return { ...bench, sides: bench.sides.filter(({ name }, at) => isAsked(name, at)) };
}

/** What was measured beside what may be, as a table in Markdown. */
export function budgetTable(results: readonly Measured[]): string {
  const rows = budgets.flatMap(({ bench, side, of, most }) => {
    const sides = results.find((result) => result.bench.name === bench)?.sides.slice(1) ?? [];
    const found = sides.find((measured) => measured.side.name.startsWith(side));
    if (found === undefined) return [];
    const amount = amounts[of](found);
    const text = (value: number) => (of.endsWith("ratio") ? `${value.toFixed(2)}x` : value.toFixed(0));
    const verdict = amount === undefined ? "not measured" : amount <= most ? "met" : "missed";
    const rows = budgets.filter((budget) => budget.bench === bench && budget.of === of);
    const what = rows.length > 1 ? `${bench}, ${side}` : bench;
    return [[what, of, amount === undefined ? "" : text(amount), text(most), verdict]];
  });
  return aligned(["what", "of", "measured", "budget", ""], rows, { textColumns: [0, 1, 4] });
}

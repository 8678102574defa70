import type { Measured, MeasuredSide } from "./measure.ts";

const headings = ["what", "side", "median", "min", "max", "ratio", "CPU", "ratio"];

/** The results as one table in Markdown, columns aligned so that it reads well on a terminal too. */
export function table(results: readonly Measured[]): string {
  const rows = results.flatMap(({ bench, sides }) =>
    sides.map((measured, index) => [index === 0 ? bench.name : "", measured.side.name, ...cells(measured, bench.unit)]),
  );
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column < 2 ? `${"-".repeat(width + 2)}` : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(headings), rule, ...rows.map(line)].join("\n");
}

const line = "<!-- `npm run bench` writes below this line -->\n";

/** What stands above the line is somebody's own. */
export function withResults(text: string, results: string): string {
  const end = text.indexOf(line);
  if (end === -1) throw new Error(`RESULTS.md has lost the line below which results are written: ${line}`);
  return `${text.slice(0, end)}${line}\n${results}`;
}

export function explanations(results: readonly Measured[]): string {
  return results
    .map(({ bench }) => `- **${bench.name}**: ${bench.about}${bench.budget ? `. Budget: ${bench.budget}` : ""}.`)
    .join("\n");
}

function cells({ side, median, min, max, ratio, cpuMs, cpuRatio }: MeasuredSide, unit: string): string[] {
  if (median === undefined) return [`not here: ${side.missing}`, "", "", "", "", ""];
  const amounts = [median, min!, max!].map((amount) => `${digits(amount)} ${unit}`);
  const times = (value: number | undefined) => (value === undefined ? "" : `${value.toFixed(2)}x`);
  return [...amounts, times(ratio), cpuMs === undefined ? "" : `${digits(cpuMs)} ms`, times(cpuRatio)];
}

function digits(amount: number): string {
  return amount >= 100 ? amount.toFixed(0) : amount.toFixed(1);
}

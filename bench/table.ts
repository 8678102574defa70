import type { Measured, MeasuredSide } from "./measure.ts";

const headings = ["what", "side", "median", "min", "max", "ratio", "CPU", "ratio"];

/** The results as one table in Markdown, columns aligned so that it reads well on a terminal too. */
export function table(results: readonly Measured[]): string {
  const rows = results.flatMap(({ bench, sides }) =>
    sides.map((measured, index) => [index === 0 ? bench.name : "", measured.side.name, ...cells(measured, bench.unit)]),
  );
  return aligned(headings, rows, { textColumns: [0, 1] });
}

/** A table in Markdown whose columns are aligned: numbers to the right. */
export function aligned(
  headings: readonly string[],
  rows: readonly string[][],
  { textColumns }: { textColumns: readonly number[] },
): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  const isText = (column: number) => textColumns.includes(column);
  const cell = (text: string, column: number) =>
    isText(column) ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  const line = (row: readonly string[]) => `| ${row.map(cell).join(" | ")} |`;
  const rule = widths.map((width, column) => (isText(column) ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`));
  return [line(headings), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
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

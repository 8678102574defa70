/** Costs as people read them: a table that adds up, then what it rests on. */

import { count } from "../../findings/count.ts";
import type { ComparedRow, ComparedSide, Comparison, CostLine } from "../../platforms/costs.ts";
import { centsThatAddUp, difference, dollars } from "../terminal/money.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import { pad, widthOf } from "../terminal/width.ts";

export interface CostText {
  readonly title: string;
  readonly comparison: Comparison;
  /** Services that are shown also where they cost nothing. */
  readonly always: readonly string[];
  readonly assumptions: readonly string[];
  readonly prices: { readonly title: string; readonly rows: readonly (readonly [string, string])[] };
  readonly notCounted: readonly string[];
}

export function costLines(text: CostText, style: Style): string[] {
  const { title, comparison, always, assumptions, prices, notCounted } = text;
  const isFree = (row: ComparedRow) => !row.before?.usd && !row.after?.usd && !always.includes(row.service);
  const free = comparison.rows.filter(isFree);
  const block = (head: string, lines: readonly string[]) =>
    lines.length > 0 ? ["", style.strong(head), ...lines] : [];
  return [
    style.strong(title),
    "",
    ...amountLines({ ...comparison, rows: comparison.rows.filter((row) => !isFree(row)) }, style),
    ...block("nothing to pay for", table(freeRows(free), "  ")),
    ...block(
      "assumptions",
      assumptions.map((line) => `  ${line}`),
    ),
    ...block(prices.title, table(prices.rows, "  ")),
    ...block(
      "not counted",
      notCounted.map((line) => `  ${line}`),
    ),
  ];
}

interface Row {
  readonly label: string;
  readonly cells: readonly string[];
  readonly how: string;
  readonly style: "head" | "sum" | "part";
}

function amountLines({ rows, before }: Comparison, style: Style): string[] {
  const isCompared = before !== undefined;
  const cents = {
    before: centsThatAddUp(rows.map((row) => row.before?.usd ?? 0)),
    after: centsThatAddUp(rows.map((row) => row.after?.usd ?? 0)),
  };
  const cellsOf = (from: string, to: string, change: string) => (isCompared ? [from, to, change] : [to]);
  const sumRow = (label: string, of: readonly number[]): Row => {
    const sum = (each: readonly number[]) => of.reduce((total, at) => total + each[at]!, 0);
    const [from, to] = [sum(cents.before), sum(cents.after)];
    return { label, cells: cellsOf(dollars(from), dollars(to), difference(to - from)), how: "", style: "sum" };
  };
  const places = rows.map((_, at) => at);
  const parts = [...Map.groupBy(places, (at) => rows[at]!.service)].flatMap(([service, of]): Row[] => [
    sumRow(service, of),
    ...of.map((at): Row => {
      const [from, to] = [cents.before[at]!, cents.after[at]!];
      const cells = cellsOf(shown(rows[at]!.before, from), shown(rows[at]!.after, to), difference(to - from));
      return { label: `  ${rows[at]!.item}`, cells, how: howOf(rows[at]!), style: "part" };
    }),
  ]);
  const head: Row = {
    label: "",
    cells: isCompared ? ["before", "after", "difference"] : ["a month"],
    how: "",
    style: "head",
  };
  return aligned([head, ...parts, sumRow("total", places)], style);
}

/** Amounts end in one column. */
function aligned(rows: readonly Row[], style: Style): string[] {
  const labelWidth = Math.max(...rows.map(({ label }) => widthOf(label)));
  const widths = rows[0]!.cells.map((_, at) => Math.max(...rows.map(({ cells }) => widthOf(cells[at]!))));
  return rows.map(({ label, cells, how, style: kind }) => {
    const amounts = cells.map((cell, at) => `${" ".repeat(widths[at]! - widthOf(cell))}${cell}`);
    const line = `${pad(label, labelWidth)}  ${amounts.join("  ")}`;
    if (kind === "head") return style.faint(line);
    return kind === "sum" ? style.strong(line) : `${line}  ${style.faint(how)}`;
  });
}

function shown(side: ComparedSide | undefined, cents: number): string {
  if (side === undefined) return "–";
  return side.usd > 0 && cents === 0 ? "<$0.01" : dollars(cents);
}

/** What the amounts are made of, on both sides where they differ in more than their number. */
function howOf(row: ComparedRow): string {
  const [before, after] = [row.before, row.after].map((side) => side?.lines.map(reason).join("; "));
  if (before === undefined || after === undefined || before === after) return (after ?? before)!;
  return `${before} → ${after}`;
}

function reason({ because, free, quantity, unit }: CostLine): string {
  if (free === 0) return because;
  if (free >= quantity) return `${because}, free`;
  const amount = free > 10 ? Math.round(free) : Math.round(free * 100) / 100;
  return `${because}, ${count(amount, unit)} free`;
}

/** What costs nothing on either side is only named. */
function freeRows(rows: readonly ComparedRow[]): string[][] {
  return Array.from(
    Map.groupBy(rows, ({ service }) => service),
    ([service, all]) => {
      const priced = all.some(({ before, after }) => (after ?? before)!.lines.some(({ unitUsd }) => unitUsd > 0));
      return [service, all.map(({ item }) => item).join(", "), priced ? "within what is free each month" : "free"];
    },
  );
}

/** Two bills side by side: what the same thing costs in each, by service and by pipeline. */

import { type Bill, type CostLine, sumUsd } from "./count.ts";
import { type PricedService, services } from "./prices.ts";

export interface Comparison {
  readonly rows: readonly ComparedRow[];
  readonly before: number | undefined;
  readonly after: number;
}

export interface ComparedRow {
  readonly service: PricedService;
  /** The pipeline, or what it is that several share. */
  readonly item: string;
  /** Undefined where this side has no such thing. */
  readonly before: ComparedSide | undefined;
  readonly after: ComparedSide | undefined;
}

export interface ComparedSide {
  readonly usd: number;
  readonly lines: readonly CostLine[];
}

/** Rows in the order of the services, those of both sides first as they come before. */
export function compareBills(before: Bill | undefined, after: Bill): Comparison {
  const sides = { before: byRow(before?.lines ?? []), after: byRow(after.lines) };
  const keys = [...new Set([...sides.before.keys(), ...sides.after.keys()])];
  const rows = keys.map((key): ComparedRow => {
    const [line] = [...(sides.before.get(key) ?? []), ...(sides.after.get(key) ?? [])];
    return {
      service: line!.service,
      item: line!.item,
      before: sideOf(sides.before.get(key)),
      after: sideOf(sides.after.get(key)),
    };
  });
  rows.sort((a, b) => services.indexOf(a.service) - services.indexOf(b.service));
  return { rows, before: before?.usd, after: after.usd };
}

const byRow = (lines: readonly CostLine[]) => Map.groupBy(lines, ({ service, item }) => `${service} ${item}`);

function sideOf(lines: readonly CostLine[] | undefined): ComparedSide | undefined {
  return lines && { usd: sumUsd(lines), lines };
}

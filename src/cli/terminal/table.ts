import { pad, widthOf } from "./width.ts";

/** Columns as wide as their widest cell, two blanks between them, nothing after the last. */
export function table(rows: readonly (readonly string[])[], indent = ""): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ""))));
  return rows.map((row) => (indent + row.map((cell, at) => pad(cell, widths[at]!)).join("  ")).trimEnd());
}

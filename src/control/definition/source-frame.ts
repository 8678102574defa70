import { readFileSync } from "node:fs";
import { relative } from "node:path";

/** Lines and columns from 1. */
export interface SourcePlace {
  file: string;
  line: number;
  column?: number | undefined;
}

/** `web/baton.config.ts:12:5`, relative to where the reader stands when that is shorter. */
export function placeText(place: SourcePlace, cwd: string): string {
  const column = place.column === undefined ? "" : `:${place.column}`;
  return `${shortPath(place.file, cwd)}:${place.line}${column}`;
}

export function shortPath(file: string, cwd: string): string {
  const short = relative(cwd, file);
  return short.startsWith("../../") || short === "" ? file : short;
}

/** The line a place is on, with its number and a caret below; nothing when it cannot be read. */
export function sourceFrame(place: SourcePlace): string[] {
  let text: string | undefined;
  try {
    text = readFileSync(place.file, "utf8").split(/\r?\n/)[place.line - 1];
  } catch {
    return [];
  }
  if (text === undefined || text.length > 400) return [];
  const number = String(place.line);
  const lines = [`  ${number} | ${text}`];
  if (place.column !== undefined) {
    // Tabs stay tabs, so that the caret stands below its character whatever their width.
    const before = text.slice(0, place.column - 1).replace(/[^\t]/g, " ");
    lines.push(`  ${" ".repeat(number.length)} | ${before}^`);
  }
  return lines;
}

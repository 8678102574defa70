interface Field {
  words: string;
  from: number;
  to: number;
  names?: readonly string[];
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

export const cronFields: readonly Field[] = [
  { words: "minute", from: 0, to: 59 },
  { words: "hour", from: 0, to: 23 },
  { words: "day of the month", from: 1, to: 31 },
  { words: "month", from: 1, to: 12, names: months },
  { words: "day of the week", from: 0, to: 6, names: days },
];

/** What is wrong with a POSIX cron line of five fields; undefined when it is one. */
export function cronProblem(line: string): string | undefined {
  const parts = line.trim().split(/\s+/);
  if (parts.length !== cronFields.length) return `it has ${parts.length} fields, not 5`;
  for (const [index, field] of cronFields.entries()) {
    for (const item of parts[index]!.split(",")) {
      if (!isItem(item, field)) return `"${item}" cannot be the ${field.words} (${field.from} to ${field.to})`;
    }
  }
  return undefined;
}

/** `*`, `5`, `1-5`, each with an optional step: `*``/15`. */
function isItem(item: string, field: Field): boolean {
  const [range, step, ...rest] = item.split("/");
  if (rest.length > 0 || (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0))) return false;
  if (range === "*") return true;
  const ends = range!.split("-").map((end) => numberOf(end, field));
  if (ends.length > 2 || ends.some((end) => end === undefined)) return false;
  return ends.length === 1 || ends[0]! <= ends[1]!;
}

/** Undefined for what cannot stand there. */
export function numberOf(text: string, { from, to, names }: Field): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + from;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return number >= from && number <= to ? number : undefined;
}

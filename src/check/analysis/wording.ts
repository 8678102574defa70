/** Words that several rules use. */

import type { Key } from "../../facts/access.ts";
import type { JobFacts } from "../../facts/facts.ts";
import { onceFor } from "./once-for.ts";

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `deploy (cd.yml)`, or `deploy` within one file. */
export function jobName(job: JobFacts): string {
  return job.path.join(" / ");
}

/** The text of a name without holes. */
export function literalText(key: Key): string | undefined {
  let text = "";
  for (const part of key) {
    if (part.kind !== "text") return undefined;
    text += part.text;
  }
  return text;
}

/** Whether two names can be the same: holes stand for anything. */
export function unify(a: Key, b: Key): boolean {
  const [x, y] = [headOf(a), headOf(b)];
  if (!x.startsWith(y) && !y.startsWith(x)) return false;
  return match(flat(a), 0, flat(b), 0, { steps: 20_000 });
}

/** The text before the first hole. */
const headOf: (key: Key) => string = onceFor((key) => {
  const hole = key.findIndex((part) => part.kind !== "text");
  return literalText(hole < 0 ? key : key.slice(0, hole))!;
});

type Symbol = string | null;

const flat: (key: Key) => readonly Symbol[] = onceFor((key) =>
  key.flatMap((part): Symbol[] => (part.kind === "text" ? [...part.text] : [null])),
);

function match(a: readonly Symbol[], i: number, b: readonly Symbol[], j: number, budget: { steps: number }): boolean {
  // Names that take this long to compare may as well be the same: nothing is claimed about them.
  if (budget.steps-- <= 0) return true;
  if (i === a.length && j === b.length) return true;
  if (i < a.length && a[i] === null) {
    return match(a, i + 1, b, j, budget) || (j < b.length && match(a, i, b, j + 1, budget));
  }
  if (j < b.length && b[j] === null) {
    return match(a, i, b, j + 1, budget) || (i < a.length && match(a, i + 1, b, j, budget));
  }
  return i < a.length && j < b.length && a[i] === b[j] && match(a, i + 1, b, j + 1, budget);
}

/** Glob of an artifact pattern against a name with holes. */
export const patternKey: (pattern: Key) => Key = onceFor((pattern) =>
  pattern.flatMap((part): Key => {
    if (part.kind !== "text") return [part];
    return part.text
      .split(/(\*+)/)
      .filter((piece) => piece !== "")
      .map((piece) => (piece.startsWith("*") ? { kind: "unknown", text: "*" } : { kind: "text", text: piece }));
  }),
);

/** Equal in every run: the same pieces, and no piece that only the run knows in another way. */
export function sameKey(a: Key, b: Key): boolean {
  return (
    a.length === b.length &&
    a.every((part, i) => JSON.stringify(part).toLowerCase() === JSON.stringify(b[i]).toLowerCase())
  );
}

export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** An expression in the delimiters of a workflow file. */
export function expression(text: string): string {
  return `\${{ ${text} }}`;
}

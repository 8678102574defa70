/** Filters on branches, tags and paths as sets of names. */

import { allNames, type NameSet } from "../../../facts/name-set.ts";
import { exceptNames, findName, letsIn, onlyNames } from "../read/filters/filters.ts";
import type { FilterList } from "../workflow.ts";

/** `only` lists what is let in, `ignored` what is left out; GitHub refuses both at once. */
export function nameSet(only: FilterList | undefined, ignored: FilterList | undefined): NameSet {
  if (only) return including(only);
  if (ignored) return excluding(ignored);
  return allNames;
}

function including(list: FilterList): NameSet {
  const written = list.patterns.map(({ value }) => value);
  const filter = onlyNames(written);
  const accepts = (name: string): boolean => letsIn(filter, name);
  const positive = written.filter((pattern) => !pattern.startsWith("!"));
  return {
    kind: "patterns",
    patterns: list.patterns,
    inverted: false,
    accepts,
    samples: positive.flatMap(samplesOf).filter(accepts),
    literals: positive.every(isLiteral) ? positive.filter(accepts) : undefined,
  };
}

function excluding(list: FilterList): NameSet {
  const filter = exceptNames(list.patterns.map(({ value }) => value));
  return {
    kind: "patterns",
    patterns: list.patterns,
    inverted: true,
    accepts: (name) => letsIn(filter, name),
    samples: [],
    literals: undefined,
  };
}

const special = /[*?+[\]!\\]/;

function isLiteral(pattern: string): boolean {
  return !special.test(pattern);
}

/** Names that people recognise and the pattern probably accepts; the caller tests them. */
function samplesOf(pattern: string): string[] {
  if (isLiteral(pattern)) return [pattern];
  const plain = pattern
    .replaceAll(/\[0-9[^\]]*\]|\[\d-\d\]/g, "1")
    .replaceAll("/**", "/topic")
    .replaceAll("**", "topic")
    .replaceAll("*", /^v|\d/.test(pattern) ? "1" : "topic")
    .replaceAll(/[?+]/g, "");
  const found = findName({ passing: [onlyNames([pattern])], failing: [] });
  return ["main", plain, ...(found.answer === "yes" ? [found.name] : [])].slice(0, 3);
}

/** CodePipeline's filters on branches, tags and file paths as sets of names. Exclusions win over inclusions. */

import { allNames, type NameSet } from "../../../facts/name-set.ts";
import { literal } from "../../../facts/written.ts";
import type { Patterns } from "../pipeline.ts";

export function nameSet({ includes, excludes }: Pick<Patterns, "includes" | "excludes">): NameSet {
  const placed = includes.flatMap((each) => {
    const value = literal(each);
    return value === undefined ? [] : [{ value, at: each.at }];
  });
  // A pattern that only a deployment knows may let in or keep out anything.
  if (placed.length < includes.length || excludes.some((each) => literal(each) === undefined)) return allNames;
  const [within, without] = [placed.map(({ value }) => value), excludes.map((each) => literal(each)!)].map((list) =>
    list.map(globMatcher),
  ) as [RegExp[], RegExp[]];
  const accepts = (name: string): boolean =>
    (within.length === 0 || within.some((pattern) => pattern.test(name))) &&
    !without.some((pattern) => pattern.test(name));
  const isLiteral = (pattern: string) => !/[*?[{\\]/.test(pattern);
  const values = placed.map(({ value }) => value);
  return {
    kind: "patterns",
    patterns: placed,
    inverted: includes.length === 0,
    accepts,
    samples: values.flatMap((value) => [value, ...(isLiteral(value) ? [] : ["main", sample(value)])]).filter(accepts),
    literals: values.length > 0 && values.every(isLiteral) ? values.filter(accepts) : undefined,
  };
}

function sample(pattern: string): string {
  return pattern
    .replaceAll(/\{([^},]*)[^}]*\}/g, "$1")
    .replaceAll(/\*+/g, "x")
    .replaceAll("?", "x");
}

/** `*` stays inside of a path segment, `**` crosses them. */
export function globMatcher(pattern: string): RegExp {
  let text = "";
  let alternatives = 0;
  for (let i = 0; i < pattern.length; i++) {
    const sign = pattern[i]!;
    if (sign === "*") {
      const isDouble = pattern[i + 1] === "*";
      if (isDouble) i += 1;
      if (isDouble && pattern[i + 1] === "/") {
        i += 1;
        text += "(?:.*/)?";
      } else text += isDouble ? ".*" : "[^/]*";
    } else if (sign === "?") text += "[^/]";
    else if (sign === "{" && pattern.indexOf("}", i) > 0) {
      alternatives += 1;
      text += "(?:";
    } else if (sign === "}" && alternatives > 0) {
      alternatives -= 1;
      text += ")";
    } else if (sign === "," && alternatives > 0) text += "|";
    else text += sign.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${text}${")".repeat(alternatives)}$`);
}

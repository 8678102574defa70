import type { Tier } from "../../../facts/stages.ts";

const words: Readonly<Record<string, Tier>> = {
  prod: "production",
  prd: "production",
  production: "production",
  live: "production",
  staging: "staging",
  stg: "staging",
  preprod: "staging",
  preproduction: "staging",
  nonprod: "staging",
  uat: "staging",
  qa: "staging",
  acceptance: "staging",
  test: "testing",
  tst: "testing",
  testing: "testing",
  beta: "testing",
  gamma: "testing",
  dev: "development",
  develop: "development",
  development: "development",
  alpha: "development",
};

/** The environment that a name speaks of; undefined for none and for several. */
export function tierOf(name: string): Tier | undefined {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/\b(pre|non)[^a-z0-9]+(prod|production)\b/g, "preprod")
    .split(/[^a-z0-9]+/);
  const found = new Set(parts.flatMap((part) => words[part] ?? []));
  return found.size === 1 ? [...found][0] : undefined;
}

/** Which environment something is for, as far as names tell. */

export type EnvironmentKind = "development" | "testing" | "staging" | "production";

const words: Readonly<Record<string, EnvironmentKind>> = {
  dev: "development",
  develop: "development",
  development: "development",
  sandbox: "development",
  integration: "development",
  test: "testing",
  testing: "testing",
  tst: "testing",
  qa: "staging",
  qas: "staging",
  uat: "staging",
  stage: "staging",
  stg: "staging",
  staging: "staging",
  preprod: "staging",
  acceptance: "staging",
  prod: "production",
  prd: "production",
  production: "production",
  live: "production",
};

/** The only kind of environment that a text speaks of; undefined where it names none or several. `own` words count first. */
export function environmentKindIn(
  text: string,
  own: Readonly<Record<string, EnvironmentKind | undefined>> = {},
): EnvironmentKind | undefined {
  const spaced = text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/(?<![a-z])(pre|non)[^a-z0-9]?prod(uction)?(?![a-z])/g, "preprod");
  const known = new Map(Object.entries({ ...words, ...own }));
  const found = new Set(spaced.split(/[^a-z]+/).flatMap((word) => known.get(word) ?? []));
  return found.size === 1 ? [...found][0] : undefined;
}

/** Tried by people before production. In short lists of environments either word means it. */
export function isTrial(kind: EnvironmentKind): boolean {
  return kind === "testing" || kind === "staging";
}

/** Which environment something is for, as far as names tell. */

import type { JobFacts } from "../../facts/facts.ts";
import { literalText } from "./wording.ts";

export type EnvironmentKind = "development" | "staging" | "production";

const stageWords: Readonly<Record<string, EnvironmentKind>> = {
  dev: "development",
  develop: "development",
  development: "development",
  sandbox: "development",
  integration: "development",
  test: "staging",
  testing: "staging",
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

/** The only stage a text speaks of; undefined where it names none or several. */
export function stageIn(text: string): EnvironmentKind | undefined {
  const spaced = text
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/pre-?prod(uction)?|non-?prod(uction)?/g, "preprod");
  const found = new Set(
    spaced.split(/[^a-z]+/).flatMap((word) => (Object.hasOwn(stageWords, word) ? [stageWords[word]!] : [])),
  );
  return found.size === 1 ? [...found][0] : undefined;
}

/** By environment first, then by the job's own names. */
export function stageOf(job: JobFacts): EnvironmentKind | undefined {
  const environment = job.environment && literalText(job.environment.name);
  return (environment ? stageIn(environment) : undefined) ?? stageIn(`${job.key} ${job.label}`);
}

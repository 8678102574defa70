/** What `check` finds in a repository as it lies here: the one place that reads, asks and leaves out what is accepted. */

import { check, type Replayed } from "../../check/check.ts";
import { rules } from "../../check/rules.ts";
import { readSuppressions } from "../../check/suppress.ts";
import { type Finding, sortFindings } from "../../findings/finding.ts";
import type { ReadRepository } from "../../platforms/read-repository.ts";
import { settingsAt } from "./check-settings.ts";
import { readWhole, repositoryOf } from "./read-whole.ts";

export interface CheckedRepository {
  repository: ReadRepository;
  /** In the one order; of one file, if one was named, those that touch it. */
  findings: Finding[];
  /** How those were carried out that were. */
  replayed: ReadonlyMap<Finding, Replayed>;
  /** How many are accepted where they stand. */
  suppressed: number;
}

/** @throws {Refused} when its settings cannot be read. */
export async function checkRepository(
  path: string,
  given: { defaultBranch?: string | undefined } = {},
): Promise<CheckedRepository> {
  const settings = settingsAt(repositoryOf(path));
  const repository = await readWhole(path, given.defaultBranch ?? settings.defaultBranch);
  const { facts, focus, problems, simulator, sources } = repository;
  const suppressions = readSuppressions(
    sources,
    rules.map(({ id }) => id),
  );
  const accepts = (finding: Finding) => suppressions.accepts(finding);
  const replayed = new Map<Finding, Replayed>();
  const found = check(facts, { simulator, settings, accepts, onReplayed: (one, how) => replayed.set(one, how) });
  const told = [...problems.filter((problem) => !accepts(problem)), ...found];
  const findings = sortFindings([...told, ...suppressions.notes()]);
  return {
    repository,
    findings: focus === undefined ? findings : findings.filter((finding) => touches(finding, focus)),
    replayed,
    suppressed: suppressions.accepted,
  };
}

function touches({ location, related }: Finding, file: string): boolean {
  return location.file === file || related.some((place) => place.location.file === file);
}

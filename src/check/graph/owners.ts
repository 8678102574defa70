/** Which pipeline a place in a file belongs to. */

import type { Facts } from "../../facts/facts.ts";
import { type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { count } from "../../findings/count.ts";
import type { Finding, Location } from "../../findings/finding.ts";
import { locationOf, type Place } from "../../findings/source.ts";

/** Id of the pipeline; undefined where several share the place, or none has it. */
export type OwnerOf = (location: Location) => string | undefined;

export function ownersIn(facts: Facts): OwnerOf {
  const staged = stagedPipelines(facts);
  return ({ file, line }) => {
    if (facts.pipeline(file)) return file;
    const inFile = staged.filter(({ source }) => source.path === file);
    const around = inFile.filter(({ at, nameAt }) => spans(at, line) || locationOf(nameAt).line === line);
    // Commands belong to who runs them.
    const running = staged.filter((pipeline) => runs(pipeline, (at) => at.source.path === file && spans(at, line)));
    const users = staged.filter((pipeline) => runs(pipeline, (at) => at.source.path === file));
    for (const owners of [around, running, inFile, users]) if (owners.length === 1) return owners[0]!.id;
    return undefined;
  };
}

function spans(at: Place, line: number): boolean {
  const { line: first, endLine: last = first } = locationOf(at);
  return first <= line && line <= last;
}

function runs({ actions }: StagedPipeline, isWanted: (at: Place) => boolean): boolean {
  return actions.some(({ phases }) => phases.some(({ at }) => isWanted(at)));
}

/** ` - 2 findings` */
export function countOf(id: string, findings: readonly Finding[], ownerOf: OwnerOf): string {
  const { length } = findings.filter(({ location }) => ownerOf(location) === id);
  return length === 0 ? "" : ` - ${count(length, "finding")}`;
}

/** What a check has to say, for any printer. */

import type { Finding } from "../finding.ts";
import type { SourceFile } from "../source.ts";

/** How often the bad order of a finding took place in the runs that were looked at. */
export interface Happened {
  readonly times: number;
  /** Of how many runs of what it happens to. */
  readonly of: number;
  /** Those to which it happened, the newest last; of very many the newest. */
  readonly runs: readonly string[];
}

export interface Report {
  readonly findings: readonly Finding[];
  /** By path, for the lines that are shown. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** How many workflow files were read. */
  readonly files: number;
  /** How many pipelines of other services were read. */
  readonly pipelines?: number;
  /** How many definitions of deliveries were read. */
  readonly definitions?: number;
  /** How many rules were asked. */
  readonly rules: number;
  readonly suppressed: number;
  /** How many of the findings a baseline knows; undefined without one. */
  readonly known?: number;
  /** What became of findings in runs of the past; undefined without any, and none where runs do not tell. */
  readonly history?: ReadonlyMap<Finding, Happened>;
  /** How many that a baseline knows are not found any more. */
  readonly gone?: number;
}

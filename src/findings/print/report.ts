/** What a check has to say, for any printer. */

import type { Finding } from "../finding.ts";
import type { SourceFile } from "../source.ts";

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
  /** How many that a baseline knows are not found any more. */
  readonly gone?: number;
}

/** What every service's files have in common: shown, checked or written, and never over those of people. */

import { join, relative } from "node:path";
import { applyChanges, type FileChange, findChanges, type WantedFiles } from "../../platforms/changes.ts";
import { type ExitCode, exitCodes, Failure, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { lineDiff } from "./generate-diff.ts";

export interface GenerateOptions {
  config?: string;
  layout?: string;
  format?: string;
  out?: string;
  check?: true;
  dryRun?: true;
  force?: true;
  json?: true;
}

export interface Generated {
  readonly options: GenerateOptions;
  readonly terminal: Terminal;
  /** Name of the delivery. */
  readonly delivery: string;
  readonly wanted: WantedFiles;
  /** Writes these files again. */
  readonly command: string;
  /** What `--json` says beside the files. */
  json(): object;
  /** What people are to do with the written files, which are at `where`. */
  tell(where: string): void;
}

export function conclude({ options, terminal, delivery, wanted, command, json, tell }: Generated): ExitCode {
  const { root } = wanted;
  const changes = findChanges(wanted);
  refuseUnknown(changes, { options, command });
  const stale = changes.filter(({ status }) => status !== "unchanged");
  if (options.json) {
    const shown = changes.map(({ path, status }) => ({ path, status }));
    terminal.printJson({ version: 1, files: shown, ...json() });
  }
  if (options.check || options.dryRun) {
    if (!options.json) for (const change of stale) terminal.print(...lineDiff(change));
    const none = `${changes.length === 1 ? "1 file" : `${changes.length} files`} of ${delivery} ${changes.length === 1 ? "is" : "are"} up to date`;
    if (stale.length === 0) terminal.say(none);
    else if (options.check) {
      const many = stale.length === 1 ? "1 file is" : `${stale.length} files are`;
      const names = stale.map(({ path }) => path).join(", ");
      throw new Failure(`${many} not what the definition says: ${names}`, { next: command });
    }
    return exitCodes.clean;
  }
  applyChanges(root, stale);
  if (options.json) return exitCodes.clean;
  const where = relative(terminal.cwd, root) || ".";
  for (const { path, status } of changes) terminal.print(`${status.padEnd(9)} ${join(where, path)}`);
  tell(where);
  return exitCodes.clean;
}

function refuseUnknown(
  changes: readonly FileChange[],
  { options, command }: { options: GenerateOptions; command: string },
): void {
  const unknown = changes.filter(({ isOurs, status }) => !isOurs && status === "changed");
  if (unknown.length === 0 || options.force || options.check || options.dryRun) return;
  throw new UsageError(
    `${unknown.map(({ path }) => path).join(", ")}: there already, and not written by Baton; nothing was changed`,
    { next: `look at ${command} --dry-run, then move the file or add --force` },
  );
}

import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { markOf } from "../../platforms/github/write/header.ts";
import { CannotWrite, type Layout, layouts, type WriteOptions } from "../../platforms/github/write/options.ts";
import { settingsFor } from "../../platforms/github/write/settings.ts";
import { writeWorkflows } from "../../platforms/github/write/write.ts";
import { loadDefinition } from "../definition/load.ts";
import { findPlace } from "../place.ts";
import { type ExitCode, exitCodes, Failure, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { lineDiff } from "./generate-diff.ts";
import { applyChanges, type FileChange, findChanges } from "./generate-files.ts";

export interface GenerateOptions {
  config?: string;
  layout?: string;
  out?: string;
  check?: true;
  dryRun?: true;
  force?: true;
  json?: true;
}

/** What stands in `baton.github.yaml` beside the definition: choices that the command line need not repeat. */
const fileSchema = z.strictObject({
  layout: z.enum(layouts).optional(),
  runsOn: z.string().optional(),
  attest: z.enum(["yes", "no"]).optional(),
  parameterPrefix: z.string().startsWith("/").optional(),
  raw: z
    .record(
      z.string(),
      z.strictObject({
        workflow: z.record(z.string(), z.json()).optional(),
        jobs: z.record(z.string(), z.record(z.string(), z.json())).optional(),
        steps: z.record(z.string(), z.array(z.json())).optional(),
      }),
    )
    .optional(),
});

const settingsFile = "baton.github.yaml";

export async function generateGithub(options: GenerateOptions, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(terminal, options);
  const delivery = await loadDefinition(place.file, terminal);
  const write = writeOptions(options, place.root);
  const root = options.out === undefined ? place.root : resolve(terminal.cwd, options.out);
  const files = written();
  const changes = findChanges({ root, files, mark: markOf(delivery.name) });
  const settings = settingsFor(delivery, write);
  refuseUnknown(changes, options);
  const stale = changes.filter(({ status }) => status !== "unchanged");
  if (options.json) {
    const shown = changes.map(({ path, status }) => ({ path, status }));
    terminal.printJson({ version: 1, layout: write.layout, files: shown, settings });
  }
  if (options.check || options.dryRun) {
    if (!options.json) for (const change of stale) terminal.print(...lineDiff(change));
    const none = `${changes.length} files of ${delivery.name} are up to date`;
    if (stale.length === 0) terminal.say(none);
    else if (options.check) {
      const many = stale.length === 1 ? "1 file is" : `${stale.length} files are`;
      throw new Failure(`${many} not what the definition says: ${stale.map(({ path }) => path).join(", ")}`, {
        next: command(write.layout, options),
      });
    }
    return exitCodes.clean;
  }
  applyChanges(root, stale);
  if (options.json) return exitCodes.clean;
  const where = relative(terminal.cwd, root) || ".";
  for (const { path, status } of changes) terminal.print(`${status.padEnd(9)} ${join(where, path)}`);
  terminal.say("", "Settings to make on GitHub once, in the repository:");
  for (const { why, command: line } of settings) terminal.say(`  ${terminal.err.faint(`# ${why}`)}`, `  ${line}`);
  terminal.suggest(`baton check ${where}`, "finds nothing in these files");
  return exitCodes.clean;

  function written() {
    try {
      return writeWorkflows(delivery, write);
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error;
      throw new UsageError(error.message, error.next === undefined ? {} : { next: error.next });
    }
  }
}

function command(layout: Layout, { config }: GenerateOptions): string {
  return `baton generate github --layout ${layout}${config === undefined ? "" : ` --config ${config}`}`;
}

function writeOptions({ layout }: GenerateOptions, root: string): WriteOptions {
  const given = layout === undefined ? undefined : layouts.find((name) => name === layout);
  if (layout !== undefined && given === undefined) {
    throw new UsageError(`--layout ${layout}: there is no such layout`, { next: `use ${layouts.join(", ")}` });
  }
  const file = join(root, settingsFile);
  if (!existsSync(file)) return { layout: given ?? "orchestrated" };
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8")) ?? {};
  } catch (error) {
    throw new UsageError(`${settingsFile} cannot be read: ${(error as Error).message}`);
  }
  const read = fileSchema.safeParse(content);
  if (!read.success) throw new UsageError(`${settingsFile} is not accepted:\n${z.prettifyError(read.error)}`);
  return { ...(read.data as Partial<WriteOptions>), layout: given ?? read.data.layout ?? "orchestrated" };
}

function refuseUnknown(changes: readonly FileChange[], options: GenerateOptions): void {
  const unknown = changes.filter(({ isOurs, status }) => !isOurs && status === "changed");
  if (unknown.length === 0 || options.force || options.check || options.dryRun) return;
  throw new UsageError(
    `${unknown.map(({ path }) => path).join(", ")}: there already, and not written by Baton; nothing was changed`,
    { next: "look at baton generate github --dry-run, then move the file or add --force" },
  );
}

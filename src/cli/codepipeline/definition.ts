/** The definition with all that decides what is written for CodePipeline: settings beside it, and options of the call. */

import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { loadDefinition } from "../../control/definition/load.ts";
import { findProject, type Project } from "../../control/project.ts";
import type { Delivery } from "../../model/delivery.ts";
import { codepipeline } from "../../platforms/codepipeline/codepipeline.ts";
import { type FileSettings, settingsFileSchema } from "../../platforms/codepipeline/settings-file.ts";
import { formats, layouts, type WriteOptions } from "../../platforms/codepipeline/write/options.ts";
import { UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface CodePipelineOptions {
  config?: string;
  layout?: string;
  format?: string;
  out?: string;
}

export interface ForCodePipeline {
  readonly project: Project;
  readonly delivery: Delivery;
  readonly write: WriteOptions & { readonly settings: FileSettings };
}

/** @throws {UsageError} for a definition, a setting or an option that cannot be used. */
export async function readForCodePipeline(options: CodePipelineOptions, terminal: Terminal): Promise<ForCodePipeline> {
  const project = findProject(terminal, options);
  const delivery = await loadDefinition(project.file, terminal);
  const { root } = project;
  const folder =
    options.out === undefined ? "codepipeline" : insideOf(root, resolve(terminal.cwd, options.out), options.out);
  const settings = readSettings(root);
  return {
    project,
    delivery,
    write: {
      layout: oneOf(layouts, "layout", options.layout ?? settings.layout),
      format: oneOf(formats, "format", options.format ?? settings.format),
      settings,
      root: settings.root ?? (project.repository === undefined ? "" : relative(project.repository, root)),
      folder,
    },
  };
}

function oneOf<T extends string>(known: readonly T[], option: string, given: string): T {
  const found = known.find((name) => name === given);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} ${given}: there is no such ${option}`, { next: `use ${known.join(", ")}` });
}

/** The builds read their commands from the source, so they must be in it. */
function insideOf(root: string, folder: string, given: string): string {
  const way = relative(root, folder);
  if (way !== "" && !way.startsWith("..")) return way;
  throw new UsageError(`--out ${given}: is not a folder below the definition's, ${root}`, {
    next: "name a folder below the definition: the builds read their commands from the source",
  });
}

function readSettings(root: string): FileSettings {
  const { settingsFile } = codepipeline;
  const file = join(root, settingsFile);
  let content: unknown = {};
  if (existsSync(file)) {
    try {
      content = parse(readFileSync(file, "utf8")) ?? {};
    } catch (error) {
      throw new UsageError(`${settingsFile} cannot be read: ${(error as Error).message}`);
    }
  }
  const read = settingsFileSchema.safeParse(content);
  if (read.success) return read.data;
  throw new UsageError(`${settingsFile} is not accepted:\n${z.prettifyError(read.error)}`);
}

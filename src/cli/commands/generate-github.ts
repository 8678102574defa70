import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { loadDefinition } from "../../control/definition/load.ts";
import { findProject } from "../../control/project.ts";
import { markOf } from "../../platforms/generated.ts";
import { github } from "../../platforms/github/github.ts";
import { type Layout, layouts, type WriteOptions } from "../../platforms/github/write/options.ts";
import { pinsMovedIn } from "../../platforms/github/write/pinned-actions.ts";
import { settingsFor } from "../../platforms/github/write/settings.ts";
import { settingsFileSchema } from "../../platforms/github/write/settings-file.ts";
import { writeWorkflows } from "../../platforms/github/write/write.ts";
import { type ExitCode, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { writing } from "../writing.ts";
import { conclude, type GenerateOptions } from "./generate-outcome.ts";

export async function generateGithub(options: GenerateOptions, terminal: Terminal): Promise<ExitCode> {
  const project = findProject(terminal, options);
  const delivery = await loadDefinition(project.file, terminal);
  const root = options.out === undefined ? project.root : resolve(terminal.cwd, options.out);
  const given = writeOptions(options, project.root);
  const write: WriteOptions = {
    ...given,
    actions: { ...committedPins(root, markOf(delivery.name)), ...given.actions },
  };
  const files = written();
  const settings = settingsFor(delivery, write);
  const wanted = { root, files, mark: markOf(delivery.name) };
  return conclude({
    options,
    terminal,
    delivery: delivery.name,
    wanted,
    json,
    command: command(write.layout, options),
    tell,
  });

  function json() {
    return { layout: write.layout, settings };
  }

  function tell(where: string): void {
    terminal.say("", "Settings to make on GitHub once, in the repository:");
    for (const { why, command: line } of settings) terminal.say(`  ${terminal.err.faint(`# ${why}`)}`, `  ${line}`);
    terminal.suggest(`baton check ${where}`, "finds nothing in these files");
  }

  function written() {
    return writing(delivery, terminal.cwd, () => writeWorkflows(delivery, write));
  }
}

/** Pins that a person, Dependabot or Renovate moved in the files that we wrote. */
function committedPins(root: string, mark: string) {
  const folder = join(root, ".github/workflows");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".yml")) : [];
  const texts = names.map((name) => readFileSync(join(folder, name), "utf8"));
  return pinsMovedIn(texts.filter((text) => text.includes(mark)));
}

function command(layout: Layout, { config }: GenerateOptions): string {
  return `baton generate github --layout ${layout}${config === undefined ? "" : ` --config ${config}`}`;
}

function writeOptions({ layout }: GenerateOptions, root: string): WriteOptions {
  const given = layout === undefined ? undefined : layouts.find((name) => name === layout);
  if (layout !== undefined && given === undefined) {
    throw new UsageError(`--layout ${layout}: there is no such layout`, { next: `use ${layouts.join(", ")}` });
  }
  const { settingsFile } = github;
  const file = join(root, settingsFile);
  if (!existsSync(file)) return { layout: given ?? "orchestrated" };
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8")) ?? {};
  } catch (error) {
    throw new UsageError(`${settingsFile} cannot be read: ${(error as Error).message}`);
  }
  const read = settingsFileSchema.safeParse(content);
  if (!read.success) throw new UsageError(`${settingsFile} is not accepted:\n${z.prettifyError(read.error)}`);
  return { ...(read.data as Partial<WriteOptions>), layout: given ?? read.data.layout ?? "orchestrated" };
}

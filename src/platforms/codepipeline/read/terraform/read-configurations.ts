/** All configurations of Terraform that belong to pipelines, whichever way their files are spelled. */

import type { SourceFile } from "../../../../findings/source.ts";
import type { FoundFiles } from "../find-files.ts";
import { folderOf } from "../find-terraform.ts";
import type { Node, SyntaxProblem } from "../tree/node.ts";
import { Configuration, resourceOf } from "./configuration.ts";
import { Budget } from "./evaluate/budget.ts";
import { type Configured, calledFolder, Module } from "./module/module.ts";
import { ModuleSource } from "./module/module-source.ts";
import { rootInputs } from "./module/root-inputs.ts";
import { asWritten } from "./syntax/as-written.ts";
import { loadParser } from "./syntax/parser.ts";
import { type ReadFile, readFile } from "./syntax/read-file.ts";

export interface TerraformFiles {
  readonly configurations: readonly Configuration[];
  /** Files that values come from, those that are read by a function included. */
  readonly sources: readonly SourceFile[];
  /** Every file as it is written, values of variables included. */
  readonly written: readonly { readonly source: SourceFile; readonly root: Node }[];
  /** At most one of each file. */
  readonly problems: readonly SyntaxProblem[];
}

export async function readConfigurations({
  terraform,
  read,
}: Pick<FoundFiles, "terraform" | "read">): Promise<TerraformFiles> {
  const parser = await loadParser();
  const files = terraform.map((source) => readFile(source, parser));
  const variableFiles = files.filter(({ source }) => /\.tfvars(\.json)?$/.test(source.path));
  const modules = modulesIn(files.filter((file) => !variableFiles.includes(file)));
  const opened = new Map<string, SourceFile | undefined>();
  const configurations = rootsOf(modules).map((source) => {
    const configured: Configured = {
      folder: source.folder,
      parser,
      budget: new Budget(),
      module: (folder) => modules.get(folder),
      read: (path) => {
        if (!opened.has(path)) opened.set(path, read(path));
        return opened.get(path);
      },
    };
    return configurationOf(source, configured, variableFiles);
  });
  return {
    configurations,
    get sources() {
      return [...terraform, ...[...opened.values()].flatMap((source) => source ?? [])];
    },
    written: files.map(({ source, root }) => ({ source, root: asWritten(root) })),
    problems: files.flatMap(({ problem }) => problem ?? []),
  };
}

function modulesIn(files: readonly ReadFile[]): Map<string, ModuleSource> {
  const folders = new Map<string, ReadFile[]>();
  for (const file of files) {
    const folder = folderOf(file.source.path);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return new Map([...folders].map(([folder, own]) => [folder, new ModuleSource(folder, own)]));
}

/** Modules that no other one uses. */
function rootsOf(modules: ReadonlyMap<string, ModuleSource>): ModuleSource[] {
  const all = [...modules.values()];
  const called = new Set(
    all.flatMap(({ folder, calls }) => [...calls.values()].flatMap((body) => calledFolder(folder, body) ?? [])),
  );
  const roots = all.filter(({ folder }) => !called.has(folder));
  return roots.length > 0 ? roots : all;
}

function configurationOf(source: ModuleSource, configured: Configured, files: readonly ReadFile[]): Configuration {
  const input = rootInputs(source, { files, budget: configured.budget });
  const module = new Module(source, { configured, prefix: "", depth: 0, input });
  return new Configuration({
    folder: source.folder,
    resources: [...module.instances()].map(resourceOf),
    isComplete: module.isComplete(),
  });
}

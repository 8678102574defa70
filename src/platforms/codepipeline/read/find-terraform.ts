/** Which folders of Terraform belong to pipelines: those that have one, the modules these use, and who uses those. */

import { posix } from "node:path";
import type { SourceFile } from "../../../findings/source.ts";

/** A word without which no file of Terraform makes a pipeline. */
const marker = '"aws_codepipeline"';

const isConfiguration = (path: string): boolean => /\.tf(\.json)?$/.test(path);
const isValues = (path: string): boolean => /\.tfvars(\.json)?$/.test(path);

export function isTerraform(path: string): boolean {
  return isConfiguration(path) || isValues(path);
}

export interface TerraformSearch {
  /** Candidates, from the root of the search. */
  readonly paths: readonly string[];
  /** Names of the files of a folder. */
  list(folder: string): readonly string[];
  /** Whether a word occurs in a file. */
  mentions(path: string, word: string): boolean;
  read(path: string): SourceFile | undefined;
}

/** Files of these folders, sorted; none where no pipeline is. */
export function findTerraform({ paths, list, mentions, read }: TerraformSearch): SourceFile[] {
  const sources = new Map<string, SourceFile | undefined>();
  const readOnce = (path: string): SourceFile | undefined => {
    if (!sources.has(path)) sources.set(path, read(path));
    return sources.get(path);
  };
  const candidates = paths.filter(isConfiguration);
  const holders = candidates.filter((path) => mentions(path, marker));
  if (holders.length === 0) return [];
  const calls = (path: string): string[] => foldersCalled(path, readOnce(path)?.text ?? "");
  const needed = callers(
    new Set(holders.map(folderOf)),
    candidates.map((path) => ({ from: folderOf(path), to: calls(path) })),
  );
  for (const folder of needed) {
    // What is added while it is walked over is walked over as well.
    for (const path of filesIn(folder, list).filter(isConfiguration))
      for (const called of calls(path)) needed.add(called);
  }
  const files = new Set([...needed].flatMap((folder) => filesIn(folder, list)));
  for (const path of paths) if (isValues(path) && isNear(folderOf(path), needed)) files.add(path);
  return [...files].sort().flatMap((path) => readOnce(path) ?? []);
}

function filesIn(folder: string, list: TerraformSearch["list"]): string[] {
  return list(folder)
    .filter(isTerraform)
    .map((name) => (folder === "" ? name : `${folder}/${name}`));
}

/** These folders and all that use one of them, however far away. */
function callers(
  folders: ReadonlySet<string>,
  calls: readonly { readonly from: string; readonly to: readonly string[] }[],
): Set<string> {
  const found = new Set(folders);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { from, to } of calls) if (to.some((folder) => found.has(folder))) found.add(from);
  }
  return found;
}

/** Values for several environments are often kept in a folder beside the module or below it. */
function isNear(folder: string, needed: ReadonlySet<string>): boolean {
  return [...needed].some((each) => {
    const around = folderOf(each);
    return around === "" || folder === around || folder.startsWith(`${around}/`);
  });
}

function foldersCalled(path: string, text: string): string[] {
  return [...text.matchAll(/\bsource"?\s*[=:]\s*"(\.\.?(?:\/[^"\n$]*)?)"/g)].flatMap(
    (match) => localFolder(folderOf(path), match[1]!) ?? [],
  );
}

/** The folder that `./x` or `../x` names, from the root; undefined for modules from elsewhere. */
export function localFolder(from: string, source: string): string | undefined {
  if (!/^\.\.?(\/|$)/.test(source)) return undefined;
  const path = posix.normalize(posix.join(from, source)).replace(/\/$/, "");
  return path.startsWith("..") ? undefined : path === "." ? "" : path;
}

export function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "" : path.slice(0, end);
}

/** Folders of the repository that others are made of: packages of one workspace, modules that are replaced by a path. */

import { type CalledFiles, pathFrom } from "../../../shell/called/called-files.ts";
import { readPackage, workspacePackages } from "../../../shell/called/package-scripts.ts";
import { textKey } from "../../../shell/words.ts";

const MAX_FOLDERS = 100;

/** Directly, and through each other; the folder itself is not among them. */
export function bundledWith(files: CalledFiles, folder: string): string[] {
  const found = new Set<string>();
  const open = [folder];
  let members: ReadonlyMap<string, string> | undefined;
  const foldersByName = () => (members ??= workspaceFolders(files));
  for (let at = open.pop(); at !== undefined && found.size < MAX_FOLDERS; at = open.pop()) {
    for (const inside of [...packagesIn(files, at, foldersByName), ...modulesIn(files, at)]) {
      if (inside === folder || found.has(inside)) continue;
      found.add(inside);
      open.push(inside);
    }
  }
  return [...found].sort();
}

function packagesIn(files: CalledFiles, folder: string, foldersByName: () => ReadonlyMap<string, string>): string[] {
  const { dependencies = [] } = readPackage(`${folder}/package.json`, files) ?? {};
  return dependencies.flatMap((name) => foldersByName().get(name) ?? []);
}

/** Of the packages of the repository's workspace, by their names. */
function workspaceFolders(files: CalledFiles): ReadonlyMap<string, string> {
  const root = readPackage("package.json", files);
  const packages = root ? workspacePackages(root, files) : [];
  return new Map(packages.map(({ name, path }) => [name, path.replace(/\/package\.json$/, "")]));
}

/** `replace example.com/shared => ../shared` in a go.mod. */
function modulesIn(files: CalledFiles, folder: string): string[] {
  const text = files.text(`${folder}/go.mod`) ?? "";
  return [...text.matchAll(/=>[ \t]+(\.\.?\/\S+)/g)].flatMap(([, path]) => pathFrom(textKey(folder), path!) ?? []);
}

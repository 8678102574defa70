/** Folders of the repository that others are made of: packages of one workspace, modules that are replaced by a path. */

import { type CalledFiles, pathFrom } from "../../../shell/called/called-files.ts";
import { readPackage, workspacePackages } from "../../../shell/called/package-scripts.ts";
import { textKey } from "../../../shell/words.ts";

const MAX_FOLDERS = 100;

/** Directly, and through each other; the folder itself is not among them. */
export function bundledWith(files: CalledFiles, folder: string): string[] {
  const found = new Set<string>();
  const open = [folder];
  for (let at = open.pop(); at !== undefined && found.size < MAX_FOLDERS; at = open.pop()) {
    for (const inside of [...packagesIn(files, at), ...modulesIn(files, at)]) {
      if (inside === folder || found.has(inside)) continue;
      found.add(inside);
      open.push(inside);
    }
  }
  return [...found].sort();
}

function packagesIn(files: CalledFiles, folder: string): string[] {
  const own = readPackage(`${folder}/package.json`, files);
  const root = own && own.dependencies.length > 0 ? readPackage("package.json", files) : undefined;
  if (!own || !root) return [];
  const members = new Map(workspacePackages(root, files).map((each) => [each.name, each.path]));
  return own.dependencies.flatMap((name) => members.get(name)?.replace(/\/package\.json$/, "") ?? []);
}

/** `replace example.com/shared => ../shared` in a go.mod. */
function modulesIn(files: CalledFiles, folder: string): string[] {
  const text = files.text(`${folder}/go.mod`) ?? "";
  return [...text.matchAll(/=>[ \t]+(\.\.?\/\S+)/g)].flatMap(([, path]) => pathFrom(textKey(folder), path!) ?? []);
}

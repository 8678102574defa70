import type { Trigger } from "./document.ts";
import { sourceAction } from "./fixed-names.ts";
import type { Line } from "./lines.ts";
import { path } from "./names.ts";

/** Patterns in one list of a trigger, and characters of one. */
const patternLimit = 8;
const longestPattern = 255;

/**
 * Pushes to the line's branch, of paths that belong to one of its pipelines. Wider than the definition where a trigger
 * cannot say as much: a run too many changes nothing, a run too few is a release that nobody deploys.
 */
export function triggerOf({ branch, pipelines }: Line, root: string): Trigger {
  const globs = pipelines.map(({ triggers }) => triggers.paths);
  const paths = new Set<string>();
  for (const list of globs) {
    const included = list.filter((glob) => !glob.startsWith("!"));
    if (included.length === 0) return { source: sourceAction, branches: [branch], paths: whole(root) };
    for (const glob of included) paths.add(wider(path(root, glob)));
  }
  const fits = paths.size <= patternLimit && [...paths].every((glob) => glob.length <= longestPattern);
  return { source: sourceAction, branches: [branch], paths: fits ? [...paths] : whole(root) };
}

const whole = (root: string) => (root === "" ? [] : [`${root}/**`]);

/**
 * `?`, `+` and brackets mean other things there: what stands from the first of them on is left open. A folder is wanted
 * where `**` and a slash stand, and here it may be none.
 */
function wider(glob: string): string {
  const at = glob.search(/[?+[\\{]/);
  const open = at === -1 ? glob : `${glob.slice(0, at).replace(/[^/]*$/, "")}**`;
  return open.replaceAll("**/", "**");
}

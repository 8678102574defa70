import { sourceAction } from "./fixed-names.ts";
import type { Trigger } from "./infrastructure.ts";
import { limits } from "./limits.ts";
import { path } from "./names.ts";
import type { WriteOptions } from "./options.ts";
import type { ReleaseLine } from "./release-lines.ts";

/**
 * Pushes to the line's branch, or pull requests for it, of paths that belong to one of its pipelines. Wider than the
 * definition where a trigger cannot say as much: a run too many changes nothing, a run too few is a release that nobody
 * deploys. None for a source that has no triggers: a rule of EventBridge hears of it.
 */
export function triggersOf(
  { branch, pipelines, runsFor }: ReleaseLine,
  { root, settings: { source } }: Pick<WriteOptions, "root" | "settings">,
): Trigger[] {
  if (source.type !== "connection") return [];
  const isAsked = runsFor === "pull requests";
  // A tag has no paths: nobody says what it is compared with.
  if (source.tags && !isAsked)
    return [{ source: sourceAction, on: "push", branches: [], tags: source.tags, paths: [] }];
  const paths = pathsOf(pipelines, root);
  // What was closed needs no checks any more; merged, it is a push.
  return [{ source: sourceAction, on: isAsked ? ["OPEN", "UPDATED"] : "push", branches: [branch], tags: [], paths }];
}

function pathsOf(pipelines: ReleaseLine["pipelines"], root: string): string[] {
  const paths = new Set<string>();
  for (const { triggers } of pipelines) {
    const included = triggers.paths.filter((glob) => !glob.startsWith("!"));
    if (included.length === 0) return whole(root);
    for (const glob of included) paths.add(wider(path(root, glob)));
  }
  const { patterns, pattern } = limits.codepipeline;
  const fits = paths.size <= patterns && [...paths].every((glob) => glob.length <= pattern);
  return fits ? [...paths] : whole(root);
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

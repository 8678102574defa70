import { ArtifactError, entryName } from "./artifact-error.ts";
import type { Entry } from "./entry.ts";

/** As many links as Linux follows before it gives up. */
const maxHops = 40;

/**
 * Every link must be relative and stay inside the artifact, also on its way and through other links: what lies outside is
 * not carried along, and could be anything where the artifact is laid. A link to something that is not there may stay.
 */
export function requireLinksInside(entries: ReadonlyMap<string, Entry>): void {
  for (const entry of entries.values()) {
    if (entry.kind !== "link") continue;
    const problem = follow(entry.path, entries);
    if (problem) {
      throw new ArtifactError(
        `${entryName(entry.path)} is a link to '${entry.target}', which ${problem}. ` +
          "Copy what it points to into the artifact, or make the link relative and inside.",
      );
    }
  }
}

/** Walks the way of a path as the kernel would, with the artifact in place of the file system; what is wrong with it. */
function follow(path: string, entries: ReadonlyMap<string, Entry>): string | undefined {
  const at: string[] = [];
  const ahead = path.split("/").reverse();
  let hops = 0;
  for (;;) {
    const name = ahead.pop();
    if (name === undefined) return undefined;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (at.length === 0) return "leads out of the artifact";
      at.pop();
      continue;
    }
    at.push(name);
    const entry = entries.get(at.join("/"));
    if (entry?.kind !== "link") continue;
    if (entry.target === "") return "is empty";
    if (entry.target.startsWith("/")) return "is absolute";
    if (entry.target.includes("\0")) return "contains a character that no path can have";
    hops++;
    if (hops > maxHops) return "goes round in circles";
    at.pop();
    ahead.push(...entry.target.split("/").reverse());
  }
}

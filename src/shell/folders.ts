/** Folders as names in pieces, relative to the root of the checkout. */

import type { Key } from "../facts/access.ts";
import { dropLeading, joinKeys, leadingText, textKey } from "./words.ts";

/** `./a/b/` and `a/b` are one folder, and `.` is the root. */
export function normalFolder(folder: Key): Key {
  const parts = folder.map((part, i) => {
    if (part.kind !== "text") return part;
    let text = part.text;
    if (i === 0) text = text.replace(/^(\.\/+)+/, "").replace(/^\.$/, "");
    if (i === folder.length - 1) text = text.replace(/\/+$/, "");
    return { ...part, text };
  });
  return parts.filter((part) => part.kind !== "text" || part.text !== "");
}

export function subfolder(folder: Key, inside: Key): Key {
  const target = normalFolder(inside);
  if (target.length === 0) return folder;
  const text = target[0]?.kind === "text" ? target[0].text : "";
  if (folder.length === 0 || text.startsWith("/") || text.startsWith("~")) return target;
  const joined = joinKeys([folder, target], "/");
  // `a/../b` is `b`; only plain text can be shortened.
  const plain = joined.length === 1 && joined[0]?.kind === "text" ? joined[0].text : undefined;
  return plain?.includes("..") ? textKey(shorten(plain)) : joined;
}

/** A path from the root of the checkout, where it is told by a variable that holds that root. */
export function inCheckout(path: Key, roots: ReadonlySet<string>): Key | undefined {
  const [first, ...rest] = path;
  if (first?.kind !== "variable" || !roots.has(first.name)) return undefined;
  if (rest.length > 0 && !leadingText(rest).startsWith("/")) return undefined;
  return normalFolder(dropLeading(rest, 1));
}

function shorten(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

import { createHash } from "node:crypto";
import { ArtifactError, entryName } from "./artifact-error.ts";
import type { Entry } from "./entry.ts";
import { requireLinksInside } from "./links.ts";

const header = "baton artifact 1";
const maxEntries = 1_000_000;
const maxPathBytes = 4_000;

/**
 * The one way to write down an artifact: a header, then a line of JSON for each entry, sorted by the bytes of the path.
 * The same files give the same text on every machine; the artifact's digest is the SHA-256 of it.
 *
 *     baton artifact 1
 *     ["directory",""]
 *     ["file","index.html",false,512,"sha256:…"]
 *     ["link","latest","index.html"]
 */
export function writeListing(entries: readonly Entry[]): string {
  requireSound(entries);
  const lines = inListingOrder(entries).map((entry) => JSON.stringify(fields(entry)));
  return `${[header, ...lines].join("\n")}\n`;
}

/** Reads a listing back and trusts nothing in it: whatever could lead outside the artifact is refused by name. */
export function readListing(text: string): Entry[] {
  const entries = entriesIn(text);
  if (writeListing(entries) !== text) throw new ArtifactError("its listing is damaged: it is not in the one order");
  return entries;
}

/** What a listing says, for whoever touches no path of it: whether it is sound is not looked at. */
export function entriesIn(text: string): Entry[] {
  const lines = text.split("\n");
  if (lines[0] !== header)
    throw new ArtifactError(`its listing is of a kind that this Baton does not know (${lines[0]})`);
  return lines.slice(1, -1).map(parsed);
}

/** By the bytes of the path. */
export function inListingOrder<Item extends { path: string }>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: Buffer.from(item.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ item }) => item);
}

export function digestOf(content: string | Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

export function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === "file" ? entry.sizeBytes : 0), 0);
}

/** Names that a folder entry cannot have. Returns what is wrong with it. */
export function nameProblem(name: string): string | undefined {
  if (name === "" || name === "." || name === "..") return "is not a name but a way to another folder";
  if (name.includes("/") || name.includes("\0")) return "contains a character that no file name can have";
  return undefined;
}

function fields(entry: Entry): unknown[] {
  switch (entry.kind) {
    case "directory":
      return ["directory", entry.path];
    case "file":
      return ["file", entry.path, entry.executable, entry.sizeBytes, entry.digest];
    case "link":
      return ["link", entry.path, entry.target];
    default:
      return entry satisfies never;
  }
}

function parsed(line: string): Entry {
  const [kind, path, ...rest] = JSON.parse(line) as unknown[];
  if (typeof path === "string") {
    if (kind === "directory" && rest.length === 0) return { kind, path };
    const [first, sizeBytes, digest] = rest;
    if (kind === "link" && typeof first === "string" && rest.length === 1) return { kind, path, target: first };
    if (
      kind === "file" &&
      typeof first === "boolean" &&
      Number.isSafeInteger(sizeBytes) &&
      typeof digest === "string" &&
      isDigest(digest)
    ) {
      return { kind, path, executable: first, sizeBytes: sizeBytes as number, digest };
    }
  }
  throw new ArtifactError(`its listing is damaged: ${line.slice(0, 200)}`);
}

export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** Every entry lies in a folder of the artifact, once, under a real name; links stay inside. */
function requireSound(entries: readonly Entry[]): void {
  if (entries.length > maxEntries) throw new ArtifactError(`it has more than ${maxEntries} files: archive them first`);
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const root = byPath.get("");
  if (root === undefined || root.kind === "link" || (root.kind === "file" && entries.length > 1)) {
    throw new ArtifactError("it is neither a folder nor a single file");
  }
  if (byPath.size !== entries.length) throw new ArtifactError("its listing names a path twice");
  for (const { path } of entries) {
    if (path === "") continue;
    if (Buffer.byteLength(path) > maxPathBytes) throw new ArtifactError(`the path ${entryName(path)} is too long`);
    const slash = path.lastIndexOf("/");
    const problem = path.startsWith("/") ? "is absolute" : nameProblem(path.slice(slash + 1));
    if (problem) throw new ArtifactError(`${entryName(path)} ${problem}`);
    const parent = byPath.get(path.slice(0, Math.max(slash, 0)));
    if (parent?.kind !== "directory") {
      throw new ArtifactError(`${entryName(path)} does not lie in a folder of the artifact`);
    }
  }
  requireLinksInside(byPath);
}

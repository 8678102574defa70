import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";

/** A file, a link (its target) or a folder, as a test describes it. */
export type Tree = { file: string; executable: boolean } | { link: string } | { [name: string]: Tree };

const name = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
    fc.constantFrom("a", "b", ".hidden", "a b", "-rf", "\n", "\\", "ü"),
  )
  .filter(
    (text) => !/[/\0]/.test(text) && text !== "." && text !== ".." && text.isWellFormed() && text !== "__proto__",
  );

/** Folders of any shape whose links, where there are any, point at something beside them. */
export const anyTree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; file: Tree; folder: Tree }>((tie) => ({
  file: fc.record({ file: fc.string({ maxLength: 40 }), executable: fc.boolean() }),
  folder: fc.dictionary(name, tie("tree"), { maxKeys: 5, noNullPrototype: true }).map(withLink),
  tree: fc.oneof({ maxDepth: 3, depthIdentifier: "tree" }, tie("file"), tie("folder")),
})).folder;

function withLink(folder: { [name: string]: Tree }): Tree {
  const [first] = Object.keys(folder);
  return first === undefined || "zzz-link" in folder ? folder : { ...folder, "zzz-link": { link: `./${first}` } };
}

export function writeTree(path: string, tree: Tree): void {
  if (isFile(tree)) {
    writeFileSync(path, tree.file);
    chmodSync(path, tree.executable ? 0o755 : 0o644);
  } else if (isLink(tree)) {
    symlinkSync(tree.link, path);
  } else {
    mkdirSync(path);
    for (const [entry, part] of Object.entries(tree)) writeTree(join(path, entry), part);
  }
}

export function readTreeBack(path: string): Tree {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return { link: readlinkSync(path) };
  if (stats.isFile()) return { file: readFileSync(path, "utf8"), executable: (stats.mode & 0o100) !== 0 };
  return Object.fromEntries(
    readdirSync(path)
      .sort()
      .map((entry) => [entry, readTreeBack(join(path, entry))]),
  );
}

function isFile(tree: Tree): tree is { file: string; executable: boolean } {
  return "file" in tree && typeof tree.file === "string";
}

function isLink(tree: Tree): tree is { link: string } {
  return "link" in tree && typeof tree.link === "string";
}

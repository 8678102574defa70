import assert from "node:assert/strict";
import { test } from "node:test";
import { showKey } from "../../src/facts/show-key.ts";
import { readScript } from "../../src/shell/script.ts";
import { textKey } from "../../src/shell/words.ts";

const at = { source: { path: "x", text: "", byteOrderMark: false }, start: 0, end: 0 };

/** Where each command runs. */
function places(...texts: readonly string[]): string[] {
  const scripts = texts.map((text) => ({ raw: text, parts: [{ kind: "text", text } as const], at }));
  const known = { values: new Map([["DIR", textKey("given")]]), roots: new Set(["ROOT"]) };
  return readScript(scripts, known).map(({ program, folder }) => `${program} ${showKey(folder)}`.trim());
}

test("folders are followed, also from one text to the next", () => {
  assert.deepEqual(places("cd a", "x; cd b && y", "z"), ["x a", "y a/b", "z a/b"]);
  assert.deepEqual(places("cd a; cd -; x; pushd b; y; pushd c; z; popd; y; popd; x"), [
    "x",
    "y b",
    "z b/c",
    "y b",
    "x",
  ]);
  assert.deepEqual(places("cd a; cd /b; x; cd ~/c; y"), ["x /b", "y ~/c"]);
});

test("a shell inside of another leaves that one where it is", () => {
  assert.deepEqual(places("cd a; (cd b; x); y; z $(cd c; x) d; v"), ["x a/b", "y a", "x a/c", "z a", "v a"]);
  assert.deepEqual(places("case $x in\n a) cd b; y ;;\nesac\n(cd c; (cd d; x); y); z"), [
    "a",
    "y b",
    "x b/c/d",
    "y b/c",
    "z b",
  ]);
});

test("the root of the checkout by its variable, and variables that are known", () => {
  assert.deepEqual(places("cd a; cd $ROOT/b; x; cd ${ROOT}; y; cd $ROOT$DIR; z"), ["x b", "y", "z $ROOTgiven"]);
  assert.deepEqual(places("cd $DIR; x", "DIR=b; cd $DIR; y"), ["x b", "y b/b"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { isDotGit, leadsIntoGit } from "../../src/model/dot-git.ts";

test("every name that a file system takes for .git is told from those that only look like it", () => {
  for (const name of [
    ".git",
    ".GIT",
    ".giT",
    ".git ",
    ".git..",
    ".git. .",
    "git~1",
    "GIT~1",
    ".git::$INDEX_ALLOCATION",
    ".g\u200cit",
    "\u{feff}.git",
  ])
    assert.ok(isDotGit(name), JSON.stringify(name));
  for (const name of [
    "",
    "git",
    ".gitignore",
    ".github",
    ".gitmodules",
    "git~2",
    ".git-backup",
    "a.git",
    ". git",
    "..git",
  ])
    assert.ok(!isDotGit(name), JSON.stringify(name));
});

test("a path leads into .git when what is left of it after .. does", () => {
  for (const path of [".git", "./.git/", "a/../.git/hooks", "vendor/lib/.git", "a//.git"])
    assert.ok(leadsIntoGit(path), path);
  for (const path of ["", ".", ".git/../a", "a/.gitkeep", "dist"]) assert.ok(!leadsIntoGit(path), path);
});

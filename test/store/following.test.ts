import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { followingOf, noteChange, noteFollowing } from "../../src/store/following.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const following = { process: 7, place: "the journal", delivery: "shop", change: 3, hasLed: false };

test("what a folder is a copy of is read as it was noted", (t) => {
  const folder = temporaryFolder(t);
  assert.equal(followingOf(folder), undefined, "it is its own");
  noteChange(folder, 5);
  assert.equal(followingOf(folder), undefined, "and stays so");
  noteFollowing(folder, following);
  noteChange(folder, 5);
  assert.deepEqual(followingOf(folder), { ...following, change: 5 });
});

test("a note that is cut, empty or something else is damage, and never a folder of one's own", (t) => {
  const folder = temporaryFolder(t);
  for (const text of ["", "{", "null", "3", "[]", "{}", JSON.stringify({ ...following, change: "3" })]) {
    writeFileSync(join(folder, "following.json"), text);
    assert.throws(() => followingOf(folder), { code: "damaged" }, text);
  }
});

/** The nine workflows as they are usually written: what `baton check` says about them, and that the README of the example repeats it. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { rules as all } from "../../src/check/rules.ts";
import { checkComplaints, readBack } from "../platforms/github/write/accept.ts";
import { exampleFolder } from "../platforms/github/write/deliveries.ts";

const known = new Set<string>(all.map(({ id }) => id));
const folder = fileURLToPath(new URL("literal", import.meta.url));

test("baton check finds the races of the literal version, and the example's README names them", () => {
  const files = readdirSync(folder).map((name) => ({
    path: `.github/workflows/${name}`,
    text: readFileSync(join(folder, name), "utf8"),
  }));
  const found = [...new Set(checkComplaints(readBack(files)).map((line) => line.split(" ")[1]!))].sort();
  const readme = readFileSync(join(exampleFolder("lambda-terraform"), "README.md"), "utf8");
  assert.deepEqual(
    found.filter((rule) => !readme.includes(`\`${rule}\``)),
    [],
  );
  const named = [...readme.matchAll(/\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|/g)].flatMap(([, rules]) =>
    rules!
      .split(", ")
      .map((rule) => rule.slice(1, -1))
      .filter((rule) => known.has(rule)),
  );
  assert.ok(named.length >= 5);
  assert.deepEqual(
    named.filter((rule) => !found.includes(rule)),
    [],
  );
});

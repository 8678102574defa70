import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { rules } from "../../src/check/rules.ts";
import { fullDepth } from "../lane/needs.ts";
import { casesOf, checkFolder, lines, updates } from "./cases.ts";

describe("repositories with a mistake", () => {
  for (const { rule, name, folder } of casesOf("err")) {
    test(`${rule}/${name}`, async () => {
      const { findings } = await checkFolder(folder);
      assert.deepEqual([...new Set(findings.map((finding) => finding.rule))], [rule], lines(findings));
      const expected = join(folder, "expected.txt");
      if (updates) writeFileSync(expected, lines(findings));
      assert.equal(lines(findings), readFileSync(expected, "utf8"));
    });
  }
});

describe("repositories that are right", () => {
  for (const { rule, name, folder } of casesOf("ok")) {
    test(`${rule}/${name}`, async () => {
      assert.equal(lines((await checkFolder(folder)).findings), "");
    });
  }
});

test("every rule has an example of both kinds", () => {
  // What another branch holds is not in files; `facts/default-branch.test.ts` shows it.
  const shown = rules.filter((rule) => rule.id !== "workflow-run-file-not-on-default-branch");
  for (const kind of ["err", "ok"]) {
    const missing = shown.filter((rule) => !existsSync(join(import.meta.dirname, kind, rule.id, "example")));
    assert.deepEqual(
      missing.map((rule) => rule.id),
      [],
      `without ${kind}/<rule>/example`,
    );
  }
});

test("every folder of fixtures is a rule", () => {
  const ids = new Set(rules.map((rule) => rule.id));
  const unknown = [...casesOf("err"), ...casesOf("ok")].filter(({ rule }) => !ids.has(rule));
  assert.deepEqual(unknown, []);
});

test("checking the same files again gives the same findings in the same order", fullDepth(), async () => {
  for (const { folder } of casesOf("err")) {
    assert.equal(lines((await checkFolder(folder)).findings), lines((await checkFolder(folder)).findings));
  }
});

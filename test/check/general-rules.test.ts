/** docs/check.md says of every general rule whether it looks at CodePipelines; fixtures show that it does. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { rules } from "../../src/check/rules.ts";
import { settingsFile } from "../../src/check/settings.ts";
import { casesOf } from "./cases.ts";

const page = readFileSync(new URL("../../docs/check.md", import.meta.url), "utf8");
const [, told = "", rest = ""] = /### General rules\n([\s\S]*?)\nAnd these do not:\n([\s\S]*?)\n## /.exec(page) ?? [];
const idsIn = (text: string) => [...text.matchAll(/^\| \[([\w-]+)\]\(rules\/\1\.md\) \| \S/gm)].map(([, id]) => id!);
const isAboutAws = ({ url }: { readonly url: string }) => url.startsWith("https://docs.aws.amazon.com/");

test("every general rule is in one of the two tables", () => {
  const general = rules.filter((rule) => !isAboutAws(rule)).map(({ id }) => id);
  assert.deepEqual([...idsIn(told), ...idsIn(rest)].sort(), general.sort());
  assert.match(told, /^\nThirteen rules are about CodePipelines alone/);
  assert.equal(rules.filter(isAboutAws).length, 13);
});

/** A pipeline stands outside of the folder of workflows. */
function hasPipeline(folder: string): boolean {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).some(
    (name) =>
      !name.startsWith(".github") &&
      /\.(ya?ml|json)$/.test(name) &&
      !name.endsWith("package.json") &&
      name !== settingsFile,
  );
}

test("those that look at CodePipelines have examples of both kinds, the others none", () => {
  for (const kind of ["err", "ok"] as const) {
    const shown = new Set(casesOf(kind).flatMap(({ rule, folder }) => (hasPipeline(folder) ? [rule] : [])));
    assert.deepEqual(
      idsIn(told).filter((id) => !shown.has(id)),
      [],
      `without a pipeline in ${kind}`,
    );
    if (kind === "err")
      assert.deepEqual(
        idsIn(rest).filter((id) => shown.has(id)),
        [],
      );
  }
});

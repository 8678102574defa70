/** docs/definition.md says what a step has; this asks one. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sandbox } from "./sandbox.ts";

const page = readFileSync(new URL("../../docs/definition.md", import.meta.url), "utf8");
const section = /^### What a step has\n([\s\S]*?)^`sh` is written/m.exec(page)![1]!;

test("a step has the variables that the page lists, those of the shell, and no secret of another job", async (t) => {
  // With nothing but the shell: it runs where there is no sed.
  const names = 'case "$name" in BATON_TEST_*) ;; BATON_*|FROM_SHELL|TOKEN) echo "$name" ;; esac';
  const script = `env | while IFS== read -r name _; do ${names}; done | sort >> ../../../../found`;
  const box = sandbox(t, {
    files: {
      ".gitignore": "found\n",
      "baton.yaml": `name: shop
environments: { dev: {} }
pipelines:
  web:
    jobs:
      look: { deploys: true, steps: [${JSON.stringify(script)}] }
      other: { needs: look, env: { T: { secret: TOKEN } }, steps: ['test "$T" = hidden'] }
`,
    },
  });
  Object.assign(box.env, { FROM_SHELL: "yes", TOKEN: "hidden", BATON_OUTPUT: "/of/another/run" });
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 0, stderr);
  const rows = [...section.matchAll(/^\| (`BATON_.*?) \|/gm)].map(([, names]) => names!);
  const named = rows.flatMap((row) => [...row.matchAll(/`(BATON_\w+)`/g)].map(([, name]) => name!));
  const listed = named.filter((name) => name !== "BATON_PULL_REQUEST");
  assert.equal(listed.length, named.length - 1, "nothing is a preview here");
  assert.deepEqual(box.read("found").trim().split("\n"), [...listed, "FROM_SHELL"].sort());
});

test("nothing can be typed into a step: what asks sees the end at once", async (t) => {
  const box = sandbox(t, {
    files: {
      "baton.yaml":
        "name: shop\nenvironments: { dev: {} }\npipelines:\n  web:\n    jobs:\n      ask: { steps: ['! read -r answer'] }\n",
    },
  });
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 0, stderr);
});

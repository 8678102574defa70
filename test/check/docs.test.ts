import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { consoleCalls, titledFiles, withOutputs } from "../cli/console-blocks.ts";
import { batonFile, sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";

const pageFile = new URL("../../docs/check.md", import.meta.url);
const actionFile = new URL("../../action.yml", import.meta.url);

test("every command of the page prints what the page says (UPDATE=1 writes it anew)", fullDepth(), (t) => {
  const page = readFileSync(pageFile, "utf8");
  const box = sandbox(t, { files: titledFiles(page) });
  const { NODE_TEST_CONTEXT, FORCE_COLOR, CI, GITHUB_STEP_SUMMARY, ...surroundings } = process.env;
  const env = { ...surroundings, ...box.env, PATH: `${dirname(batonFile)}:${process.env.PATH}` };
  const outputs = consoleCalls(page).map(({ command }) =>
    execFileSync("bash", ["-c", `{ ${command}\n} 2>&1; true`], { cwd: box.root, env, encoding: "utf8" }),
  );
  const anew = withOutputs(page, outputs);
  if (process.env.UPDATE === "1") writeFileSync(pageFile, anew);
  assert.equal(readFileSync(pageFile, "utf8"), anew);
});

test("the page and the action name the same inputs, with the same defaults", () => {
  const { inputs } = parse(readFileSync(actionFile, "utf8")) as { inputs: Record<string, { default: string }> };
  const rows = readFileSync(pageFile, "utf8").matchAll(/^\| `([\w-]+)` \| (?:`([^`]+)` )?\|/gm);
  const shown = Object.fromEntries(Array.from(rows, ([, name, value]) => [name!, value ?? ""]));
  assert.deepEqual(shown, Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default])));
});

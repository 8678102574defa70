import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { consoleCalls, normalised, titledFiles, withOutputs } from "./console-blocks.ts";
import { batonFile, sandbox } from "./sandbox.ts";

const pages = [
  { name: "cli.md", files: { "infra/main.tf": "" } },
  { name: "operate.md", files: {} },
];

/** Jobs that run side by side may pass in either order: lines with a time are compared as a set. */
function inAnyOrder(text: string): string {
  const lines = normalised(text).split("\n");
  const timed = lines.filter((line) => line.startsWith("TIME ")).sort();
  return [...lines.filter((line) => !line.startsWith("TIME ")), ...timed].join("\n");
}

for (const { name, files } of pages) {
  test(`every command in docs/${name} prints what the page says`, fullDepth(), (t) => {
    const pageFile = new URL(`../../docs/${name}`, import.meta.url);
    const page = readFileSync(pageFile, "utf8");
    const box = sandbox(t, { files: { ...titledFiles(page), ...files } });
    const { NODE_TEST_CONTEXT, FORCE_COLOR, CI, ...surroundings } = process.env;
    const env = { ...surroundings, ...box.env, GITHUB_ACTOR: "ada", PATH: `${dirname(batonFile)}:${process.env.PATH}` };
    const calls = consoleCalls(page);
    const outputs = calls.map(({ command }) =>
      execFileSync("bash", ["-c", `{ ${command}\n} 2>&1; true`], { cwd: box.root, env, encoding: "utf8" }),
    );
    if (process.env.UPDATE) writeFileSync(pageFile, withOutputs(page, outputs));
    const shown = consoleCalls(readFileSync(pageFile, "utf8"));
    calls.forEach(({ command }, at) => {
      assert.equal(
        inAnyOrder(outputs[at]!),
        inAnyOrder(shown[at]!.output),
        `$ ${command} (UPDATE=1 writes the page anew)`,
      );
    });
  });
}

/** Broken configurations are told, never fatal: lines lost, doubled, cut, swapped, and pieces of one in another. Seeded. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { check } from "../../../../../src/check/check.ts";
import { joinFacts } from "../../../../../src/facts/join-facts.ts";
import { codepipelineFacts } from "../../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readFound } from "../../../../../src/platforms/codepipeline/read/repository.ts";
import { codepipelinePlatform } from "../../../../../src/platforms/codepipeline/simulate/platform.ts";
import { githubFacts } from "../../../../../src/platforms/github/facts/github-facts.ts";
import { readTexts } from "../../../../../src/platforms/github/read/repository.ts";
import { createSimulator } from "../../../../../src/simulation/simulator.ts";
import { tries } from "../../../../lane/depth.ts";
import { fullDepth } from "../../../../lane/needs.ts";
import { sourceOf } from "./module.ts";

const root = join(import.meta.dirname, "../../../../check");
const folders = ["err", "ok"].flatMap((kind) =>
  readdirSync(join(root, kind)).map((rule) => join(root, kind, rule, "terraform")),
);
const configurations = [
  ...folders,
  join(import.meta.dirname, "spellings/hcl"),
  join(import.meta.dirname, "spellings/json"),
]
  .map((folder) => filesIn(folder))
  .filter((files) => files.length > 0);

function filesIn(folder: string): { readonly path: string; readonly text: string }[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(tf|tf\.json|tfvars|ya?ml)$/.test(name))
      .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
  } catch {
    return [];
  }
}

const odd = [
  "",
  "{",
  "}",
  '"',
  "${",
  "%{ for x in y }",
  "<<EOT",
  "[for a in b : a",
  "null",
  "(",
  "var.",
  "each.value.x",
  "é𝒳",
  "=",
  "*/",
  "/*",
];
const change = fc.record({ kind: fc.nat({ max: 6 }), line: fc.nat({ max: 200 }), other: fc.nat({ max: 200 }) });

function changed(text: string, changes: readonly { kind: number; line: number; other: number }[]): string {
  const lines = text.split("\n");
  for (const { kind, line, other } of changes) {
    const at = line % lines.length;
    const piece = odd[other % odd.length]!;
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, lines[other % lines.length]!);
    else if (kind === 2) lines[at] = lines[other % lines.length]!;
    else if (kind === 3) lines[at] = lines[at]!.replace(/=.*/, () => `= ${piece}`);
    else if (kind === 4) lines[at] = lines[at]!.slice(0, other % 80);
    else if (kind === 5) lines[at] = lines[at]!.slice(0, other % 40) + piece + lines[at]!.slice(other % 40);
    else lines.splice(at, lines.length);
    if (lines.length === 0) lines.push("");
  }
  return lines.join("\n");
}

test("no change of a configuration makes the check fail", fullDepth(), async () => {
  const github = githubFacts(readTexts(new Map()));
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: configurations.length - 1 }),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      async (index, changes) => {
        const files = configurations[index]!.map(({ path, text }) => sourceOf(path, changed(text, changes)));
        const read = await readFound({
          root: "",
          focus: undefined,
          pipelines: [],
          beside: [],
          terraform: files.filter(({ path }) => /\.(tf|tf\.json|tfvars)$/.test(path)),
          read: (path) => files.find((file) => file.path === path),
        });
        const simulator = createSimulator([codepipelinePlatform(read)]);
        const findings = check(joinFacts([github, codepipelineFacts(read)]), { simulator });
        for (const { location } of [...findings, ...read.problems]) {
          const file = files.find(({ path }) => path === location.file);
          assert.ok(file && location.line <= file.text.split("\n").length, location.file);
        }
      },
    ),
    { seed: 11, ...tries(300) },
  );
});

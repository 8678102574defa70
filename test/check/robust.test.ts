/** Broken files are told, never fatal: the fixtures with lines lost, doubled, cut and swapped. A failing seed is printed. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { settingsFile } from "../../src/check/settings.ts";
import { isFull, tries } from "../lane/depth.ts";
import { removeAtEnd } from "../lane/remove-at-end.ts";
import { casesOf, checkFolder } from "./cases.ts";

const scratch = mkdtempSync(join(tmpdir(), "baton-robust-"));
removeAtEnd(scratch);

const cases = [...casesOf("err"), ...casesOf("ok")];
const oddValues = ["", "[", "null", "- a", "{ a: b }", "${{ ", "${{ github.ref", "always()", "needs.x.result", "\t"];

const change = fc.record({ kind: fc.nat({ max: 4 }), line: fc.nat({ max: 60 }), other: fc.nat({ max: 60 }) });

function changed(text: string, changes: readonly { kind: number; line: number; other: number }[]): string {
  const lines = text.split("\n");
  for (const { kind, line, other } of changes) {
    const at = line % lines.length;
    const value = oddValues[other % oddValues.length]!;
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, lines[other % lines.length]!);
    else if (kind === 2) lines[at] = lines[other % lines.length]!;
    else if (kind === 3) lines[at] = lines[at]!.replace(/:.*/, () => `: ${value}`);
    else lines[at] = lines[at]!.slice(0, other);
    if (lines.length === 0) lines.push("");
  }
  return lines.join("\n");
}

/** Workflows, templates and configurations of a case. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(ya?ml|json|tf|tfvars)$/.test(name),
  );
}

let count = 0;

test("no change of a file makes the check fail", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: cases.length - 1 }),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      async (index, changes) => {
        const from = cases[index]!.folder;
        const to = join(scratch, String(count++));
        for (const file of filesIn(from)) {
          mkdirSync(dirname(join(to, file)), { recursive: true });
          const text = readFileSync(join(from, file), "utf8");
          // Slips in the settings are refused in words.
          writeFileSync(join(to, file), file === settingsFile ? text : changed(text, changes));
        }
        assert.ok(Array.isArray((await checkFolder(to)).findings));
      },
    ),
    tries(400),
  );
});

test("what is declared twice in one file is no mistake in the check", async () => {
  for (const [index, { folder }] of cases.entries()) {
    if (!isFull && index % 10 !== 7) continue;
    for (const file of filesIn(folder).filter((name) => name !== settingsFile)) {
      const to = join(scratch, `twice-${index}`, file.replaceAll("/", "-"));
      for (const each of filesIn(folder)) {
        mkdirSync(dirname(join(to, each)), { recursive: true });
        const text = readFileSync(join(folder, each), "utf8");
        writeFileSync(join(to, each), each === file ? twice(text) : text);
      }
      assert.ok(Array.isArray((await checkFolder(to)).findings), file);
    }
  }
});

/** Everything below the file's own keys once more, under the same keys; of JSON and Terraform the whole. */
function twice(text: string): string {
  const lines = text.split("\n");
  const blocks = lines.flatMap((line, at) => (/^\S+:\s*$/.test(line) ? [at] : []));
  const from = blocks.at(-1);
  if (from === undefined) return `${text}\n${text}`;
  return [...lines, ...lines.slice(from + 1)].join("\n");
}

test("a pipeline without stages is no mistake in the check", async () => {
  const folder = casesOf("err").find(
    ({ rule, name }) => `${rule}/${name}` === "self-or-cyclic-workflow-run/pipelines",
  )!.folder;
  const text = readFileSync(join(folder, "delivery.yml"), "utf8");
  for (const { index } of text.matchAll(/^ {4}Properties:$/gm)) {
    const to = mkdtempSync(join(scratch, "stageless-"));
    writeFileSync(
      join(to, "delivery.yml"),
      `${text.slice(0, index)}    Unread:${text.slice(index + "    Properties:".length)}`,
    );
    assert.ok(Array.isArray((await checkFolder(to)).findings));
  }
});

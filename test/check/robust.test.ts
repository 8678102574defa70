/** Broken files are told, never fatal: the fixtures with lines lost, doubled, cut and swapped. A failing seed is printed. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { casesOf, checkFolder } from "./cases.ts";

const scratch = mkdtempSync(join(tmpdir(), "baton-robust-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

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

let count = 0;

test("no change of a workflow file makes the check fail", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: cases.length - 1 }),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      (index, changes) => {
        const from = join(cases[index]!.folder, ".github/workflows");
        const to = join(scratch, String(count++));
        mkdirSync(join(to, ".github/workflows"), { recursive: true });
        for (const name of readdirSync(from)) {
          writeFileSync(join(to, ".github/workflows", name), changed(readFileSync(join(from, name), "utf8"), changes));
        }
        assert.ok(Array.isArray(checkFolder(to).findings));
      },
    ),
    { numRuns: 400 },
  );
});

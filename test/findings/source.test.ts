import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareFindings, sortFindings } from "../../src/findings/finding.ts";
import { lineText, locationOf, positionOf } from "../../src/findings/source.ts";
import { tries } from "../lane/depth.ts";
import { deploy, finding, source } from "./example.ts";

test("lines and columns count from 1, whatever the line ends", () => {
  const file = source("x", "ab\r\nc\n\nd");
  assert.deepEqual(
    [0, 1, 4, 5, 6, 7, 99].map((offset) => positionOf(file, offset)),
    [
      { line: 1, column: 1 },
      { line: 1, column: 2 },
      { line: 2, column: 1 },
      { line: 2, column: 2 },
      { line: 3, column: 1 },
      { line: 4, column: 1 },
      { line: 4, column: 2 },
    ],
  );
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((line) => lineText(file, line)),
    ["ab", "c", "", "d", undefined],
  );
  assert.deepEqual(locationOf({ source: file, start: 1, end: 5 }), {
    file: "x",
    line: 1,
    column: 2,
    endLine: 2,
    endColumn: 2,
  });
});

test("every offset has the position that counting gives", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "\r", "é") }), fc.nat(50), (text, offset) => {
      const at = Math.min(offset, text.length);
      const before = text.slice(0, at).split("\n");
      assert.deepEqual(positionOf(source("x", text), offset), {
        line: before.length,
        column: before.at(-1)!.length + 1,
      });
    }),
    tries(100),
  );
});

test("findings have one order, whatever order they were found in, and none twice", () => {
  const all = [
    finding(deploy, "workflow_run"),
    finding(deploy, "ship", { rule: "b" }),
    finding(deploy, "ship", { rule: "a" }),
    finding(deploy, "ship", { rule: "a", schedule: ["x"] }),
    finding(source("a.yml", "ship"), "ship"),
  ];
  const expected = [all[0], all[2], all[3], all[1], all[4]];
  fc.assert(
    fc.property(fc.shuffledSubarray([...all, ...all], { minLength: 10 }), (shuffled) => {
      assert.deepEqual(sortFindings(shuffled), expected);
    }),
    tries(100),
  );
  assert.equal(compareFindings(all[0]!, all[0]!), 0);
});

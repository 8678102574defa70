import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { colouredStyle } from "../../src/cli/terminal/style.ts";
import { fit, pad, widthOf } from "../../src/cli/terminal/width.ts";
import { tries } from "../lane/depth.ts";

test("wide characters take two columns, marks and colours none", () => {
  const cases: [string, number][] = [
    ["plain", 5],
    ["配達", 4],
    ["🚚", 2],
    ["é", 1],
    ["e\u0301", 1],
    [colouredStyle.bad("red"), 3],
    ["a\x1b[31m\r\nb", 8],
    ["━━─", 3],
    ["👍🏽", 2],
  ];
  for (const [text, width] of cases) assert.equal(widthOf(text), width, JSON.stringify(text));
});

test("a cut keeps colours closed and never breaks a wide character", () => {
  assert.equal(fit(`${colouredStyle.bad("配達配達")}!`, 6), colouredStyle.bad("配達…"));
  assert.equal(fit("short", 5), "short");
  assert.equal(fit("longer", 5), "long…");
});

test("whatever the text, a cut fits and padding fills", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 40 }), (text, columns) => {
      assert.ok(widthOf(fit(text, columns)) <= columns);
      assert.ok(widthOf(pad(text, columns)) >= columns);
    }),
    tries(100),
  );
});

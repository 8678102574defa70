import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { SourceFile } from "../../../../src/findings/source.ts";
import { parseJson } from "../../../../src/platforms/codepipeline/read/tree/json.ts";
import { type Node, walk } from "../../../../src/platforms/codepipeline/read/tree/node.ts";
import { parseYaml } from "../../../../src/platforms/codepipeline/read/tree/yaml.ts";
import { tries } from "../../../lane/depth.ts";
import { fullDepth } from "../../../lane/needs.ts";

function source(text: string): SourceFile {
  return { path: "template", text, byteOrderMark: false };
}

function plain(node: Node): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

describe("JSON", () => {
  test("has the same value as JSON.parse gives it", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, "\t"), (text, indent) => {
        const value: unknown = JSON.parse(text);
        const parsed = parseJson(source(JSON.stringify(value, undefined, indent)));
        assert.ok(parsed.ok);
        assert.deepEqual(plain(parsed.root), value);
      }),
      tries(100),
    );
  });

  test("is refused exactly where JSON.parse refuses it, and never by an exception", () => {
    const signs = fc.constantFrom(..."{}[]:,\"\\ \n0-1.eE+trufalsn'x");
    fc.assert(
      fc.property(fc.string({ unit: signs, maxLength: 12 }), (text) => {
        assert.equal(parseJson(source(text)).ok, accepts(text), JSON.stringify(text));
      }),
      tries(5000),
    );
  });

  test("has the place of every value and key", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const parsed = parseJson(source(text));
        assert.ok(parsed.ok);
        for (const node of walk(parsed.root)) {
          assert.deepEqual(JSON.parse(text.slice(node.at.start, node.at.end)), plain(node));
          if (node.kind !== "map") continue;
          for (const { key, keyAt } of node.entries) {
            assert.equal(JSON.parse(text.slice(keyAt.start, keyAt.end)), key);
          }
        }
      }),
      tries(100),
    );
  });

  test("nested without end is told", () => {
    const parsed = parseJson(source("[".repeat(100_000)));
    assert.ok(!parsed.ok);
    assert.match(parsed.problem.message, /nested deeper/);
  });
});

function accepts(text: string): boolean {
  try {
    JSON.parse(text);
    // Line ends inside of texts are let through; nothing else is.
    return true;
  } catch {
    return (
      /"[^"]*\n[^"]*"/.test(text) &&
      accepts(text.replaceAll(/(?<=")[^"]*(?=")/g, (inner) => inner.replaceAll("\n", " ")))
    );
  }
}

describe("YAML", () => {
  test("writes short forms out", () => {
    const parsed = parseYaml(
      source(
        "A: !Ref B\nC: !GetAtt D.Arn.X\nE: !Sub '${F}-x'\nG: !Join ['-', [a, !Ref H]]\nI: !If [J, 1, !Ref AWS::NoValue]",
      ),
    );
    assert.ok(parsed.ok);
    assert.deepEqual(plain(parsed.root), {
      A: { Ref: "B" },
      C: { "Fn::GetAtt": ["D", "Arn.X"] },
      E: { "Fn::Sub": "${F}-x" },
      G: { "Fn::Join": ["-", ["a", { Ref: "H" }]] },
      I: { "Fn::If": ["J", 1, { Ref: "AWS::NoValue" }] },
    });
  });

  test("never ends in an exception", () => {
    const piece = fc.constantFrom(
      "a: ",
      "- ",
      "&x ",
      "*x",
      "!Ref ",
      "!Sub",
      "{",
      "}",
      "[",
      "]",
      "\n",
      "  ",
      "'",
      "|",
      "b",
      "%",
      "<<: ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        assert.equal(typeof parseYaml(source(pieces.join(""))).ok, "boolean");
      }),
      tries(600),
    );
  });

  test("aliases that multiply and circles are told", fullDepth(), () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`,
    );
    for (const text of [`l0: &l0 x\n${levels.join("\n")}`, "a: &a [*a]"])
      assert.equal(parseYaml(source(text)).ok, false);
  });
});

/** Terraform's own language: places, what is wrong with a file, and what is still read of it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { locationOf } from "../../../../../src/findings/source.ts";
import {
  type Expression,
  itemOf,
  keyText,
  labelled,
} from "../../../../../src/platforms/codepipeline/read/terraform/syntax/expression.ts";
import { tries } from "../../../../lane/depth.ts";
import { parsed } from "./module.ts";

function written({ at }: Expression): string {
  return at.source.text.slice(at.start, at.end);
}

/** The block of the pipeline. */
function shop(text: string) {
  const [types] = labelled(itemOf(parsed("a.tf", text).root, "resource"));
  const [found] = labelled(types?.body);
  assert.ok(found);
  return found;
}

describe("places", () => {
  const text = `# é𝒳
resource "aws_codepipeline" "shop" {
  name = "\${var.a}-x" // 𝒳
  stage {
    name = local.names[0].first
  }
  stage { name = <<-EOT
    two
  EOT
  }
}
`;

  test("are those of what is written, whatever stands before it", () => {
    const { body, labelAt } = shop(text);
    assert.equal(text.slice(labelAt.start, labelAt.end), '"shop"');
    const name = itemOf(body, "name")!;
    assert.deepEqual([written(name), locationOf(name.at).line, locationOf(name.at).column], ['"${var.a}-x"', 3, 10]);
    const stages = itemOf(body, "stage")!;
    assert.ok(stages.kind === "tuple");
    assert.deepEqual(
      stages.items.map((stage) => written(itemOf(stage, "name")!)),
      ["local.names[0].first", "<<-EOT\n    two\n  EOT"],
    );
    assert.deepEqual(
      stages.items.map((stage) => locationOf(stage.at).line),
      [4, 7],
    );
  });

  test("are the same with line ends of two characters", () => {
    const crlf = text.replaceAll("\n", "\r\n");
    const { body } = shop(crlf);
    assert.equal(locationOf(itemOf(body, "name")!.at).line, 3);
    const stages = itemOf(body, "stage")!;
    assert.ok(stages.kind === "tuple");
    const last = itemOf(stages.items[1], "name")!;
    assert.equal(last.kind === "literal" && last.value, "two\n");
  });
});

describe("mistakes", () => {
  const good = 'resource "aws_s3_bucket" "before" {\n  bucket = "a"\n}\n';
  const after = "locals {\n  after = 1\n}\n";
  const cases: Readonly<Record<string, readonly [broken: string, line: number, message: RegExp]>> = {
    "a value that is missing": ['resource "x" "y" {\n  name =\n  other = 1\n}\n', 6, /'other|'=' was not expected/],
    "a bracket that is missing": [
      'resource "x" "y" {\n  list = ["a", "b"\n  other = 1\n}\n',
      6,
      /was not expected|is missing/,
    ],
    "a quote that is missing": ['resource "x" "y" {\n  name = "a\n  other = 1\n}\n', 5, /text in quotes has no end/],
    "a brace that is missing": ['resource "x" "y" {\n  stage {\n    name = "a"\n}\n', 4, /has no end/],
    "a brace too many": ['resource "x" "y" {\n}\n}\n', 6, /was not expected/],
    "a merge that was not finished": ["<<<<<<< ours\nlocals { a = 1 }\n=======\n", 4, /was not expected/],
    "a heredoc without an end": ["locals {\n  a = <<EOT\nnever\n}\n", 4, /has no end|was not expected/],
  };
  for (const [name, [broken, line, message]] of Object.entries(cases)) {
    test(`${name}: it is told where, once, and the rest is read`, () => {
      const { root, problem } = parsed("a.tf", good + broken + after);
      assert.ok(problem);
      assert.match(problem.message, message);
      assert.ok(Math.abs(locationOf(problem.at).line - line) <= 1, `line ${locationOf(problem.at).line}, not ${line}`);
      assert.deepEqual(
        labelled(itemOf(root, "resource"))
          .map(({ label }) => label)
          .slice(0, 1),
        ["aws_s3_bucket"],
      );
      const isSwallowed = name === "a heredoc without an end";
      if (!isSwallowed)
        assert.deepEqual(
          labelled(itemOf(root, "locals")).map(({ label }) => label),
          ["after"],
        );
    });
  }

  test("in JSON", () => {
    const { problem } = parsed("a.tf.json", '{\n  "resource": {,}\n}');
    assert.equal(problem && locationOf(problem.at).line, 2);
  });

  test("nesting that nobody writes", () => {
    for (const [open, close] of [
      ["[", "]"],
      ["{a=", "}"],
      ["f(", ")"],
      ["(", ")"],
      ["!", ""],
    ]) {
      const { root } = parsed("a.tf", `a = ${open!.repeat(3000)}1${close!.repeat(3000)}\nb = 1\n`);
      assert.ok(root.items.length <= 2);
    }
  });
});

/** Pieces of the language that fit together often, and often do not. */
const piece = fc.constantFrom(
  ...'resource,locals,module,dynamic,content,for_each,{,},[,],(,),=,:,?,",${,},%{ if ,%{ endif },~},<<EOT,<<-EOT,EOT,\n,\n,\n, ,for,in,if,=>,...,.*,[*],.,0,1.5,true,null,a,b,var.x,each.key,local.y,==,&&,!,-,#,//,/*,*/,\\,é,𝒳,$${,\\u00e9'.split(
    ",",
  ),
);

test("whatever is written, it is read or told", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join("");
      const { root, problem } = parsed("a.tf", text);
      if (problem)
        assert.ok(problem.at.start >= 0 && problem.at.end <= text.length && problem.at.start <= problem.at.end);
      for (const { key, value } of root.items) {
        assert.ok(value.at.end <= text.length);
        if (keyText(key) === undefined) assert.equal(key.kind, "template");
      }
    }),
    { seed: 7, ...tries(1500) },
  );
});

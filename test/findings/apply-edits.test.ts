import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyEdits } from "../../src/findings/apply-edits.ts";
import type { TextEdit } from "../../src/findings/finding.ts";
import { tries } from "../lane/depth.ts";
import { finding, source } from "./example.ts";

const file = source("a.yml", "one\ntwo\nthree\n");

function apply(...edits: readonly (readonly Omit<TextEdit, "file">[])[]) {
  const findings = edits.map((each) =>
    finding(file, "one", { edits: each.map((edit) => ({ file: "a.yml", ...edit })) }),
  );
  const { texts, repaired } = applyEdits(findings, new Map([[file.path, file]]));
  return [texts.get("a.yml"), repaired];
}

test("edits are applied by the offsets of the file as it was read", () => {
  const first = { start: 0, end: 3, text: "first" };
  const last = { start: 13, end: 13, text: "!" };
  assert.deepEqual(apply([first], [last]), ["first\ntwo\nthree!\n", 2]);
  assert.deepEqual(apply([last, first]), ["first\ntwo\nthree!\n", 1]);
});

test("of edits that overlap the first is taken, and the other finding keeps all of its own back", () => {
  const first = { start: 0, end: 3, text: "X" };
  assert.deepEqual(
    apply(
      [first],
      [
        { start: 2, end: 5, text: "Y" },
        { start: 8, end: 8, text: "Z" },
      ],
    ),
    ["X\ntwo\nthree\n", 1],
  );
  assert.deepEqual(apply([first], [first]), ["X\ntwo\nthree\n", 1]);
  assert.deepEqual(apply([first], [{ start: 3, end: 3, text: "Y" }]), ["XY\ntwo\nthree\n", 2]);
});

test("edits that overlap each other, leave the file or name another file are refused", () => {
  assert.deepEqual(
    apply([
      { start: 0, end: 3, text: "X" },
      { start: 1, end: 2, text: "Y" },
    ]),
    [undefined, 0],
  );
  assert.deepEqual(apply([{ start: 9, end: 99, text: "X" }]), [undefined, 0]);
  assert.deepEqual(apply([{ start: 5, end: 3, text: "X" }]), [undefined, 0]);
  const other = finding(file, "one", { edits: [{ file: "b.yml", start: 0, end: 0, text: "X" }] });
  assert.equal(applyEdits([other], new Map([[file.path, file]])).repaired, 0);
});

test("line ends and a byte order mark stay as they are", () => {
  const windows = { path: "w.yml", text: "a: 1\r\nb: 2\r\n", byteOrderMark: true };
  const edited = finding(windows, "b", { edits: [{ file: "w.yml", start: 6, end: 6, text: "if: x\n" }] });
  const { texts } = applyEdits([edited], new Map([[windows.path, windows]]));
  assert.equal(texts.get("w.yml"), "\uFEFFa: 1\r\nif: x\r\nb: 2\r\n");
});

test("what no edit covers stays, byte for byte", () => {
  const edit = fc.record({ start: fc.nat(14), length: fc.nat(4), text: fc.constantFrom("", "x", "yy") });
  fc.assert(
    fc.property(fc.array(fc.array(edit, { minLength: 1, maxLength: 3 }), { maxLength: 4 }), (groups) => {
      const edits = groups.map((group) =>
        group.map(({ start, length, text }) => ({ start, end: start + length, text })),
      );
      const [text] = apply(...edits);
      const kept = [...file.text].filter((_, i) => !edits.flat().some(({ start, end }) => start <= i && i < end));
      let at = 0;
      for (const char of kept) {
        at = (text === undefined ? file.text : String(text)).indexOf(char, at) + 1;
        assert.ok(at > 0);
      }
    }),
    tries(100),
  );
});

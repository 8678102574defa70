import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "base32";

test("five bits are one letter, the last ones padded", () => {
  assert.equal(encode([]), "");
  assert.equal(encode([0xff]), "ZW");
  assert.equal(encode([0, 0, 0, 0, 1]), "00000001");
  assert.equal(encode([0x12, 0x34, 0x56, 0x78, 0x9a]), "28T5CY4T");
});

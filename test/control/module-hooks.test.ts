import assert from "node:assert/strict";
import { test } from "node:test";
import { beginsAsModule, isModule } from "../../src/control/definition/module-hooks.ts";

const modules = [
  'import { delivery } from "baton-cd";',
  'import{delivery}from"baton-cd"',
  '// what we deliver\n/* for ** all */ import shop from "./shop.ts"',
  'import "./shop.ts"',
  'import * as shop from "./shop.ts"',
  '\uFEFFimport shop, { web } from "./shop.ts"',
  'import shop\n  from "./shop.ts"',
  'import { type Shop } from "./shop.ts"',
  "export default 1",
  "export const shop: number = 1",
  "export {}",
];

const notAtOnce = [
  // Nothing is left of these when the types are gone.
  'import type { Shop } from "./shop.ts"; module.exports = 1',
  'import type Shop from "./shop.ts"; module.exports = 1',
  "export type Shop = 1; module.exports = 1",
  "export interface Shop {} module.exports = 1",
  "export declare const shop: 1; module.exports = 1",
  // What follows is no statement of a module.
  'import("./shop.ts")',
  "importShop()",
  "exports.shop = 1",
  '/* import shop from "./shop.ts" */ module.exports = 1',
  "\"import shop from './shop.ts'\"",
  'const text = `\nimport shop from "./shop.ts"\n`',
];

test("a file that begins with an import or export is taken for a module, and V8 agrees", () => {
  for (const text of modules) {
    assert.equal(beginsAsModule.test(text), true, text);
    assert.equal(isModule(text, true), true, text);
  }
});

test("for all others V8 is asked", () => {
  for (const text of notAtOnce) {
    assert.equal(beginsAsModule.test(text), false, text);
    assert.equal(isModule(text, true), false, text);
  }
});

test("long blanks and comments are read once", () => {
  const before = performance.now();
  for (const text of [
    " ".repeat(1e5),
    "/*".repeat(1e5),
    "/**/ ".repeat(1e5),
    `import ${" ".repeat(1e5)}`,
    "// a\n".repeat(1e5),
  ])
    assert.equal(beginsAsModule.test(text), false);
  assert.ok(performance.now() - before < 5_000);
});

/** A definition loads in every kind of project, as people have them: `npm init` writes `"type": "commonjs"` today. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { sandbox } from "./sandbox.ts";

const projects: Record<string, Record<string, string>> = {
  CommonJS: { "package.json": '{ "name": "shop", "type": "commonjs" }' },
  "ES module": { "package.json": '{ "name": "shop", "type": "module" }' },
  typeless: { "package.json": '{ "name": "shop" }' },
  unpackaged: {},
};

const modules = `import { delivery, env, pipeline, sh } from "baton-cd";
import { name } from "./delivery/name.ts";
import { region } from "an-es-module";
import old from "a-commonjs-module";
const app = pipeline("app", { jobs: { go: { env: { REGION: region, OLD: old.old }, steps: [sh("true")] } } });
export default delivery(name, { pipelines: [app], environments: [env("dev")] });
`;
const required = `const { delivery, env, pipeline, sh } = require("baton-cd");
const { name } = require("./delivery/name.ts");
const { region } = require("an-es-module");
const { old } = require("a-commonjs-module");
const app = pipeline("app", { jobs: { go: { env: { REGION: region, OLD: old }, steps: [sh("true")] } } });
module.exports = delivery(name, { pipelines: [app], environments: [env("dev")] });
`;
const around = {
  // The part is TypeScript that imports a part of its own.
  "delivery/name.ts":
    'import { words } from "./words.ts";\nexport const name: string = words.join("-");\nexport type Name = typeof name;\n',
  "delivery/words.ts": 'export const words: readonly string[] = ["store", "front"];\n',
  "node_modules/an-es-module/package.json": '{ "name": "an-es-module", "type": "module", "exports": "./index.js" }',
  "node_modules/an-es-module/index.js": 'export const region = "eu-central-1";\n',
  "node_modules/a-commonjs-module/package.json":
    '{ "name": "a-commonjs-module", "type": "commonjs", "main": "index.js" }',
  "node_modules/a-commonjs-module/index.js": 'exports.old = "as ever";\n',
};

const typed = (text: string) => `type Words = string;\nconst typed: Words = "x";\nvoid typed;\n${text}`;

const definitions: { file: string; text: string; only?: readonly string[] }[] = [
  { file: "baton.config.ts", text: typed(modules) },
  { file: "baton.config.mts", text: typed(modules) },
  { file: "baton.config.js", text: modules },
  { file: "baton.config.mjs", text: modules },
  { file: "baton.config.ts", text: typed(`await 0;\n${modules}`) },
  { file: "baton.config.cts", text: typed(required) },
  { file: "baton.config.cjs", text: required },
  // In an ES module project there is no `require` in such a file, and Node says so.
  { file: "baton.config.ts", text: typed(required), only: ["CommonJS", "typeless", "unpackaged"] },
  { file: "baton.config.js", text: required, only: ["CommonJS", "typeless", "unpackaged"] },
];

for (const [kind, files] of Object.entries(projects)) {
  test(`definitions load in a project of the kind ${kind}, without a warning`, fullDepth(), async (t) => {
    for (const { file, text, only } of definitions) {
      if (only && !only.includes(kind)) continue;
      const box = sandbox(t, { files: { ...files, ...around, [file]: text } });
      const { code, stdout, stderr } = await box.baton("plan", "--json");
      assert.equal(code, 0, `${file}: ${stderr}`);
      const plan = JSON.parse(stdout) as { delivery: string; jobs: { id: string }[] };
      assert.equal(plan.delivery, "store-front", file);
      assert.deepEqual(
        plan.jobs.map(({ id }) => id),
        ["app.go@dev"],
      );
      assert.doesNotMatch(stderr, /warning|node:/i, file);
    }
  });
}

test("a part is found by the names that TypeScript and Node know it by", fullDepth(), async (t) => {
  for (const specifier of ["./delivery/name", "./delivery/name.js", "./delivery/name.ts"]) {
    const text = modules.replace("./delivery/name.ts", specifier);
    const box = sandbox(t, { files: { ...projects.CommonJS, ...around, "baton.config.ts": text } });
    assert.equal((await box.json<{ delivery: string }>("plan")).delivery, "store-front", specifier);
  }
});

test("a mistake keeps its place in every kind of project", fullDepth(), async (t) => {
  const broken: { file: string; text: string; says: RegExp }[] = [
    {
      file: "baton.config.ts",
      text: 'import { delivery } from "baton-cd";\n\nconst name = ;\nexport default name;\n',
      says: /baton\.config\.ts:3:14 cannot be read: Expression expected\n.*3 \| const name = ;\n/,
    },
    {
      file: "baton.config.js",
      text: 'import { delivery } from "baton-cd";\nexport default ];\n',
      says: /baton\.config\.js:2:16 cannot be read: Unexpected token '\]'/,
    },
    {
      file: "baton.config.ts",
      text: 'import type { Delivery } from "baton-cd";\nconst x = undefined as unknown as Delivery;\nexport default x.name;\n',
      says: /baton\.config\.ts:3:18 threw while it was loaded: TypeError/,
    },
    {
      file: "baton.config.ts",
      text: 'import { x } from "./delivery/missing";\nexport default x;\n',
      says: /baton\.config\.ts:1:20: the imported file delivery\/missing does not exist/,
    },
  ];
  for (const [kind, files] of Object.entries(projects)) {
    for (const { file, text, says } of broken) {
      const box = sandbox(t, { files: { ...files, ...around, [file]: text } });
      const { code, stderr } = await box.baton("plan");
      assert.equal(code, 2, `${kind}: ${stderr}`);
      assert.match(stderr, says, kind);
      assert.match(stderr, /\n {2}next: \S/, `${kind}: ${stderr}`);
      assert.doesNotMatch(stderr, /warning|node:/i, kind);
    }
  }
});

/** Whatever the files tell has the value that the real Terraform gives it. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { terraformEnv } from "../../../../generate/machine/terraform.ts";
import { fullDepth } from "../../../../lane/needs.ts";
import { evaluated, shown } from "./module.ts";

const declarations = readFileSync(join(import.meta.dirname, "values/declarations.tf"), "utf8");
/** One on each line. */
const expressions = readFileSync(join(import.meta.dirname, "values/expressions.txt"), "utf8")
  .trim()
  .split("\n");

describe("values that the files tell", fullDepth("terraform"), () => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-values-"));
  const env = { ...process.env, ...terraformEnv(scratch) };
  let theirs: Readonly<Record<string, { readonly value?: unknown }>> = {};
  after(() => rmSync(scratch, { recursive: true, force: true }));
  before(() => {
    const outputs = expressions.map((expression, i) => `output "o${i}" {\n  value = ${expression}\n}\n`);
    writeFileSync(join(scratch, "main.tf"), `${declarations}\n${outputs.join("\n")}`);
    run("init", "-input=false", "-no-color");
    run("plan", "-input=false", "-no-color", "-out=plan");
    theirs = JSON.parse(run("show", "-json", "plan")).planned_values.outputs;
  });

  function run(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync("terraform", args, { cwd: scratch, env, encoding: "utf8" });
    assert.equal(status, 0, `${stderr}\n${stdout}`);
    return stdout;
  }

  for (const [i, expression] of expressions.entries()) {
    test(expression, () =>
      assert.deepEqual(shown(evaluated(expression, declarations)), theirs[`o${i}`]?.value ?? null),
    );
  }
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { writeWorkflows } from "../../src/platforms/github/write/write.ts";
import { batonFile } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { complaints } from "../platforms/github/write/accept.ts";
import { example, exampleFolder } from "../platforms/github/write/deliveries.ts";

const run = promisify(execFile);

/** Each example keeps the files of its first layout; the others must be accepted as well. */
const kept = {
  "lambda-terraform": ["per-environment", "orchestrated"],
  "infra-web": ["chained", "orchestrated"],
} as const;

for (const name of Object.keys(kept) as (keyof typeof kept)[]) {
  test(`${name}: the files in the repository are what the definition says`, async () => {
    const { stderr } = await run(batonFile, ["generate", "github", "--check"], { cwd: exampleFolder(name) });
    assert.match(stderr, /files of .* are up to date/);
  });

  for (const layout of kept[name]) {
    test(
      `${name}, ${layout}: accepted by GitHub's parser, actionlint, shellcheck and baton check`,
      fullDepth("shellcheck"),
      async () => {
        assert.deepEqual(await complaints(writeWorkflows(example(name), { layout })), []);
      },
    );
  }
}

test("lambda-terraform: nine files of exactly the names that were asked for, the one that starts them, and one for records", () => {
  const names = readdirSync(join(exampleFolder("lambda-terraform"), ".github/workflows")).sort();
  const wanted = ["orchestrator", "python", "terraform"].flatMap((kind) =>
    ["dev", "prd", "test"].map((environment) => `${kind}-${environment}.yml`),
  );
  assert.deepEqual(names, ["lambda-terraform.yml", "lambda-terraform-records.yml", ...wanted].sort());
});

/** One configuration in Terraform's own language, in its JSON, and as the real Terraform plans it: the facts are the same. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { codepipelineFacts } from "../../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readPipelines } from "../../../../../src/platforms/codepipeline/read/repository.ts";
import { terraformEnv } from "../../../../generate/machine/terraform.ts";
import { fullDepth } from "../../../../lane/needs.ts";
import { bareFacts } from "./bare-facts.ts";

const folder = (name: string) => join(import.meta.dirname, "spellings", name);

describe("one configuration", () => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-spellings-"));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  test("in its own language: all of it is told", async () => {
    const files = await readPipelines(folder("hcl"));
    const [pipeline, ...others] = codepipelineFacts(files).pipelines;
    assert.deepEqual([files.problems, others], [[], []]);
    assert.deepEqual(
      pipeline!.actions.map(({ stageLabel, label, runOrder, inputs, outputs }) => {
        return [stageLabel, label, runOrder, ...[...inputs, ...outputs].flatMap(({ key }) => key)];
      }),
      [
        ["Source", "Checkout", 1, text("source")],
        ["Build", "Build-api", 1, text("source"), text("built_api")],
        ["Build", "Build-web", 1, text("source"), text("built_web")],
        ["Network", "Deploy", 1, text("built_api")],
        ["Api", "Deploy", 2, text("built_api")],
      ],
    );
    assert.deepEqual([pipeline!.partial, pipeline!.mode, pipeline!.name], [false, "queued", "shop"]);
    assert.deepEqual(
      pipeline!.starts.map(({ cause, event }) => [cause.kind, event]),
      [
        ["push", "a trigger"],
        ["pull-request", "a trigger"],
        ["completion", "an EventBridge rule"],
      ],
    );
    assert.deepEqual(
      pipeline!.stores.map(({ label, gaps }) => [label, gaps.map(({ what }) => what)]),
      [["aws_s3_bucket.artifacts", ["may-be-public", "unencrypted"]]],
    );
    const writes = pipeline!.actions.flatMap(({ accesses }) =>
      accesses.flatMap((access) => (access.kind === "resource" ? [access.key] : [])),
    );
    assert.ok(writes.some((key) => JSON.stringify(key).includes("shop-web")));
  });

  test("in JSON", async () => {
    assert.deepEqual(bareFacts(await readPipelines(folder("json"))), bareFacts(await readPipelines(folder("hcl"))));
  });

  for (const spelling of ["hcl", "json"]) {
    test(`as Terraform plans it from ${spelling}`, fullDepth("terraform"), async () => {
      const work = join(scratch, spelling);
      cpSync(folder(spelling), work, { recursive: true });
      const env = { ...process.env, ...terraformEnv(scratch) };
      const run = (...args: string[]): string => {
        const { status, stdout, stderr } = spawnSync("terraform", args, { cwd: work, env, encoding: "utf8" });
        assert.equal(status, 0, `${stderr}\n${stdout}`);
        return stdout;
      };
      run("init", "-input=false", "-no-color");
      run("plan", "-input=false", "-no-color", "-refresh=false", "-out=plan");
      const planned = join(scratch, `${spelling}-plan`);
      mkdirSync(planned);
      writeFileSync(join(planned, "plan.json"), run("show", "-json", "plan"));
      assert.deepEqual(bareFacts(await readPipelines(planned)), bareFacts(await readPipelines(folder("hcl"))));
    });
  }
});

function text(written: string) {
  return { kind: "text", text: written };
}

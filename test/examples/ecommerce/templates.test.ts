/** What the shop is made of, without any AWS: the same bytes from the same sources, and templates that are in order. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { batonFile } from "../../cli/sandbox.ts";
import { fullDepth } from "../../lane/needs.ts";
import { removeAtEnd } from "../../lane/remove-at-end.ts";
import { exampleFolder } from "../../platforms/github/write/deliveries.ts";
import { pathWithoutNetwork } from "./npm-without-network.ts";

const example = exampleFolder("ecommerce");
const scratch = mkdtempSync(join(tmpdir(), "baton-templates-"));
removeAtEnd(scratch);

function lint(region: string, ...files: string[]): void {
  // What CDK writes twice does no harm.
  const args = ["--region", region, "--ignore-checks", "W3005", "--", ...files];
  const { stdout, status } = spawnSync("cfn-lint", args, { encoding: "utf8" });
  assert.deepEqual([stdout, status], ["", 0]);
}

test("cfn-lint has nothing to say of the hosting, nor of the pipeline that was before", fullDepth("cfn-lint"), () => {
  lint("us-east-1", join(example, "hosting/hosting.yaml"), join(example, "before/pipeline.yaml"));
});

test("the pipeline that was before is read, and no race is found in it", () => {
  const { status, stderr } = spawnSync(batonFile, ["check", join(example, "before")], { encoding: "utf8" });
  assert.equal(status, 0);
  assert.match(stderr, /nothing found in 1 pipeline/);
});

const whole = fullDepth("aws-cdk-lib", "cfn-lint");

test("the backend: tested, packed twice to the same bytes, synthesised to stacks in order", whole, () => {
  const backend = join(scratch, "backend");
  cpSync(join(example, "backend"), backend, {
    recursive: true,
    filter: (path) => !/\/(dist|node_modules)$/.test(path),
  });
  const env = { ...process.env, PATH: pathWithoutNetwork(join(scratch, "bin")) };
  const { NODE_TEST_CONTEXT: _, ...plain } = env as NodeJS.ProcessEnv;
  const npm = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("npm", args, { cwd: backend, env: plain, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  };
  const made = () =>
    Object.fromEntries(
      readdirSync(join(backend, "dist"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name)).toString("base64")]),
    );
  npm("ci");
  npm("test");
  npm("run", "build");
  const first = made();
  assert.deepEqual(
    Object.keys(first)
      .map((name) => name.replace(/-[0-9a-f]{16}\./, "-DIGEST."))
      .sort(),
    [
      ...["Api", "Compute", "Data"].map((stack) => `${stack}.template.json`),
      "function.zip",
      ...["telemetry", "utils", "vendor"].map((layer) => `${layer}-DIGEST.zip`),
    ],
  );
  npm("run", "build");
  assert.deepEqual(made(), first);
  lint(
    "eu-central-1",
    ...["Data", "Compute", "Api"].map((stack) => join(backend, `dist/templates/${stack}.template.json`)),
  );
});

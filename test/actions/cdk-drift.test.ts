/** The real CDK looks at a stack of emulated AWS: what the code says otherwise is a difference, and a broken app is none. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cdk } from "../../src/index.ts";
import { startEmulator } from "../aws/emulator.ts";
import { emulator, fullDepth } from "../lane/needs.ts";
import { cdkModules } from "../lane/programs.ts";

test("cdk.deploy looks with cdk diff", fullDepth(...emulator, "aws-cdk", "aws-cdk-lib"), async (t) => {
  await using emulated = await startEmulator();
  const folder = mkdtempSync(join(tmpdir(), "baton-cdk-"));
  t.after(() => rmSync(folder, { recursive: true }));
  symlinkSync(cdkModules("aws-cdk", "aws-cdk-lib"), join(folder, "node_modules"));
  const write = (seconds: string) =>
    writeFileSync(
      join(folder, "app.js"),
      `const { App, aws_sqs, LegacyStackSynthesizer, Stack } = require("aws-cdk-lib");
       const shop = new Stack(new App(), "Shop", { synthesizer: new LegacyStackSynthesizer() });
       new aws_sqs.CfnQueue(shop, "Queue", { delaySeconds: ${seconds} });`,
    );
  const env = { ...emulated.env, HOME: folder, CDK_DISABLE_CLI_TELEMETRY: "true" };
  const run = (script: string) => {
    const ended = spawnSync("bash", ["-eo", "pipefail", "-c", script], { cwd: folder, env, encoding: "utf8" });
    return { status: ended.status, said: ended.stdout + ended.stderr };
  };
  const { run: deploy, action } = cdk.deploy({ app: "node app.js" });
  const look = () => run(action!.drift!.run);

  write("5");
  const deployed = run(deploy);
  assert.equal(deployed.status, 0, deployed.said);
  assert.deepEqual(look(), { status: 0, said: "" });
  write("6");
  const differs = look();
  assert.equal(differs.status, 2, differs.said);
  assert.match(differs.said, /\[-\] 5\n.*\[\+\] 6\n/);
  write("(");
  assert.equal(look().status, 1, "nobody can tell");
});

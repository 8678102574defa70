/** Generated templates before cdk-nag: what it finds is mended, or stands with its reason among the exceptions. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fullDepth } from "../../../lane/needs.ts";
import { cdkModules } from "../../../lane/programs.ts";
import { exceptions } from "./nag-exceptions.ts";
import { codeCommitSettings, machineSettings, shop, write } from "./written.ts";

const app = `
import { App, Aspects, Stack } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { AwsSolutionsChecks } from "cdk-nag";
const app = new App();
for (const name of process.argv.slice(2))
  new CfnInclude(new Stack(app, name), "Template", { templateFile: name + ".yaml" });
Aspects.of(app).add(new AwsSolutionsChecks({ reports: true }));
// It reports, and then stops at what it found.
try { app.synth(); } catch {}
`;

test("cdk-nag finds nothing but the exceptions", fullDepth("aws-cdk-lib", "cdk-nag"), (t) => {
  const folder = mkdtempSync(join(tmpdir(), "baton-nag-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const templates = {
    single: write(shop, { ...machineSettings, rollback: "function", encryption: "key" }),
    separate: write(shop, { ...codeCommitSettings, accessLogs: "access-logs-of-ours" }, { layout: "separate" }),
  };
  for (const [name, { files }] of Object.entries(templates)) {
    writeFileSync(join(folder, `${name}.yaml`), files.find(({ path }) => path.endsWith("/pipeline.yaml"))!.text);
  }
  writeFileSync(join(folder, "app.mjs"), app);
  symlinkSync(cdkModules("aws-cdk-lib", "cdk-nag"), join(folder, "node_modules"));
  const out = join(folder, "out");
  const { stderr } = spawnSync(process.execPath, ["app.mjs", ...Object.keys(templates)], {
    cwd: folder,
    env: { ...process.env, CDK_OUTDIR: out },
    encoding: "utf8",
  });
  const reports = readdirSync(out).filter((file) => file.endsWith("NagReport.csv"));
  assert.equal(reports.length, Object.keys(templates).length, stderr);
  const lines = reports.flatMap((file) => readFileSync(join(out, file), "utf8").split("\n"));
  const passed = lines.filter((line) => line.includes('"Compliant"')).length;
  assert.ok(passed > 30, `it has looked at little, ${passed} times`);
  const found = lines.filter((line) => line.includes('"Non-Compliant"'));
  const rules = new Set(found.map((line) => /^"([^"]+)"/.exec(line)![1]!));
  assert.deepEqual([...rules].sort(), Object.keys(exceptions).sort(), found.join("\n"));
});

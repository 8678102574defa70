/** Tools of a build machine: the version that a job asks for is there, or nothing is done. Checked by the real bash. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import { satisfies, type Version } from "../../../../src/model/version-range.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { tries } from "../../../lane/depth.ts";
import { needs } from "../../../lane/needs.ts";
import { removeAtEnd } from "../../../lane/remove-at-end.ts";
import { write } from "./written.ts";

interface Install {
  readonly "runtime-versions"?: Record<string, string>;
  readonly commands: string[];
}

const folder = mkdtempSync(join(tmpdir(), "baton-tools-"));
removeAtEnd(folder);

function installOf(tool: string, settings: object = {}): Install {
  const built = delivery("shop", {
    pipelines: [pipeline("web", { jobs: { build: { per: "release", tools: [tool], steps: [sh("true")] } } })],
    environments: [env("test", { branch: "main" })],
  } as never);
  const { text } = write(built, settings).files.find(({ path }) => path.endsWith("web-build.yml"))!;
  return (parse(text) as { phases: { install: Install } }).phases.install;
}

const runtimeOf = (tool: string) => Object.values(installOf(tool)["runtime-versions"]!)[0];

test("the image's runtime is one that the range allows, the usual one where it does", () => {
  const wanted: [string, string][] = [
    ["node", "22"],
    ["node@>=22.13", "22"],
    ["node@>=23", "24"],
    ["node@^20", "20"],
    ["node@<20", "18"],
    ["python3@3.9", "3.9"],
    ["python@>=3.13 <3.14", "3.13"],
    ["java@21", "corretto21"],
    ["java@>21", "corretto25"],
    ["go@~1.22", "1.22"],
    ["ruby@3.4 || 4", "3.4"],
  ];
  for (const [tool, runtime] of wanted) assert.equal(runtimeOf(tool), runtime, tool);
});

test("a runtime that the image does not have is refused, unless somebody says how the machine gets it", () => {
  for (const tool of ["node@>=26", "python@2.7", "java@22"]) {
    assert.throws(
      () => installOf(tool),
      (error: CannotWrite) =>
        error instanceof CannotWrite &&
        /and the build image has/.test(error.message) &&
        /install\./.test(error.next!) &&
        error.path!.join(".") === "pipelines.web.jobs.build.tools",
      tool,
    );
  }
  assert.throws(() => installOf("node@latest"), CannotWrite);
  assert.throws(() => installOf("terraform@>2 <1"), CannotWrite);
  assert.equal(installOf("node@>=26", { install: { node: ["./get-node"] } }).commands[0], "./get-node");
});

test("Terraform is installed in the version that was asked for, with nothing but curl and yum", () => {
  const packages: [string, string][] = [
    ["terraform", "terraform"],
    ["terraform@~1.11", "'terraform-1.11.*'"],
    ["terraform@1.11.4", "terraform-1.11.4"],
    ["terraform@1", "'terraform-1.*'"],
    ["terraform@>=1.5", "terraform"],
    ["terraform@>=1.5 <1.9", "'terraform < 1.9.0'"],
  ];
  for (const [tool, name] of packages) {
    const [list, install] = installOf(tool).commands;
    assert.match(list!, /^curl .*hashicorp\.repo$/);
    assert.equal(install, `yum -y -q install ${name}`, tool);
  }
});

/** How the last command of the phase ends where the tool says that it is of this version. */
function checked(range: string, printed: string): number | null {
  const tool = join(folder, "tool");
  writeFileSync(tool, `#!/bin/sh\nprintf '%s\\n' '${printed}'\n`);
  chmodSync(tool, 0o755);
  const command = installOf(`${tool}@${range}`).commands.at(-1)!;
  return spawnSync("bash", ["-c", command], { stdio: "ignore" }).status;
}

test("another version ends the build, and so does a tool that does not say which it is", needs("grep"), () => {
  assert.equal(checked("~1.11", "Terraform v1.11.4 on linux_amd64"), 0);
  assert.equal(checked("~1.11", "Terraform v1.12.0"), 1);
  assert.equal(checked(">=23", "v22.21.0"), 1);
  assert.equal(checked(">=3.10", "Python 3.9.1"), 1);
  assert.equal(checked("1.9", "1.9"), 0);
  assert.equal(checked("<2", "no version at all"), 1);
  assert.equal(checked("16 || >=18.2", "v17.0.0"), 1);
});

test("the check says of any version what the range says", needs("grep"), () => {
  const number = fc.integer({ min: 0, max: 12 });
  const version = fc.tuple(number, number, number);
  const sign = fc.constantFrom("", "^", "~", ">=", "<=", ">", "<");
  const word = fc.tuple(sign, fc.array(number, { minLength: 1, maxLength: 3 }));
  const range = fc
    .array(word, { minLength: 1, maxLength: 2 })
    .map((words) => words.map(([mark, parts]) => mark + parts.join(".")).join(" "));
  fc.assert(
    fc.property(range, version, (asked, there: Version) => {
      const fits = satisfies(there, asked)!;
      let status: number | null = 1;
      try {
        status = checked(asked, `v${there.join(".")}`);
      } catch (error) {
        // A range that no version can be in.
        assert.ok(error instanceof CannotWrite);
      }
      assert.equal(status === 0, fits);
    }),
    tries(200),
  );
});

/** How actions look whether what they left is still as it was: real scripts in a real bash, with what they ask standing in. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  cdk,
  cloudformation,
  cloudfront,
  delivery,
  env,
  lambda,
  pipeline,
  s3,
  sh,
  terraform,
} from "../../src/index.ts";
import type { StepInput } from "../../src/model/authored.ts";
import { deliveryFromModule } from "../../src/model/from-module.ts";
import { driftCommand } from "../../src/model/normalise/drift-command.ts";
import { needs } from "../lane/needs.ts";

interface Place {
  root: string;
  write(files: Record<string, string>): void;
  run(script: string, env?: Record<string, string>): { status: number | null; said: string };
}

/** A folder with programs of its own in front of all others. */
function place(t: TestContext, programs: Record<string, string> = {}): Place {
  const root = mkdtempSync(join(tmpdir(), "baton-drift-"));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (files: Record<string, string>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  };
  for (const [name, text] of Object.entries(programs)) {
    write({ [`bin/${name}`]: `#!/bin/bash\n${text}` });
    chmodSync(join(root, "bin", name), 0o755);
  }
  return {
    root,
    write,
    run(script, env = {}) {
      const PATH = `${join(root, "bin")}${delimiter}${process.env.PATH}`;
      const options = { cwd: root, env: { ...process.env, PATH, ...env }, encoding: "utf8" } as const;
      const { status, stdout, stderr } = spawnSync("bash", ["-eo", "pipefail", "-c", script], options);
      return { status, said: stdout + stderr };
    },
  };
}

/** What a job of these steps looks with. */
function lookOf(...steps: StepInput[]): { drift: string; driftEnv: Record<string, unknown> } {
  const web = pipeline("web", { jobs: { deploy: { deploys: true, drift: true, steps } } });
  const built = deliveryFromModule({ default: delivery("shop", { pipelines: [web], environments: [env("dev")] }) });
  assert.ok(built.ok, JSON.stringify(built));
  const { drift, driftEnv } = built.value.pipelines[0]!.jobs.deploy!;
  return { drift: drift!, driftEnv: driftEnv! };
}

test("several looks end as the worst of them, each in its folder and with its own variables", (t) => {
  const { run, write } = place(t);
  write({ "a b/here": "" });
  const look = (script: string, env: Record<string, string> = {}, workingDirectory = ".") => ({
    run: script,
    env,
    workingDirectory,
  });
  const ended = (...looks: ReturnType<typeof look>[]) => {
    const { command, env } = driftCommand(looks);
    return run(command, env as Record<string, string>);
  };
  assert.equal(ended(look("true"), look("test -e here", {}, "a b")).status, 0);
  assert.equal(ended(look("exit 2"), look("echo second")).status, 2);
  assert.match(ended(look("exit 2"), look("echo second")).said, /second/, "a difference is no reason not to look on");
  assert.equal(ended(look("exit 2"), look("exit 1"), look("true")).status, 1, "nobody can tell");
  assert.equal(ended(look("false; true")).status, 1, "each line counts");
  assert.equal(ended(look("true", {}, "gone")).status, 1);
  const hostile = `it's "$(touch owned)" \n second`;
  const same = ended(
    look(`printf '<%s>' "$BATON_VALUE_X"`, { BATON_VALUE_X: hostile }),
    look(`printf '<%s>' "$BATON_VALUE_X"; exit 2`, { BATON_VALUE_X: "other" }),
  );
  assert.deepEqual(same, { status: 2, said: `<${hostile}><other>` });
});

test("a job where no action knows how to look says so, and a command of its own stays as it is", () => {
  const web = (drift: boolean | string) =>
    pipeline("web", {
      jobs: { deploy: { deploys: true, drift, steps: [sh("./go.sh"), cloudfront.invalidate({ distribution: "E1" })] } },
    });
  const judged = (drift: boolean | string) => {
    try {
      return deliveryFromModule({ default: delivery("shop", { pipelines: [web(drift)], environments: [env("dev")] }) });
    } catch (error) {
      return { ok: false as const, error: error as Error };
    }
  };
  const refused = judged(true);
  assert.ok(!refused.ok);
  assert.match(
    JSON.stringify(refused) + String("error" in refused && refused.error),
    /no step of this job knows how to look for drift/,
  );
  const sometimes = { ...s3.sync({ from: "dist", bucket: "pages" }), condition: { environment: "dev" } } as const;
  const pages = pipeline("web", { jobs: { deploy: { deploys: true, drift: true, steps: [sometimes] } } });
  assert.throws(
    () => delivery("shop", { pipelines: [pages], environments: [env("dev")] }),
    /looks for drift, and runs under a condition alone/,
  );
  const own = judged("./look.sh");
  assert.ok(own.ok);
  const { drift, driftEnv } = own.value.pipelines[0]!.jobs.deploy!;
  assert.deepEqual([drift, driftEnv], ["./look.sh", undefined]);
  const none = judged(false);
  assert.ok(none.ok);
  assert.equal(none.value.pipelines[0]!.jobs.deploy!.drift, undefined);
});

/** Says what stands in `answers`, a line for each question about the state of the detection, the last again and again. */
const formation = `
case "$2" in
  detect-stack-drift) echo look-1 ;;
  describe-stack-drift-detection-status)
    [ "$4" = look-1 ] || exit 9
    case "$6" in
      DetectionStatus) head -1 answers; tail -n +2 answers > rest; if [ -s rest ]; then mv rest answers; fi ;;
      StackDriftStatus) cat found ;;
      DetectionStatusReason) echo "no rights to look" ;;
    esac ;;
  describe-stack-resource-drifts) printf 'MODIFIED\\tTable\\tshop-dev\\n' ;;
esac`;

test("a stack is looked at by CloudFormation itself, and what it cannot tell is not taken for the same", (t) => {
  const { run, write } = place(t, { aws: formation, sleep: "true" });
  const { drift, driftEnv } = lookOf(cloudformation.deploy({ stack: "shop-dev", template: "t.yaml" }));
  assert.deepEqual(driftEnv, {});
  const looked = (answers: string, found: string) => {
    write({ answers, found: `${found}\n` });
    return run(drift);
  };
  assert.equal(looked("DETECTION_IN_PROGRESS\nDETECTION_IN_PROGRESS\nDETECTION_COMPLETE\n", "IN_SYNC").status, 0);
  const drifted = looked("DETECTION_COMPLETE\n", "DRIFTED");
  assert.deepEqual([drifted.status, drifted.said], [2, "MODIFIED\tTable\tshop-dev\n"]);
  assert.equal(looked("DETECTION_COMPLETE\n", "UNKNOWN").status, 1);
  const failed = looked("DETECTION_FAILED\n", "IN_SYNC");
  assert.deepEqual([failed.status, failed.said], [1, "no rights to look\n"]);
  assert.equal(looked("", "IN_SYNC").status, 1, "no answer");
});

test("what is asked of CloudFormation is in its published description", needs("python3", "aws"), () => {
  const program = `
import json, botocore.loaders
model = botocore.loaders.Loader().load_service_model("cloudformation", "service-2")
shapes = model["shapes"]
def of(name): return shapes[name].get("enum") or sorted(shapes[name]["members"])
print(json.dumps([of(name) for name in ("DetectStackDriftOutput", "DescribeStackDriftDetectionStatusOutput", "StackDriftDetectionStatus", "StackDriftStatus", "StackResourceDriftStatus", "DescribeStackResourceDriftsInput", "StackResourceDrift")]))`;
  const { stdout, stderr } = spawnSync("python3", ["-c", program], { encoding: "utf8" });
  const [detect, status, detection, drift, resource, asked, told] = JSON.parse(stdout || `"${stderr}"`) as string[][];
  const { drift: script } = lookOf(cloudformation.deploy({ stack: "shop-dev", template: "t.yaml" }));
  assert.ok(detect!.includes("StackDriftDetectionId"));
  for (const name of ["DetectionStatus", "DetectionStatusReason", "StackDriftStatus"])
    assert.ok(status!.includes(name));
  for (const word of ["DETECTION_IN_PROGRESS", "DETECTION_COMPLETE"]) {
    assert.ok(detection!.includes(word) && script.includes(word));
  }
  for (const word of ["IN_SYNC", "DRIFTED"]) assert.ok(drift!.includes(word) && script.includes(word));
  for (const word of ["MODIFIED", "DELETED"]) assert.ok(resource!.includes(word) && script.includes(word));
  assert.ok(asked!.includes("StackResourceDriftStatusFilters"));
  for (const name of ["LogicalResourceId", "PhysicalResourceId", "StackResourceDriftStatus"]) {
    assert.ok(told!.includes(name) && script.includes(name));
  }
});

test("a bucket is compared by what is in its files, whatever their times and sizes", needs("diff", "grep"), (t) => {
  const aws = `[ "$1 $2 $3" = "s3 sync --only-show-errors" ] || exit 9
[ "$4" = "s3://pages/web" ] || exit 8
[ ! -e refused ] || { echo "Access Denied" >&2; exit 1; }
cp -r bucket/. "$5"`;
  const { run, write } = place(t, { aws });
  const files = { "dist/index.html": "one", "dist/js/app.js": "two" };
  write({ ...files, "bucket/index.html": "one", "bucket/js/app.js": "two" });
  const whole = lookOf(s3.sync({ from: "dist", bucket: "pages", prefix: "web" })).drift;
  const kept = lookOf(s3.sync({ from: "dist", bucket: "pages", prefix: "web", others: "kept" })).drift;
  assert.deepEqual(run(whole), { status: 0, said: "" });
  write({ "bucket/js/app.js": "owt" });
  assert.deepEqual(run(whole), { status: 2, said: "Files dist/js/app.js and the bucket/js/app.js differ\n" });
  write({ "bucket/js/app.js": "two", "bucket/js/more.js": "more" });
  assert.deepEqual(run(whole), { status: 2, said: "Only in the bucket/js: more.js\n" });
  assert.equal(run(kept).status, 0, "what else is there is kept");
  write({ "dist/new.html": "new" });
  assert.deepEqual(run(kept), { status: 2, said: "Only in dist: new.html\n" });
  write({ refused: "" });
  assert.equal(run(whole).status, 1, "nobody can tell");
});

test("a function is compared by the digest of its package, that of its alias where it has one", (t) => {
  const aws = `[ "$1 $2 $3 $4" = "lambda get-function-configuration --function-name shop" ] || exit 9
[ "$5 $6" = "--qualifier live" ] || [ "$5" = --query ] || exit 8
cat digest`;
  const { run, write } = place(t, { aws });
  write({ "function.zip": "zip", digest: "SmIgHtBeAnything=\n" });
  const update = lookOf(lambda.update({ function: "shop", package: "function.zip", alias: "live" })).drift;
  const blueGreen = lookOf(lambda.blueGreen({ function: "shop", package: "function.zip", alias: "live" })).drift;
  for (const look of [update, blueGreen]) {
    const { status, said } = run(look);
    assert.equal(status, 2);
    assert.match(said, /^the function has other code: SmIgHtBeAnything=, and not \S{43}=\n$/);
  }
  write({ digest: `${createHash("sha256").update("zip").digest("base64")}\n` });
  assert.equal(run(update).status, 0);
  assert.equal(run(blueGreen).status, 0);
  assert.equal(run(`rm function.zip\n${update}`).status, 1, "nobody can tell");
});

test("CDK and Terraform are asked for what they would change", (t) => {
  const npx = `[ "$*" = "cdk diff --no-change-set --app cdk.out" ] || exit 9
[ ! -e broken ] || { echo "no such app"; exit 1; }
cat counted`;
  const terraformProgram = `echo "terraform $*"; echo "$*" >> asked; case "$*" in *detailed-exitcode*) exit "$(cat planned)" ;; esac`;
  const { root, run, write } = place(t, { npx, terraform: terraformProgram });
  const app = lookOf(cdk.deploy({ app: "cdk.out" })).drift;
  const counted = (text: string) => {
    write({ counted: `Stack Shop\n${text}` });
    return run(app);
  };
  assert.deepEqual(counted("Number of stacks with differences: 0\n"), { status: 0, said: "" });
  const differs = counted("Number of stacks with differences: 10\n");
  assert.deepEqual(differs, { status: 2, said: "Stack Shop\nNumber of stacks with differences: 10\n" });
  assert.equal(counted("").status, 1, "it does not say");
  write({ broken: "" });
  assert.deepEqual(run(app), { status: 1, said: "no such app\n" });

  const asked = join(root, "asked");

  const applied = lookOf(
    terraform.apply({ directory: "infra", backend: { key: "k" }, variables: { size: "2" } }),
  ).drift;
  for (const status of [0, 1, 2]) {
    write({ planned: String(status) });
    const looked = run(applied);
    assert.equal(looked.status, status);
    assert.match(looked.said, status === 2 ? /^terraform -chdir=infra show -no-color \S+\n$/ : /^$/);
    assert.match(
      readFileSync(asked, "utf8"),
      /init .*-backend-config=key=k\n.*plan -detailed-exitcode .*-lock=false .*-var size=2\n/,
    );
  }
});

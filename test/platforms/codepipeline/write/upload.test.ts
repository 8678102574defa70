/** Uploads that CodePipeline does itself: when, as whom, and that the bucket holds what the step would have put there. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cloudformation, context, delivery, env, pipeline, s3, sh, text } from "../../../../src/index.ts";
import type {
  Action,
  EnvironmentVariable,
  LentRole,
  PipelineResource,
  Project,
  Role,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { type Layout, settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { startEmulator } from "../../../aws/emulator.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { home, other } from "./estate.ts";
import { PipelineRun } from "./pipeline-run.ts";
import { site } from "./site.ts";

const lowered = (built = site(), settings: object = {}, layout: Layout = "single") =>
  lowerDelivery(built, {
    layout,
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
  });

const actionsOf = (infrastructure: ReturnType<typeof lowered>): Action[] =>
  infrastructure.resources.flatMap((one) =>
    one.kind === "pipeline" ? one.stages.flatMap(({ actions }) => actions) : [],
  );
const uploads = (infrastructure: ReturnType<typeof lowered>) =>
  actionsOf(infrastructure).filter(({ provider }) => provider === "S3");

test("one upload of one artifact becomes the S3 action, and what invalidates comes strictly after", () => {
  const infrastructure = lowered();
  assert.deepEqual(
    uploads(infrastructure).map(({ configuration, inputs }) => [configuration, inputs]),
    ["test", "prod"].map((environment) => [
      { BucketName: `site-${environment}`, Extract: "true", ObjectKey: "shop", CacheControl: "max-age=60" },
      ["web_build"],
    ]),
  );
  const [pipeline] = infrastructure.resources.filter((one): one is PipelineResource => one.kind === "pipeline");
  const orders = pipeline!.stages.at(-1)!.actions.map(({ name, runOrder }) => [name, runOrder]);
  assert.deepEqual(orders, [
    ["web-deploy", 1],
    ["web-invalidate", 2],
  ]);
  const projects = infrastructure.resources.filter((one): one is Project => one.kind === "project");
  assert.deepEqual(
    projects.map(({ name }) => name),
    ["site-web-build", "site-web-invalidate-test", "site-web-invalidate-prod"],
  );
  const role = infrastructure.resources.find((one): one is Role => one.id === "SitePipelineRole")!;
  const rights = role.statements.filter(({ sid }) => sid.startsWith("Upload"));
  assert.deepEqual(
    rights.map(({ sid, resources }) => [sid, JSON.stringify(resources).includes("site-prod/shop/*")]),
    [
      ["Upload", false],
      ["Upload2", true],
    ],
  );
});

test("in another account the environment's role uploads, in its region", () => {
  const infrastructure = lowered(site(), { home, targets: { prod: other } });
  const [here, there] = uploads(infrastructure);
  assert.deepEqual([here!.role, here!.region], [undefined, undefined]);
  assert.deepEqual(
    [there!.role, there!.region],
    [`arn:aws:iam::${other.account}:role/site-prod-actions-role`, other.region],
  );
  const roles = infrastructure.remoteStacks[0]!.infrastructure.resources.filter(
    (one): one is LentRole => "lentTo" in one,
  );
  const own = roles.find(({ name }) => name === "site-prod-actions-role")!;
  assert.ok(
    own.statements.some(({ sid, resources }) => sid === "Upload" && JSON.stringify(resources).includes("site-prod")),
  );
  assert.ok(
    !JSON.stringify(infrastructure.resources.find(({ id }) => id === "SitePipelineRole")).includes("site-prod/shop"),
  );
});

test("a build stays where the action would do something else", () => {
  const stays: Record<string, Parameters<typeof site>[0]> = {
    "it deletes what the folder does not have": { others: "deleted" },
    "it takes a part of the artifact": { from: "dist/pages" },
    "it does more": { more: [sh("./tell.sh")] },
    "it is tried again": { job: { retry: { attempts: 2 } } },
    "it may be left out": { job: { condition: { environment: ["prod"] } } },
    "it may fail": { job: { continueOnFailure: true } },
    "it is told whose credentials to take": { job: { env: { AWS_PROFILE: "site" } } },
    "the artifact is not its builder's only one": { artifacts: { dist: "dist", report: "report" } },
    "somebody else takes the artifact to work with it": {
      takers: { check: { needs: ["build"], uses: ["dist"], steps: [sh("test -d dist")] } },
    },
    "the bucket is known to a run only, and nobody said what may be done there": {
      bucket: text`site-${context("commit")}`,
    },
  };
  for (const [why, change] of Object.entries(stays)) {
    assert.deepEqual(uploads(lowered(site(change))), [], why);
    const build = lowered(site(change)).buildspecs.find(({ path }) => path.endsWith("/web-build.yml"))!;
    assert.match(build.text, /dist\.tar/, why);
  }
  assert.equal(uploads(lowered(site())).length, 2);
});

test("the bucket may come from a stack that CodePipeline deploys, when the rights are told", () => {
  const stack = pipeline("hosting", {
    outputs: { bucket: "string" },
    jobs: {
      deploy: {
        deploys: true,
        steps: [cloudformation.deploy({ stack: "hosting", template: "hosting.yaml", publish: { bucket: "Bucket" } })],
      },
    },
  });
  const built = site({ bucket: stack.outputs.bucket, needs: [stack] });
  const permissions = {
    "web.deploy": [{ actions: ["s3:PutObject"], resources: [`arn:\${partition}:s3:::hosting-*/*`] }],
    "hosting.deploy": [{ actions: ["s3:CreateBucket"], resources: ["*"] }],
  };
  assert.deepEqual(uploads(lowered(built)), []);
  const [first] = uploads(lowered(built, { permissions }));
  assert.equal(first!.configuration.BucketName, "#{hosting-deploy@test.Bucket}");
  const role = lowered(built, { permissions }).resources.find((one): one is Role => one.id === "SitePipelineRole")!;
  assert.match(JSON.stringify(role.statements), /hosting-\*\/\*/);
});

test("with separate pipelines an artifact of one's own is uploaded, that of another pipeline is fetched by a build", () => {
  assert.equal(uploads(lowered(site(), {}, "separate")).length, 2);
  const pages = pipeline("pages", {
    jobs: { build: { deploys: true, steps: [sh("mkdir dist")], artifacts: { dist: "dist" } } },
  });
  const web = pipeline("web", {
    needs: [pages],
    jobs: {
      deploy: {
        deploys: true,
        uses: [pages.artifacts.dist],
        steps: [s3.sync({ from: "dist", bucket: "pages", others: "kept" })],
      },
    },
  });
  const built = delivery("site", { pipelines: [pages, web], environments: [env("test", { branch: "main" })] });
  const left = (layout: Layout) =>
    lowered(built, {}, layout).buildspecs.find(({ path }) => path.endsWith("pages-build.yml"))!.text;
  assert.equal(uploads(lowered(built)).length, 1);
  assert.match(left("single"), /cp -RL/);
  assert.deepEqual(uploads(lowered(built, {}, "separate")), []);
  assert.match(left("separate"), /dist\.tar/);
});

test("the bucket holds what the step itself would have put there", fullDepth(...emulator), async (t) => {
  await using emulator = await startEmulator();
  const folder = mkdtempSync(join(tmpdir(), "baton-upload-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const infrastructure = lowered();
  const run = new PipelineRun({ emulator, folder, id: "r1", commit: "4f2a", fillSource() {} });
  const project = infrastructure.resources.find((one): one is Project => one.id === "WebBuildProject")!;
  const action = actionsOf(infrastructure).find(({ name }) => name === "web-build")!;
  const { status, output } = await run.build({
    ...action,
    inputs: [],
    variables: [
      ...(project.variables as EnvironmentVariable[]),
      ...(JSON.parse(action.configuration.EnvironmentVariables as string) as EnvironmentVariable[]),
    ],
    buildspec: infrastructure.buildspecs.find(({ path }) => path === project.buildspec)!.text,
  });
  assert.equal(status, 0, output);
  await emulator.aws("s3api", "create-bucket", "--bucket", "site-test", "--region", "us-east-1");
  await emulator.aws("s3api", "create-bucket", "--bucket", "by-hand", "--region", "us-east-1");

  // What the action does: the zip of the artifact, unpacked below the key.
  const [upload] = uploads(infrastructure);
  const left = run.artifact(upload!.inputs[0]!);
  const zip =
    "import os, sys, zipfile\nz = zipfile.ZipFile(sys.argv[2], 'w')\nos.chdir(sys.argv[1])\n[z.write(os.path.join(p, f)) for p, _, fs in os.walk('.') for f in fs]\nz.close()\nos.makedirs(sys.argv[3])\nzipfile.ZipFile(sys.argv[2]).extractall(sys.argv[3])";
  execFileSync("python3", ["-c", zip, left, join(folder, "a.zip"), join(folder, "unpacked")]);
  const { BucketName, ObjectKey } = upload!.configuration;
  await emulator.aws("s3", "cp", "--recursive", "--quiet", join(folder, "unpacked"), `s3://${BucketName}/${ObjectKey}`);

  // What the step does where the artifact was made.
  const script = "aws s3 sync --only-show-errors dist s3://by-hand/shop";
  const made = join(left, "..");
  assert.equal(spawnSync("bash", ["-c", script], { cwd: made, env: emulator.env }).status, 0);
  const held = async (bucket: string) => {
    const { Contents } = await emulator.aws<{ Contents: { Key: string; ETag: string }[] }>(
      "s3api",
      "list-objects-v2",
      "--bucket",
      bucket,
    );
    return Contents.map(({ Key, ETag }) => [Key, ETag]);
  };
  const wanted = await held("by-hand");
  assert.deepEqual(
    wanted.map(([key]) => key),
    ["shop/.well-known/x", "shop/home.html", "shop/index.html"],
  );
  assert.deepEqual(await held("site-test"), wanted);
});

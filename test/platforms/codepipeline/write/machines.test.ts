/** What builds run on, and what the team's account asks of every role and log: in all formats. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { delivery, docker, env, pipeline, sh } from "../../../../src/index.ts";
import { useOfDocument } from "../../../../src/platforms/codepipeline/cost/generated-use.ts";
import type { Infrastructure, Project, Role } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { type Format, settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { estate, estateSettings } from "./estate.ts";
import { write } from "./written.ts";

const shopOf = (run: string, job: object = {}, outputs: object = {}) =>
  delivery("shop", {
    pipelines: [
      pipeline("web", {
        outputs,
        jobs: {
          build: { per: "release", steps: [sh(run)], ...job },
          test: { per: "release", steps: [sh("npm test")] },
        },
      } as never),
    ],
    environments: [env("test", { branch: "main" })],
  } as never);

function lowered(run: string, settings: object = {}, job: object = {}, outputs: object = {}): Infrastructure {
  return lowerDelivery(shopOf(run, job, outputs), {
    ...{ layout: "single", format: "cloudformation", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse(settings),
  } as never);
}

const projectOf = ({ resources }: Infrastructure, name: string) =>
  resources.find((one): one is Project => one.kind === "project" && one.name === `shop-web-${name}`)!;
const machineOf = (infrastructure: Infrastructure, name = "build") => projectOf(infrastructure, name).machine;
const text = (run: string, settings: object, format: Format) =>
  write(shopOf(run), settings, { format })
    .files.filter(({ path }) => !path.endsWith(".yml"))
    .map((file) => file.text)
    .join("\n");

test("ghcr.io is signed in to by a token that builds do not have, and ECR by their role", () => {
  const shop = (registry: "ecr" | "ghcr") =>
    lowered(
      "true",
      {},
      { steps: [docker.build({ repository: "r/web", publish: "image", registry })] },
      {
        image: { job: "build" },
      },
    );
  assert.throws(
    () => shop("ghcr"),
    (error: CannotWrite) =>
      error instanceof CannotWrite && error.path!.join(".") === "pipelines.web.jobs.build.steps.0",
  );
  assert.equal(machineOf(shop("ecr")).isPrivileged, true);
});

test("a machine is what the settings say of all, and of the job where that differs", () => {
  const settings = {
    machine: { size: "medium", architecture: "arm64" },
    machines: { "web.build": { size: "2xlarge", image: "registry.example.com/build:1" } },
  };
  const both = lowered("npm ci", settings);
  const usual = { type: "ARM_CONTAINER", isPrivileged: false, fleet: undefined, vpc: undefined };
  assert.deepEqual(machineOf(both), {
    ...usual,
    image: "registry.example.com/build:1",
    compute: "BUILD_GENERAL1_2XLARGE",
  });
  assert.deepEqual(machineOf(both, "test"), {
    ...usual,
    image: "aws/codebuild/amazonlinux-aarch64-standard:3.0",
    compute: "BUILD_GENERAL1_MEDIUM",
  });
  assert.throws(
    () => lowered("npm ci", { machines: { "web.biuld": {} } }),
    (error: CannotWrite) => error instanceof CannotWrite && /machine of web\.biuld/.test(error.message),
  );
});

test("who builds containers gets a machine that can, and one that may not is refused", () => {
  for (const run of [
    "cd app && docker build -t web .",
    "if true; then docker compose up; fi",
    "sam build --use-container",
  ]) {
    assert.equal(machineOf(lowered(run)).isPrivileged, true, run);
    assert.equal(machineOf(lowered(run), "test").isPrivileged, false, "only the job that needs it");
  }
  assert.equal(machineOf(lowered("make image", {}, { tools: ["docker"] })).isPrivileged, true);
  for (const run of ["echo docker build", "# docker build", "sam build"]) {
    assert.equal(machineOf(lowered(run)).isPrivileged, false, run);
  }
  assert.throws(
    () => lowered("docker build .", { machines: { "web.build": { privileged: false } } }),
    (error: CannotWrite) => error instanceof CannotWrite && error.path!.join(".") === "pipelines.web.jobs.build",
  );
});

const vpc = { id: "vpc-0a1b", subnets: ["subnet-0a", "subnet-0b"], securityGroups: ["sg-0c"] };
const fleet = "arn:aws:codebuild:eu-central-1:123456789012:fleet/builders:1";

test("a machine in a network has the rights to join it, in these subnets only", () => {
  const { resources } = lowered("npm ci", { machines: { "web.build": { vpc } } });
  const rights = (id: string) =>
    resources.find((one): one is Role => one.kind === "role" && one.id === id)!.statements.map(({ sid }) => sid);
  assert.ok(rights("WebBuildRole").includes("LendInterface"));
  assert.ok(!rights("WebTestRole").includes("LendInterface"));
});

test("every format says the same", () => {
  const settings = {
    machine: { fleet, vpc, size: "large" },
    permissionsBoundary: `arn:\${partition}:iam::\${account}:policy/limits`,
    logDays: 365,
    permissions: {
      "web.build": [
        {
          actions: ["iam:PassRole"],
          resources: [`arn:\${partition}:iam::\${account}:role/app`],
          conditions: { StringEquals: { "iam:PassedToService": ["ecs-tasks.amazonaws.com"] } },
        },
      ],
    },
  };
  const wanted: Record<Format, readonly RegExp[]> = {
    cloudformation: [
      /PrivilegedMode: true/,
      /ComputeType: BUILD_GENERAL1_LARGE/,
      /FleetArn: arn:aws:codebuild:/,
      /VpcConfig: \{ VpcId: vpc-0a1b, Subnets: \[ subnet-0a, subnet-0b \], SecurityGroupIds: \[ sg-0c \] \}/,
      /PermissionsBoundary: !Sub arn:\$\{AWS::Partition\}:iam::\$\{AWS::AccountId\}:policy\/limits/,
      /RetentionInDays: 365/,
      /iam:PassedToService: \[ ?ecs-tasks\.amazonaws\.com ?\]/,
    ],
    terraform: [
      /privileged_mode = true/,
      /compute_type += "BUILD_GENERAL1_LARGE"/,
      /fleet \{\n +fleet_arn = "arn:aws:codebuild:/,
      /vpc_config \{\n +vpc_id += "vpc-0a1b"\n +subnets += \["subnet-0a", "subnet-0b"\]\n +security_group_ids = \["sg-0c"\]/,
      /permissions_boundary = "arn:\$\{data\.aws_partition\.current\.partition\}:iam::/,
      /retention_in_days = 365/,
      /"iam:PassedToService" = \["ecs-tasks\.amazonaws\.com"\]/,
    ],
    cdk: [
      /privilegedMode: true/,
      /computeType: "BUILD_GENERAL1_LARGE"/,
      /fleet: \{ fleetArn: "arn:aws:codebuild:/,
      /vpcConfig: \{[\s\S]*?vpcId: "vpc-0a1b"[\s\S]*?securityGroupIds: \["sg-0c"\]/,
      /permissionsBoundary: `arn:\$\{Aws\.PARTITION\}/,
      /retentionInDays: 365/,
      /"iam:PassedToService": \["ecs-tasks\.amazonaws\.com"\]/,
    ],
  };
  for (const [format, patterns] of Object.entries(wanted) as [Format, RegExp[]][]) {
    const written = text("docker build .", settings, format);
    for (const pattern of patterns) assert.match(written, pattern, format);
  }
});

test("the settings on the page are taken", () => {
  const page = readFileSync(new URL("../../../../docs/generate-codepipeline.md", import.meta.url), "utf8");
  const [, block] = /^## Machines\n+```yaml\n([\s\S]*?)```/m.exec(page)!;
  const { machines, permissions } = settingsSchema.parse(parse(block!));
  assert.deepEqual(Object.keys(machines), ["web.build", "api.test"]);
  assert.deepEqual(Object.keys(permissions["api.deploy"]![0]!.conditions!), ["StringEquals"]);
});

test("the boundary is on every role, those in other accounts too, and of the account that they are in", () => {
  const infrastructure = lowerDelivery(estate, {
    ...{ layout: "single", format: "cloudformation", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse({ ...estateSettings, permissionsBoundary: `arn:aws:iam::\${account}:policy/x` }),
  } as never);
  const all = [infrastructure, ...infrastructure.remoteStacks.map((one) => one.infrastructure)].flatMap((one) =>
    one.resources.filter((each): each is Role => each.kind === "role"),
  );
  assert.ok(all.length > 5);
  for (const { id, boundary } of all)
    assert.equal(JSON.stringify(boundary), '["arn:aws:iam::",{"pseudo":"account"},":policy/x"]', id);
});

test("a machine costs what it costs, and one without a known price is told", () => {
  const known = { usual: new Map(), settings: { runs: 10, minutes: {}, setupSeconds: 0, artifactMb: 1, logMb: 1 } };
  const used = (settings: object) => useOfDocument(lowered("npm ci", settings), known as never);
  const machines = ({ pipelines }: ReturnType<typeof used>) =>
    pipelines.flatMap(({ actions }) => actions.flatMap(({ build }) => (build ? [build.machine] : [])));
  assert.deepEqual(machines(used({ machine: { size: "large" } })), [
    "codebuild.general1.large",
    "codebuild.general1.large",
  ]);
  assert.deepEqual(used({ machine: { size: "xlarge" } }).unpriced, [
    "builds on BUILD_GENERAL1_XLARGE of LINUX_CONTAINER, for which no price is kept here",
  ]);
});

test("what the definition says of a machine is taken, or refused with its place; the settings have the last word", () => {
  const machine = (job: object, settings: object = {}) => machineOf(lowered("npm ci", settings, job));
  const arm = machine({ runsOn: ["linux", "arm64"], container: "node:24" });
  assert.deepEqual([arm.type, arm.image], ["ARM_CONTAINER", "node:24"]);
  assert.equal(machine({ runsOn: "ubuntu-24.04" }).type, "LINUX_CONTAINER");
  const own = { machines: { "web.build": { architecture: "x86_64", image: "mine:1" } } };
  const said = machine({ runsOn: { group: "big", labels: "gpu" }, container: "node:24" }, own);
  assert.deepEqual([said.type, said.image], ["LINUX_CONTAINER", "mine:1"]);
  const refused: [object, string, RegExp][] = [
    [{ runsOn: "windows-2025" }, "runsOn", /windows-2025.*Linux/],
    [{ runsOn: ["self-hosted", "linux"] }, "runsOn", /self-hosted/],
    [{ runsOn: { group: "big" } }, "runsOn", /a group/],
    [{ runsOn: { matrix: "os" }, matrix: { os: ["linux"] } }, "runsOn", /made of values/],
    [{ services: { db: "postgres:17" } }, "services", /services/],
    [{ container: { image: "a", options: "--cpus 2" } }, "container.options", /options/],
    [{ container: { image: "a", env: { A: "1" } } }, "container.env", /env/],
    [{ container: { image: ["a", { context: "commit" }] } }, "container.image", /made of values/],
  ];
  for (const [job, at, words] of refused) {
    assert.throws(
      () => machine(job),
      (error: CannotWrite) => {
        assert.equal(error.path?.join("."), `pipelines.web.jobs.build.${at}`);
        assert.match(error.message, words);
        return true;
      },
    );
  }
});

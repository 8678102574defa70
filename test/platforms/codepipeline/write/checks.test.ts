/** Pull requests: what a pipeline of their own runs, what it is kept away from, and what is said of the rest. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { delivery, env, pipeline, secret, sh } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import type {
  EnvironmentVariable,
  Infrastructure,
  PipelineResource,
  Project,
  Role,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { type Layout, settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import { startEmulator } from "../../../aws/emulator.ts";
import { sandbox } from "../../../cli/sandbox.ts";
import { isFull, tries } from "../../../lane/depth.ts";
import { emulator, fullDepth } from "../../../lane/needs.ts";
import { samples } from "../../../plan/random-delivery.ts";
import { readBack } from "../simulate/read-back.ts";
import { simulate } from "../simulate/simulate.ts";
import { push } from "../simulate/worlds.ts";
import { PipelineRun } from "./pipeline-run.ts";
import { checkSettings, shop, write } from "./written.ts";

const lowered = (built: Delivery, settings: object = checkSettings, layout: Layout = "single"): Infrastructure =>
  lowerDelivery(built, {
    layout,
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
  });

const pipelinesOf = ({ resources }: Infrastructure) =>
  resources.filter((one): one is PipelineResource => one.kind === "pipeline");
const checksOf = (infrastructure: Infrastructure) =>
  pipelinesOf(infrastructure).filter(({ name }) => name.endsWith("-checks"));
const jobsOf = (one: PipelineResource) =>
  one.stages.flatMap(({ actions }) => actions).filter(({ job }) => job !== undefined);

test("only when it is asked for, and then for pull requests alone, side by side", () => {
  assert.deepEqual(checksOf(lowered(shop, {})), []);
  const [checks, ...others] = checksOf(lowered(shop));
  assert.deepEqual(others, []);
  assert.equal(checks!.executionMode, "PARALLEL");
  assert.deepEqual(checks!.triggers, [
    { source: "repository", on: ["OPEN", "UPDATED"], branches: ["main"], tags: [], paths: ["web/**"] },
  ]);
  assert.deepEqual(
    checks!.stages.map(({ name, actions }) => [name, ...actions.map((one) => `${one.runOrder} ${one.name}`)]),
    [
      ["Source", "1 repository"],
      ["Checks", "1 web-test-22", "1 web-test-24", "2 web-build"],
    ],
  );
  const [release] = pipelinesOf(lowered(shop)).filter((one) => one !== checks && !one.name.endsWith("-checks"));
  assert.deepEqual(
    release!.triggers.map(({ on }) => on),
    ["push"],
  );
  assert.deepEqual(
    checksOf(lowered(shop, checkSettings, "separate")).map(({ name }) => name),
    ["shop-web-main-checks"],
  );
});

test("what needs a secret, AWS, a group, or what is not run is left out, and said", () => {
  const run = (more: object = {}) => ({ per: "release", steps: [sh("true")], ...more });
  const web = pipeline("web", {
    jobs: {
      lint: run(),
      private: run({ env: { TOKEN: secret("TOKEN") } }),
      after: run({ needs: ["private"] }),
      cloud: run({ steps: [sh("aws s3 ls s3://prices")] }),
      told: run(),
      alone: run({ concurrency: "database" }),
      deploy: { deploys: true, steps: [sh("./deploy.sh")] },
    },
  } as never);
  const quiet = pipeline("quiet", { pullRequests: false, jobs: { test: run() } } as never);
  const infra = pipeline("infra", { jobs: { apply: { deploys: true, steps: [sh("./apply.sh")] } } } as never);
  const built = delivery("shop", {
    pipelines: [web, quiet, infra],
    environments: [env("test", { branch: "main" })],
  } as never);
  const settings = {
    pullRequests: "checks",
    permissions: { "web.told": [{ actions: ["s3:GetObject"], resources: ["*"] }] },
  };
  const [checks] = checksOf(lowered(built, settings));
  assert.deepEqual(
    jobsOf(checks!).map(({ job }) => job),
    ["web.lint"],
  );
  const { notes } = write(built, settings);
  assert.deepEqual(
    notes.filter((note) => note.startsWith("pull requests")),
    [
      "pull requests start no CodePipeline: check infra where they are reviewed",
      "pull requests do not run web.private: it reads the secret TOKEN",
      "pull requests do not run web.cloud: it acts on AWS",
      "pull requests do not run web.told: it acts on AWS",
      "pull requests do not run web.alone: it is in a concurrency group, and checks run side by side",
      "pull requests do not run web.after: it needs web.private, which is not run",
    ],
  );
});

test("checks that would be called like another pipeline are refused", () => {
  const jobs = { test: { per: "release", steps: [sh("true")] } };
  const built = delivery("shop", {
    pipelines: [pipeline("web", { jobs } as never)],
    environments: [env("test", { branch: "main" }), env("odd", { branch: "main-checks" })],
  } as never);
  assert.throws(
    () => lowered(built, { pullRequests: "checks" }, "separate"),
    (error: CannotWrite) => error instanceof CannotWrite && /would be called shop-web-main-checks/.test(error.message),
  );
});

test("of any delivery: nothing that deploys or is secret, in its order, and apart from all that releases are made of", () => {
  let jobs = 0;
  fc.assert(
    fc.property(samples, fc.constantFrom<Layout>("single", "separate"), ({ delivery: made }, layout) => {
      const infrastructure = loweredOrRefused(expressible(made), layout);
      if (infrastructure === undefined) return;
      for (const checks of checksOf(infrastructure)) {
        const actions = jobsOf(checks);
        jobs += actions.length;
        const orderOf = (name: string) => actions.filter(({ job }) => job === name).map(({ runOrder }) => runOrder);
        for (const { job, runOrder } of actions) {
          const [name, own] = job!.split(".") as [string, string];
          const one = made.pipelines.find((each) => each.name === name)!;
          const { per, deploys, needs } = one.jobs[own]!;
          assert.ok(one.triggers.pullRequests && per === "release" && !deploys, job);
          for (const need of needs) {
            const before = orderOf(`${name}.${need}`);
            assert.ok(before.length > 0 && before.every((each) => each < runOrder), `${job} needs ${need}`);
          }
        }
        const mine = new Set(actions.map(({ configuration }) => JSON.stringify(configuration.ProjectName)));
        for (const resource of infrastructure.resources) {
          if (resource.kind !== "project") continue;
          const isMine = mine.has(JSON.stringify([{ of: resource.id, attribute: "name" }]));
          const role = infrastructure.resources.find((each): each is Role => each.id === resource.role)!;
          const rights = JSON.stringify(role.statements);
          const parts = rights.match(/parameter\/[^"]+/g) ?? [];
          if (isMine) {
            assert.doesNotMatch(rights, /"Artifacts"|secretsmanager|AssumeRole|PassRole/, role.id);
            assert.ok(
              parts.every((part) => part.split("/")[2] === "pull-requests"),
              rights,
            );
          } else if (!role.id.endsWith("ChecksRole")) {
            assert.doesNotMatch(rights, /"CheckArtifacts"|\/pull-requests\//, role.id);
          }
        }
      }
    }),
    tries(300),
  );
  if (isFull) assert.ok(jobs > 40, `${jobs} jobs prove little`);
});

for (const format of ["cloudformation", "terraform"] as const) {
  const when = format === "cloudformation" ? {} : fullDepth();
  test(
    `${format}: read back and carried out, a pull request starts its checks and nothing else, a push never does`,
    when,
    async () => {
      const { pipelines, facts } = await readBack(write(shop, checkSettings, { format }));
      const request = (more: object): RootEvent => ({
        id: "r",
        kind: "pull-request",
        base: "main",
        head: "topic",
        outsider: false,
        action: "opened",
        merged: false,
        paths: ["web/a.html"],
        commit: "c",
        ...more,
      });
      const started = (event: RootEvent) =>
        simulate(pipelines, { events: [event], choose: () => 0 }).runs.map(
          ({ pipeline: id }) => pipelines.find((one) => one.id === id)!.name,
        );
      assert.deepEqual(started(request({})), ["shop-checks"]);
      assert.deepEqual(started(request({ action: "synchronize" })), ["shop-checks"]);
      assert.deepEqual(started(request({ action: "closed" })), []);
      assert.deepEqual(started(request({ base: "develop" })), []);
      assert.deepEqual(started(request({ paths: ["infra/a.tf"] })), []);
      assert.deepEqual(started(push("p")), ["shop"]);
      // Two at the same time: neither waits for the other, and both end.
      const both = simulate(pipelines, { events: [request({}), request({ id: "s" })], choose: () => 0 });
      assert.deepEqual(
        both.runs.map(({ status }) => status),
        ["succeeded", "succeeded"],
      );
      assert.equal(facts.find(({ label }) => label === "shop-checks")!.mode, "parallel");
    },
  );
}

test("a check publishes apart from releases, and what it hands on is its own", fullDepth(...emulator), async (t) => {
  await using emulator = await startEmulator();
  const folder = mkdtempSync(join(tmpdir(), "baton-checks-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const infrastructure = lowered(shop);
  const run = new PipelineRun({
    emulator,
    folder,
    id: "r7",
    commit: "4f2a",
    fillSource(source) {
      mkdirSync(join(source, "web"));
      writeFileSync(join(source, "web/index.html"), "<h1>shop</h1>");
    },
  });
  const [checks] = checksOf(infrastructure);
  for (const action of jobsOf(checks!)) {
    const [reference] = action.configuration.ProjectName as unknown as [{ of: string }];
    const project = infrastructure.resources.find(
      (one): one is Project => one.kind === "project" && one.id === reference.of,
    )!;
    const { status, output } = await run.build({
      ...action,
      inputs: action.inputs.slice(1),
      variables: [
        ...(project.variables as EnvironmentVariable[]),
        ...(JSON.parse(action.configuration.EnvironmentVariables as string) as EnvironmentVariable[]),
      ],
      buildspec: infrastructure.buildspecs.find(({ path }) => path === project.buildspec)!.text,
    });
    assert.equal(status, 0, output);
  }
  const { Parameters } = await emulator.aws<{ Parameters: { Name: string }[] }>(
    ...["ssm", "get-parameters-by-path", "--recursive", "--path", "/shop"],
  );
  assert.deepEqual(
    Parameters.map(({ Name }) => Name),
    ["/shop/pull-requests/web/version/r7"],
  );
});

test("check finds nothing in it", fullDepth(), async (t) => {
  const definition = `name: shop
environments: { test: { branch: main } }
pipelines:
  web:
    jobs:
      test: { per: release, steps: [npm test] }
      deploy: { needs: test, deploys: true, steps: [./deploy.sh] }
`;
  const repo = sandbox(t, { files: { "baton.yaml": definition, "baton.codepipeline.yaml": "pullRequests: checks\n" } });
  for (const format of ["cloudformation", "terraform"]) {
    const made = await repo.baton("generate", "codepipeline", "--format", format, "--out", format);
    assert.equal(made.code, 0, made.stderr);
    const checked = await repo.baton("check", format);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    assert.match(checked.stderr, /nothing found in 2 pipelines/);
  }
});

/** As a delivery that CodePipeline can do: nothing runs after a failure, and every environment has one branch. */
function expressible(made: Delivery): Delivery {
  const copy = structuredClone(made);
  for (const { jobs } of copy.pipelines) {
    for (const job of Object.values(jobs)) {
      job.runsAfter = "success";
      delete job.condition;
    }
  }
  for (const environment of copy.environments) if (environment.after.length === 0) environment.branch ??= "main";
  return copy;
}

function loweredOrRefused(made: Delivery, layout: Layout): Infrastructure | undefined {
  try {
    return lowered(made, { pullRequests: "checks" }, layout);
  } catch (error) {
    if (error instanceof CannotWrite) return undefined;
    throw error;
  }
}

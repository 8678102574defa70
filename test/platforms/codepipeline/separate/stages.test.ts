/** Stages of what builds and of what deploys, and that they say to the function what it understands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import type { Action, Stage } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { Register } from "../../../../src/platforms/codepipeline/write/job-place.ts";
import { settingsSchema, type WriteOptions } from "../../../../src/platforms/codepipeline/write/options.ts";
import { releaseLinesOf } from "../../../../src/platforms/codepipeline/write/release-lines.ts";
import { begun } from "../../../../src/platforms/codepipeline/write/separate/handed.ts";
import { separateLines } from "../../../../src/platforms/codepipeline/write/separate/lines.ts";
import { releasesResources } from "../../../../src/platforms/codepipeline/write/separate/resources.ts";
import { type LineStages, stagesOf as stagesOfLine } from "../../../../src/platforms/codepipeline/write/stages.ts";

const deploy = { deploys: true, steps: [sh("./deploy.sh")] };
const infra = pipeline("infra", { jobs: { apply: deploy } });
const build = { per: "release" as const, steps: [sh("make")], artifacts: { dist: "dist" } };
const web = pipeline("web-site", { needs: [infra], jobs: { build, deploy: { ...deploy, needs: ["build"] } } });
const environments = [
  env("dev", { branch: "main" }),
  env("prod", { after: "dev", approval: { reviewers: ["release-managers"] } }),
];
const shop = delivery("shop", { pipelines: [infra, web], environments });

const optionsWith = (settings: object): WriteOptions => ({
  layout: "separate",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse(settings),
});

function stagesOf(built: Delivery, settings: object = {}): Map<string, LineStages> {
  const options = optionsWith(settings);
  const register = new Register();
  const lines = separateLines(releaseLinesOf(built), { delivery: built, options });
  const found = lines.flatMap((line) => stagesOfLine(line, { delivery: built, options, register }) ?? []);
  return new Map(found.map((one) => [one.line.name, one]));
}

const shape = (stages: readonly Stage[]) =>
  stages.map(({ name, actions }) => `${name}: ${actions.map((one) => `${one.runOrder} ${one.name}`).join(", ")}`);

test("what builds keeps its artifacts with the source; what has nothing to build keeps the source alone", () => {
  const all = stagesOf(shop);
  assert.deepEqual(shape(all.get("shop-infra-main")!.stages), ["Source: 1 repository", "Keep: 1 keep"]);
  const { stages } = all.get("shop-web-site-main")!;
  assert.deepEqual(shape(stages), ["Source: 1 repository", "Build: 1 web-site-build", "Keep: 1 keep"]);
  const [keep] = stages[2]!.actions as [Action];
  assert.deepEqual(keep.inputs, ["Source", ...stages[1]!.actions[0]!.outputs]);
  const variables = JSON.parse(keep.configuration.EnvironmentVariables as string) as { name: string; value: string }[];
  assert.equal(variables.find(({ name }) => name === "BATON_ARTIFACTS")!.value, `build=${keep.inputs[1]}`);
});

test("what deploys selects, asks, deploys in one stage and in order, and proves", () => {
  const { stages } = stagesOf(shop, { alarms: { prod: ["errors"] } }).get("shop-infra-to-prod")!;
  assert.deepEqual(shape(stages), [
    "Source: 1 repository",
    "Select: 1 select",
    "Approve-prod: 1 approve-prod",
    "prod: 1 begin, 2 infra-apply, 3 web-site-deploy, 4 end",
    "Proven: 1 prove",
  ]);
  assert.deepEqual(
    stages.map(({ entry, onFailure, alarms }) => [entry, onFailure, alarms?.names]),
    [
      [undefined, undefined, undefined],
      [undefined, undefined, undefined],
      [undefined, undefined, undefined],
      [undefined, "ROLLBACK", ["errors"]],
      [undefined, undefined, undefined],
    ],
  );
});

test("what a person gives for the release changes nothing else", () => {
  const { stages } = stagesOf(shop).get("shop-infra-to-prod")!;
  const text = stages[1]!.actions[0]!.configuration.UserParameters as string;
  const given = 'newest","environment":"dev","do":"prove","run":"x","set":"y';
  assert.deepEqual(JSON.parse(text.replace("#{variables.BATON_RELEASE}", given)), {
    release: "newest",
    commit: "#{SourceVariables.CommitId}",
    do: "select",
    set: "infra@main",
    environment: "prod",
    run: "#{codepipeline.PipelineExecutionId}",
  });
});

test("variables of a pipeline are named as the function names them", () => {
  const { line } = stagesOf(shop).get("shop-infra-to-prod")!;
  assert.equal(begun({ line, pipeline: line.pipelines[1]! }, "GO"), "#{begin@prod.GO_web_site}");
});

test("artifacts of more jobs than an action takes are refused", () => {
  const jobs = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, build]));
  const many = delivery("shop", {
    pipelines: [
      infra,
      pipeline("many", {
        needs: [infra],
        jobs: Object.fromEntries(
          Object.entries(jobs).map(([name, job]) => [name, { ...job, artifacts: { [name]: "dist" } }]),
        ),
      }),
    ],
    environments,
  });
  assert.throws(() => stagesOf(many), /5 jobs of many leave artifacts once for each release/);
});

test("who may write which records: builds their own candidates, the function all else, nobody both", () => {
  const all = [...stagesOf(shop).values()];
  const around = {
    delivery: "shop",
    register: new Register(),
    options: optionsWith({}),
  };
  const resources = releasesResources(all, around);
  const writes = resources.flatMap((one) =>
    one.kind === "role"
      ? one.statements
          .filter(({ actions }) => actions.includes("s3:PutObject"))
          .flatMap(({ resources }) => resources.map((key) => `${one.id} ${(key as readonly unknown[]).at(-1)}`))
      : [],
  );
  assert.deepEqual(writes, [
    "ShopInfraMainKeepRole /artifacts/*",
    "ShopInfraMainKeepRole /commits/main/*/files",
    "ShopInfraMainKeepRole /candidates/main/infra/*",
    "ShopWebSiteMainKeepRole /artifacts/*",
    "ShopWebSiteMainKeepRole /commits/main/*/files",
    "ShopWebSiteMainKeepRole /candidates/main/web-site/*",
    "ReleasesRole /releases/*",
    "ReleasesRole /environments/*",
    "ReleasesRole /commits/*/contents-*",
  ]);
  const role = resources.find(({ id }) => id === "ReleasesRole");
  assert.ok(role?.kind === "role");
  const answers = role.statements.find(({ sid }) => sid === "AnswerOlderRequests");
  assert.deepEqual(JSON.stringify(answers?.resources).match(/shop-[\w/-]+/g), [
    "shop-infra-to-prod/Approve-prod/approve-prod",
  ]);
  const made = resources.find(({ kind }) => kind === "function");
  assert.ok(made?.kind === "function" && made.source.includes('"infra@main"'));
});

test("a delivery without sets needs none of it", () => {
  const alone = delivery("shop", { pipelines: [infra], environments });
  const options = optionsWith({});
  const lines = separateLines(releaseLinesOf(alone), { delivery: alone, options });
  const around = { delivery: "shop", register: new Register(), options };
  assert.deepEqual(
    releasesResources(
      lines.map((line) => ({ line, stages: [], places: [] })),
      around,
    ),
    [],
  );
});

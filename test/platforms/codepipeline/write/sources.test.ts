/** Where a CodePipeline takes its source from, and what starts it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import type {
  EventRule,
  Infrastructure,
  PipelineResource,
  Role,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { type Layout, settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { bucketSettings, codeCommitSettings, shop, shopSettings, tagSettings } from "./written.ts";

const lowered = (built: Delivery, settings: object, layout: Layout = "single"): Infrastructure =>
  lowerDelivery(built, {
    ...{ layout, format: "cloudformation", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse(settings),
  });
const pipelinesOf = ({ resources }: Infrastructure) =>
  resources.filter((one): one is PipelineResource => one.kind === "pipeline");
const startingRules = ({ resources }: Infrastructure) =>
  resources.filter((one): one is EventRule => one.kind === "rule" && one.target.kind === "pipeline");
const sourceIn = ({ stages }: PipelineResource) => stages[0]!.actions[0]!;

const pathless = delivery("shop", {
  pipelines: [pipeline("web", { jobs: { deploy: { deploys: true, steps: [sh("true")] } } })],
  environments: [env("prod", { branch: "main" })],
});

test("CodeCommit: the repository's rule starts the pipeline of its branch, and nothing else does", () => {
  const infrastructure = lowered(pathless, { ...codeCommitSettings, startedByImages: {}, alarms: {}, permissions: {} });
  const [one] = pipelinesOf(infrastructure);
  assert.deepEqual(one!.triggers, []);
  const { provider, configuration } = sourceIn(one!);
  assert.equal(provider, "CodeCommit");
  assert.deepEqual(configuration, {
    RepositoryName: [{ parameter: "Repository" }],
    BranchName: "main",
    OutputArtifactFormat: "CODE_ZIP",
    PollForSourceChanges: "false",
  });
  const [rule, ...others] = startingRules(infrastructure);
  assert.deepEqual(others, []);
  assert.deepEqual(rule!.pattern.source, ["aws.codecommit"]);
  assert.deepEqual(rule!.pattern.detail, pushesToMain);
  assert.equal(rule!.target.id, one!.id);
  const role = infrastructure.resources.find(
    (role): role is Role => role.kind === "role" && role.id === (rule!.target as { role: string }).role,
  );
  assert.deepEqual(
    role!.statements.flatMap(({ actions }) => actions),
    ["codepipeline:StartPipelineExecution"],
  );
  assert.deepEqual(infrastructure.parameters.map(({ id }) => id).slice(0, 2), ["Repository", "NotificationEmail"]);
  assert.doesNotMatch(JSON.stringify(infrastructure), /UseConnection|ConnectionArn/);
});

const pushesToMain = {
  event: ["referenceCreated", "referenceUpdated"],
  referenceType: ["branch"],
  referenceName: ["main"],
};

for (const layout of ["single", "separate"] as const) {
  test(`CodeCommit, ${layout}: where pipelines have paths, a function compares and starts, and no rule does`, () => {
    const infrastructure = lowered(shop, codeCommitSettings, layout);
    const rules = infrastructure.resources.filter((one): one is EventRule => one.kind === "rule");
    const pushes = rules.filter(({ pattern }) => JSON.stringify(pattern).includes("aws.codecommit"));
    assert.deepEqual(
      pushes.map(({ pattern, target }) => [pattern.detail, target]),
      [[pushesToMain, { kind: "function", id: "Changes" }]],
    );
    const role = infrastructure.resources.find((one): one is Role => one.id === "ChangesRole")!;
    const started = role.statements.find(({ sid }) => sid === "LookAndStart")!.resources;
    const building = pipelinesOf(infrastructure).filter(({ name }) => !name.includes("-to-"));
    assert.equal(started.length, building.length);
    for (const { name } of building) assert.ok(JSON.stringify(started).includes(`:${name}"`), name);
    assert.doesNotMatch(infrastructure.notes.join(), /which files are new/);
  });
}

test("an image starts the pipeline that names it, whatever its source is", () => {
  const patterns = startingRules(
    lowered(shop, { startedByImages: { web: [{ repository: "base/node" }] } }, "separate"),
  );
  assert.deepEqual(
    patterns.map(({ target, pattern }) => [target.id, pattern.detail]),
    [["ShopWebMainPipeline", { "action-type": ["PUSH"], result: ["SUCCESS"], "repository-name": ["base/node"] }]],
  );
});

test("separate: the keeping builds know the name of the function that compares", () => {
  const infrastructure = lowered(shop, codeCommitSettings, "separate");
  const told = infrastructure.resources.flatMap((one) =>
    one.kind === "project" ? one.variables.filter(({ name }) => name === "BATON_STARTER") : [],
  );
  assert.deepEqual(
    told.map(({ value }) => value),
    ["shop-changes", "shop-changes"],
  );
});

test("separate: every building CodePipeline has a rule, and its keeping build knows the rule's name", () => {
  const infrastructure = lowered(shop, bucketSettings, "separate");
  const rules = startingRules(infrastructure).filter(({ name }) => name.endsWith("-changed"));
  const building = pipelinesOf(infrastructure).filter(({ name }) => !name.includes("-to-"));
  assert.deepEqual(
    rules.map(({ target }) => target.id),
    building.map(({ id }) => id),
  );
  for (const { name } of rules) {
    const told = infrastructure.resources.flatMap((one) =>
      one.kind === "project" ? one.variables.filter(({ value }) => value === name) : [],
    );
    assert.deepEqual(
      told.map((one) => one.name),
      ["BATON_STARTER"],
    );
  }
});

test("a bucket: an object for each branch; a version of it stands for the commit", () => {
  const infrastructure = lowered(shop, bucketSettings, "separate");
  const text = JSON.stringify(infrastructure);
  assert.deepEqual(startingRules(infrastructure)[0]!.pattern.detail, {
    bucket: { name: [[{ parameter: "SourceBucket" }]] },
    object: { key: ["main.zip"] },
  });
  assert.doesNotMatch(text, /SourceVariables\.CommitId/);
  assert.match(text, /SourceVariables\.VersionId/);
  assert.match(text, /revisionType: \\"S3_OBJECT_VERSION_ID\\"/);
});

test("tags start instead of pushes to the branch", () => {
  for (const layout of ["single", "separate"] as const) {
    const building = pipelinesOf(lowered(shop, tagSettings, layout)).filter(({ name }) => !name.includes("-to-"));
    for (const { triggers } of building) {
      assert.deepEqual(triggers, [
        { source: "repository", on: "push", branches: [], tags: ["v*", "hotfix-*"], paths: [] },
      ]);
    }
  }
});

for (const [host, page] of [
  ["https://github.com", "/commit/"],
  ["https://gitlab.example.com/", "/-/commit/"],
  ["https://bitbucket.org", "/commits/"],
] as const) {
  test(`an approval leads to the commit at ${host}`, () => {
    const [one] = pipelinesOf(lowered(shop, { ...shopSettings, host }));
    const link = one!.stages.flatMap(({ actions }) => actions.flatMap((a) => a.configuration.ExternalEntityLink ?? []));
    assert.match(JSON.stringify(link), new RegExp(`${host.replace(/\/$/, "")}/.*"${page}#{SourceVariables.CommitId}`));
  });
}

const web = pipeline("web", { jobs: { deploy: { deploys: true, steps: [sh("true")] } } });
const twoBranches = delivery("shop", {
  pipelines: [web],
  environments: [env("dev", { branch: "develop" }), env("prod", { branch: "main" })],
});
for (const [what, built, settings, words] of [
  [
    "pull requests without a connection",
    shop,
    { ...codeCommitSettings, pullRequests: "checks" },
    /over a connection only/,
  ],
  ["tags for two branches", twoBranches, tagSettings.source, /a tag is of no branch/],
  ["one object for two branches", twoBranches, { type: "s3", key: "source.zip" }, /one and the same object/],
  ["images of nobody's", shop, { startedByImages: { wbe: [{ repository: "base" }] } }, /no such pipeline/],
] as const) {
  test(`refused: ${what}`, () => {
    const all = "type" in settings ? { source: settings } : settings;
    assert.throws(() => lowered(built, { ...all, permissions: {} }), words);
  });
}

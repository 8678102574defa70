/** What the team is told of runs that have ended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noticesProgram } from "../../../../src/platforms/codepipeline/write/functions/notices.ts";
import type { LambdaFunction } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { loadedFunction } from "./loaded-function.ts";
import { shop } from "./written.ts";

const source = noticesProgram({ environments: { shop: ["dev", "prod"] } });
const runPage =
  "https://eu-central-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop/executions/r2/timeline?region=eu-central-1";

const github = { VERSIONS: "https://github.com/acme/shop/commit/{version}" };

interface Known {
  runs?: object[];
  actions?: object[];
  rules?: object[];
  versions?: { VERSIONS?: string };
  /** Commands that fail. */
  broken?: readonly string[];
}

const revision = (id: string, summary?: string) => ({
  actionName: "repository",
  revisionId: id,
  ...(summary !== undefined && { revisionSummary: summary }),
});
const failing = (actionName: string, executionResult: object, more: object = {}) => ({
  stageName: "prod",
  actionName,
  status: "Failed",
  output: { executionResult },
  ...more,
});

async function told(state: string, { runs = [], actions = [], rules = [], versions = github, broken = [] }: Known) {
  const messages: { Subject: string; Message: string; TopicArn: string }[] = [];
  const handler = loadedFunction(source, {
    env: { TOPIC: "topic", ...versions },
    answer(command, input) {
      if (broken.includes(command)) throw Object.assign(new Error("slow down"), { name: "ThrottlingException" });
      if (command === "Publish") return messages.push(input);
      const { pipelineName } = input as { pipelineName: string };
      assert.equal(pipelineName, "shop");
      if (command === "ListPipelineExecutions") return { pipelineExecutionSummaries: runs };
      assert.deepEqual((input as { filter: object }).filter, { pipelineExecutionId: "r2" });
      if (command === "ListActionExecutions") return { actionExecutionDetails: actions };
      if (command === "ListRuleExecutions") return { ruleExecutionDetails: rules };
      throw new Error(`no command ${command}`);
    },
  });
  await handler({ region: "eu-central-1", detail: { pipeline: "shop", state, "execution-id": "r2" } });
  const [message, ...more] = messages;
  assert.deepEqual([message?.TopicArn, more], ["topic", []]);
  return [message!.Subject, ...message!.Message.trimEnd().split("\n")];
}

const commitSummary = JSON.stringify({ ProviderType: "GitHub", CommitMessage: "Show prices with tax\n\nAs asked" });
const run = { pipelineExecutionId: "r2", sourceRevisions: [revision("9b8d6f4", commitSummary)] };

test("a run that failed: where, why, its log, of which commit", async () => {
  const build = failing("deploy", {
    externalExecutionUrl: "https://console/build/1",
    errorDetails: { message: "Build terminated with state: FAILED\nmore" },
  });
  const passed = { stageName: "dev", actionName: "deploy", status: "Succeeded", output: {} };
  assert.deepEqual(await told("FAILED", { runs: [run], actions: [build, passed] }), [
    "shop: failed in prod",
    "A run of shop failed in prod.",
    "deploy: Build terminated with state: FAILED",
    "  https://console/build/1",
    "Commit 9b8d6f4: Show prices with tax",
    "  https://github.com/acme/shop/commit/9b8d6f4",
    `Run: ${runPage}`,
  ]);
});

test("an action that was tried again counts as it ended last", async () => {
  const [first, second] = [failing("deploy", { externalExecutionSummary: "one" }), failing("smoke", {})];
  const again = { ...first, status: "Succeeded" };
  const lines = await told("FAILED", { runs: [run], actions: [second, again, first] });
  assert.deepEqual(lines.slice(1, 4), [
    "A run of shop failed in prod.",
    "smoke: no reason is given",
    "Commit 9b8d6f4: Show prices with tax",
  ]);
});

test("a stage that its alarm failed names the rule", async () => {
  const rule = {
    stageName: "prod",
    ruleName: "unhealthy",
    status: "Failed",
    output: { executionResult: { externalExecutionSummary: "The alarm is in ALARM" } },
  };
  const lines = await told("FAILED", { runs: [run], rules: [rule] });
  assert.deepEqual(lines.slice(0, 3), [
    "shop: failed in prod",
    "A run of shop failed in prod.",
    "unhealthy: The alarm is in ALARM",
  ]);
});

test("a run that passed says where it was deployed; a rollback, what it brought back", async () => {
  assert.deepEqual((await told("SUCCEEDED", { runs: [run] })).slice(0, 3), [
    "shop: passed",
    "A run of shop passed.",
    "Deployed to: dev, prod.",
  ]);
  const target = { pipelineExecutionId: "r1", sourceRevisions: [revision("3a1c5e7", "Add the basket")] };
  const rollback = {
    pipelineExecutionId: "r2",
    executionType: "ROLLBACK",
    rollbackMetadata: { rollbackTargetPipelineExecutionId: "r1" },
  };
  assert.deepEqual((await told("SUCCEEDED", { runs: [rollback, target] })).slice(0, -1), [
    "shop: rollback passed",
    "A rollback of shop passed.",
    "It deployed again what the run r1 had.",
    "Commit 3a1c5e7: Add the basket",
    "  https://github.com/acme/shop/commit/3a1c5e7",
  ]);
});

test("a run that was stopped says why", async () => {
  const stopped = { ...run, stopTrigger: { reason: "release 4 was here already, and nothing newer is proven" } };
  assert.deepEqual((await told("STOPPED", { runs: [stopped], versions: {} })).slice(0, -1), [
    "shop: was stopped",
    "A run of shop was stopped.",
    "Reason: release 4 was here already, and nothing newer is proven",
    "Commit 9b8d6f4: Show prices with tax",
  ]);
});

test("what cannot be asked is told without it; what cannot be told is not taken for told", async () => {
  for (const broken of [["ListPipelineExecutions"], ["ListActionExecutions"], ["ListRuleExecutions"]]) {
    const lines = await told("FAILED", { runs: [run], actions: [failing("deploy", {})], broken });
    assert.match(lines[0]!, /^shop: failed/);
    assert.equal(lines.at(-1), `Run: ${runPage}`);
  }
  await assert.rejects(told("FAILED", { broken: ["Publish"] }), /slow down/);
});

test("the page of a version is the one that approvals link to", () => {
  const versions = (settings: object) => {
    const { resources } = lowerDelivery(shop, {
      layout: "single",
      format: "cloudformation",
      root: "",
      folder: "codepipeline",
      settings: settingsSchema.parse(settings),
    });
    const { variables } = resources.find((one): one is LambdaFunction => one.id === "Notices")!;
    return [variables.VERSIONS].flat(2).map((part) => (typeof part === "object" ? Object.values(part)[0] : part));
  };
  assert.deepEqual(versions({ host: "https://gitlab.com" }), [
    "https://gitlab.com/",
    "Repository",
    "/-/commit/{version}",
  ]);
  assert.deepEqual(versions({ source: { type: "s3", key: "${branch}.zip" } }), [undefined]);
});

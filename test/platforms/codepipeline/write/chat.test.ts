/** What channels of Slack and Teams are told, beside the topic. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noticesProgram } from "../../../../src/platforms/codepipeline/write/functions/notices.ts";
import { rollbackProgram } from "../../../../src/platforms/codepipeline/write/functions/rollback.ts";
import type { LambdaFunction, Resource } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { loadedFunction } from "./loaded-function.ts";
import { chatSettings, shop, shopSettings, write } from "./written.ts";

interface Published {
  TopicArn: string;
  Subject?: string;
  Message: string;
}

/** What the function of notices publishes for an event. */
async function published(detail: object, message = "Show prices with tax"): Promise<Published[]> {
  const all: Published[] = [];
  const handler = loadedFunction(noticesProgram({ environments: { shop: ["prod"] } }, { chats: true }), {
    env: { TOPIC: "topic", CHAT: "chat", VERSIONS: "https://github.com/acme/shop/commit/{version}" },
    answer(command, input) {
      if (command === "Publish") return all.push(input);
      const revision = { actionName: "repository", revisionId: "9b8d6f4", revisionSummary: message };
      const run = { pipelineExecutionId: "r2", sourceRevisions: [revision] };
      if (command === "ListPipelineExecutions") return { pipelineExecutionSummaries: [run] };
      const executionResult = { errorDetails: { message: "Build terminated" }, externalExecutionUrl: "https://log/1" };
      const action = { stageName: "prod", actionName: "deploy", status: "Failed", output: { executionResult } };
      return command === "ListActionExecutions" ? { actionExecutionDetails: [action] } : {};
    },
  });
  await handler({ region: "eu-central-1", detail: { pipeline: "shop", "execution-id": "r2", ...detail } });
  return all;
}

const page =
  "https://eu-central-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop/executions/r2/timeline?region=eu-central-1";

test("a failure is told to the topic in words, and to channels in their form: stage, reason, commit, links, one thread a run", async () => {
  const [toTopic, toChat, ...more] = await published({ state: "FAILED" });
  assert.deepEqual(
    [toTopic!.TopicArn, toTopic!.Subject, toChat!.TopicArn, more],
    ["topic", "shop: failed in prod", "chat", []],
  );
  assert.deepEqual(JSON.parse(toChat!.Message), {
    version: "1.0",
    source: "custom",
    content: {
      textType: "client-markdown",
      title: "shop: failed in prod",
      description: [
        "A run of shop failed in prod.",
        "deploy: Build terminated",
        "  https://log/1",
        "Commit 9b8d6f4: Show prices with tax",
        "  https://github.com/acme/shop/commit/9b8d6f4",
        `Run: ${page}\n`,
      ].join("\n"),
    },
    metadata: { summary: "shop: failed in prod", threadId: "r2" },
  });
});

test("who is asked to approve is told in channels alone: CodePipeline writes to the topic itself", async () => {
  const type = { owner: "AWS", provider: "Manual", category: "Approval", version: "1" };
  const all = await published({ state: "STARTED", stage: "Approve-prod", action: "approve-prod", type });
  assert.deepEqual(
    all.map(({ TopicArn }) => TopicArn),
    ["chat"],
  );
  const { content } = JSON.parse(all[0]!.Message) as { content: { title: string; description: string } };
  assert.equal(content.title, "shop: waits for an answer in Approve-prod");
  assert.match(
    content.description,
    /^A run of shop waits for an answer in Approve-prod\.\nCommit 9b8d6f4: Show prices with tax\n/,
  );
  assert.ok(content.description.includes(page));
});

test("a commit's message calls nobody", async () => {
  const [, toChat] = await published({ state: "SUCCEEDED" }, `<!channel> & <@U1>`);
  const { content } = JSON.parse(toChat!.Message) as { content: { description: string } };
  assert.match(content.description, /: &lt;!channel&gt; &amp; &lt;@U1&gt;\n/);
});

test("what is long is shortened to what the service takes: the links stay, no character and no escape is cut", async () => {
  for (const long of ["x", "<", "&", "😀", "ab<&😀"]) {
    for (const before of ["", "a", "aa", "aaa", "aaaa"]) {
      const [, toChat] = await published({ state: "SUCCEEDED" }, before + long.repeat(9000));
      const { description } = (JSON.parse(toChat!.Message) as { content: { description: string } }).content;
      assert.ok(description.length <= 8000 && description.length > 7980, `${description.length}`);
      assert.ok(description.isWellFormed());
      assert.equal(description.replaceAll(/&(amp|lt|gt);/g, "").search(/[&;]/), -1);
      assert.match(description, /^A run of shop passed\.\n/);
      assert.ok(description.endsWith(`\nRun: ${page}\n`));
    }
  }
});

test("what the function that rolls back says is told in channels, too", () => {
  assert.match(rollbackProgram({ stages: {}, alarms: {}, watchMinutes: 5 }, { chats: true }), /told\(clientOf\("sns"/);
});

const lowered = (settings: object, layout: "single" | "separate" = "single"): readonly Resource[] =>
  lowerDelivery(shop, {
    layout,
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
  }).resources;

test("in both layouts whoever tells may publish to both topics, and may do nothing in channels", () => {
  for (const [layout, settings] of [
    ["single", chatSettings],
    ["separate", { ...chatSettings, rollback: "stage" }],
  ] as const) {
    const resources = lowered(settings, layout);
    const telling = resources.filter(
      (one): one is LambdaFunction => one.kind === "function" && "TOPIC" in one.variables,
    );
    assert.equal(telling.length, 2);
    for (const { role, variables } of telling) {
      assert.ok("CHAT" in variables);
      const found = resources.find((one) => one.id === role);
      assert.ok(found?.kind === "role");
      assert.match(JSON.stringify(found.statements.find(({ sid }) => sid === "Tell")), /"Notifications".*"Chat"/);
    }
    const channels = resources.flatMap((one) => (one.kind === "chat" ? [one] : []));
    assert.deepEqual(
      channels.map(({ topics }) => topics),
      [
        ["Notifications", "Chat"],
        ["Notifications", "Chat"],
      ],
    );
    const role = resources.find((one) => one.id === channels[0]!.role);
    assert.ok(role?.kind === "role" && role.statements.length === 0);
    assert.match(JSON.stringify(channels[0]!.guardrail), /AWSDenyAll/);
    const asked = resources.find((one) => one.id === "TellAsked");
    assert.ok(asked?.kind === "rule" && asked.target.id === "Notices");
  }
});

test("a topic that is there already is told to whom its owner wants", () => {
  const topic = "arn:aws:sns:eu-central-1:123456789012:deliveries";
  const channels = lowered({ ...chatSettings, existing: { topic } }).flatMap((one) =>
    one.kind === "chat" ? [one] : [],
  );
  assert.deepEqual(
    channels.map(({ topics }) => topics),
    [["Chat"], ["Chat"]],
  );
});

test("who names no channel has nothing of it", () => {
  for (const layout of ["single", "separate"] as const) {
    const text = write(shop, shopSettings, { layout })
      .files.map((one) => one.text)
      .join("");
    assert.doesNotMatch(text, /[Cc]hat|CHAT/);
  }
});

test("what cannot be told is refused with its place", () => {
  const refused = (more: object) => () => lowered({ ...chatSettings, ...more });
  const [slack] = chatSettings.chat;
  assert.throws(refused({ chat: [slack, slack] }), /chat names the channel C012ABCDEFG twice/);
  assert.throws(
    refused({ home: { account: "123456789012", region: "cn-north-1" } }),
    /Amazon Q Developer in chat applications is not in cn-north-1/,
  );
  assert.throws(refused({ chat: [{ ...slack, channel: "#deliveries" }] }), /the id of a channel, such as C012ABCDEFG/);
  assert.throws(refused({ chat: [{ ...chatSettings.chat[1], channel: "19:x@thread" }] }), /as a link to it has it/);
});

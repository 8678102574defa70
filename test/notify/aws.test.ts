/** SNS and EventBridge by the AWS SDK, against moto: what gets to the queues behind them, and what is made of a refusal. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { NoticeAddress } from "../../src/model/delivery.ts";
import { post } from "../../src/notify/channels/channels.ts";
import type { Letter, Posted } from "../../src/notify/channels/post.ts";
import { type Emulator, startEmulator } from "../aws/emulator.ts";
import { emulator, fullDepth } from "../lane/needs.ts";
import { httpReceiver } from "./receivers.ts";

const options = fullDepth(...emulator);
let aws: Emulator;
const outside = { ...process.env };

before(async () => {
  if (options.skip) return;
  aws = await startEmulator();
  const names = ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"];
  for (const name of names) process.env[name] = aws.env[name];
});
after(async () => {
  process.env = outside;
  await aws?.[Symbol.asyncDispose]();
});

const letter: Letter = {
  id: "baton_7_abc",
  notice: {
    seq: 7,
    at: Date.UTC(2026, 10, 30, 12),
    kind: "failed",
    delivery: "shop",
    environments: ["prod"],
    run: "r0003",
    title: "web.deploy@prod of release 3 failed – “disk”",
    because: ["step 'up' ended with exit code 1"],
  },
};

function sent(to: NoticeAddress): Promise<Posted> {
  return post({ to, letter, secrets: () => undefined, now: Date.now(), signal: new AbortController().signal });
}

/** Some AWS CLIs know an address of their own for queues, and ask no variable. */
const sqs = (...args: string[]) => ["sqs", ...args, "--endpoint-url", aws.endpoint] as const;

async function queue(name: string, more: string[] = []) {
  const { QueueUrl: url } = await aws.aws<{ QueueUrl: string }>(...sqs("create-queue", "--queue-name", name), ...more);
  const asked = await aws.aws<{ Attributes: { QueueArn: string } }>(
    ...sqs("get-queue-attributes", "--queue-url", url, "--attribute-names", "QueueArn"),
  );
  const receive = async () => {
    const { Messages = [] } = await aws.aws<{ Messages?: { Body: string }[] }>(
      ...sqs("receive-message", "--queue-url", url, "--max-number-of-messages", "10"),
    );
    return Messages.map(({ Body }) => JSON.parse(Body));
  };
  return { arn: asked.Attributes.QueueArn, receive };
}

test("a queue behind a topic gets the JSON of a webhook, and a filter sees what it is", options, async () => {
  const { TopicArn: topic } = await aws.aws<{ TopicArn: string }>("sns", "create-topic", "--name", "told");
  const { arn, receive } = await queue("behind-topic");
  const subscribe = ["sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", arn];
  await aws.aws(...subscribe, "--attributes", JSON.stringify({ FilterPolicy: '{"type":["failed"]}' }));
  assert.deepEqual(await sent({ kind: "sns", topic }), { kind: "taken" });
  const [message] = await receive();
  assert.match(message.Subject, /^\[shop\] web\.deploy@prod of release 3 failed . .disk.$/);
  const { id, type, data } = JSON.parse(message.Message);
  assert.deepEqual([id, type, data.run], ["baton_7_abc", "failed", "r0003"]);
  assert.deepEqual(JSON.parse(message.MessageAttributes.environments.Value), ["prod"]);
});

test("a topic in order delivers once what is told twice", options, async () => {
  const fifo = ["--attributes", JSON.stringify({ FifoTopic: "true" })];
  const { TopicArn: topic } = await aws.aws<{ TopicArn: string }>(
    "sns",
    "create-topic",
    "--name",
    "told.fifo",
    ...fifo,
  );
  const { arn, receive } = await queue("behind.fifo", ["--attributes", JSON.stringify({ FifoQueue: "true" })]);
  await aws.aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", arn);
  for (const _ of [1, 2]) assert.deepEqual(await sent({ kind: "sns", topic }), { kind: "taken" });
  assert.equal((await receive()).length, 1);
});

test("a rule of an event bus passes on what it looks for", options, async () => {
  const created = await aws.aws<{ EventBusArn: string }>("events", "create-event-bus", "--name", "told");
  const { arn, receive } = await queue("behind-bus");
  const pattern = JSON.stringify({
    source: ["baton"],
    "detail-type": ["failed"],
    detail: { data: { delivery: ["shop"] } },
  });
  await aws.aws("events", "put-rule", "--name", "fails", "--event-bus-name", "told", "--event-pattern", pattern);
  const target = ["events", "put-targets", "--rule", "fails", "--event-bus-name", "told", "--targets"];
  await aws.aws(...target, JSON.stringify([{ Id: "queue", Arn: arn }]));
  assert.deepEqual(await sent({ kind: "eventbridge", bus: created.EventBusArn }), { kind: "taken" });
  const [{ source, detail }] = (await receive()) as [{ source: string; detail: { id: string; type: string } }];
  assert.deepEqual([source, detail.id, detail.type], ["baton", "baton_7_abc", "failed"]);
});

test("a topic that is gone may come back; without credentials somebody else may have some", options, async () => {
  const gone = await sent({ kind: "sns", topic: "arn:aws:sns:eu-central-1:123456789012:gone" });
  assert.equal(gone.kind, "failed", JSON.stringify(gone));
  const { AWS_ACCESS_KEY_ID: key } = process.env;
  delete process.env.AWS_ACCESS_KEY_ID;
  try {
    const none = await sent({ kind: "eventbridge", bus: "arn:aws:events:eu-central-1:123456789012:event-bus/told" });
    assert.deepEqual(none, { kind: "unable", because: "the AWS SDK finds no credentials here" });
  } finally {
    process.env.AWS_ACCESS_KEY_ID = key;
  }
});

test("what is too large for a bus is given up, and keeps nothing behind it from being told", async (t) => {
  const receiver = await httpReceiver(t);
  const before = { ...process.env };
  Object.assign(process.env, { AWS_ENDPOINT_URL: receiver.url, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" });
  t.after(() => {
    process.env = before;
  });
  const bus = { kind: "eventbridge", bus: "arn:aws:events:eu-central-1:123456789012:event-bus/told" } as const;
  const headers = { "content-type": "application/x-amz-json-1.1" };
  const said = (message: string) => JSON.stringify({ __type: "ValidationException", message });
  const tooLarge = said("Total size of the entries in the request is over the limit.");
  receiver.behave = () => ({ status: 400, headers, body: tooLarge });
  assert.deepEqual(await sent(bus), {
    kind: "refused",
    because: "ValidationException: Total size of the entries in the request is over the limit.",
  });
  // As it says it where the whole request is too long: without a word.
  receiver.behave = () => 413;
  assert.deepEqual(await sent(bus), { kind: "refused", because: "HTTP 413" });
  receiver.behave = () => ({ status: 400, headers, body: said("the name of the bus is wrong") });
  assert.equal((await sent(bus)).kind, "failed");
  receiver.behave = () => 503;
  assert.deepEqual(await sent(bus), { kind: "failed", because: "HTTP 503" });
});

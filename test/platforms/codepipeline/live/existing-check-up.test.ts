/** What doctor says of a bucket, a key and a topic that are there before the pipelines: whether they do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ask, AwsProblem } from "../../../../src/platforms/codepipeline/live/aws-cli.ts";
import { existingFound } from "../../../../src/platforms/codepipeline/live/existing-check-up.ts";
import { existingSettings } from "../write/written.ts";

const { bucket, key, topic } = existingSettings.existing;
const topicKey = key.replace(/1{8}/, "99999999");
const place = { account: "123456789012", region: "eu-central-1" };
const whole = { KeyState: "Enabled", KeyUsage: "ENCRYPT_DECRYPT", KeySpec: "SYMMETRIC_DEFAULT" };

interface There {
  location?: string | null;
  key?: object | AwsProblem;
  topic?: object | AwsProblem;
  bucket?: AwsProblem;
}

async function saidOf(existing: object, there: There = {}, at = place) {
  const asked: string[] = [];
  const ask: Ask = async (command) => {
    asked.push(command.join(" "));
    const which = { s3api: "bucket", kms: "key", sns: "topic" }[command[0]!] as "bucket" | "key" | "topic";
    const one = there[which];
    if (one instanceof AwsProblem) throw one;
    if (which === "bucket")
      return { LocationConstraint: "location" in there ? there.location : "eu-central-1" } as never;
    if (which === "topic") return { Attributes: one ?? {} } as never;
    return { KeyMetadata: { ...whole, Arn: command.at(-1), ...one } } as never;
  };
  const found = await Promise.all(existingFound(existing, at, ask));
  return { asked, said: found.map(({ checkUp }) => checkUp) };
}

test("what does is said to, and the bucket is asked for as one of this account", async () => {
  const { said, asked } = await saidOf({ bucket, key, topic });
  assert.deepEqual(
    said.map(({ name, verdict }) => `${name} ${verdict}`),
    ["existing bucket ok", "existing key ok", "existing topic ok"],
  );
  assert.ok(asked[0]!.endsWith(`--bucket ${bucket} --expected-bucket-owner 123456789012`));
  assert.deepEqual(await saidOf({}), { said: [], asked: [] });
  // How S3 calls its oldest regions.
  assert.equal(
    (await saidOf({ bucket }, { location: null }, { ...place, region: "us-east-1" })).said[0]!.verdict,
    "ok",
  );
  assert.equal(
    (await saidOf({ bucket }, { location: "EU" }, { ...place, region: "eu-west-1" })).said[0]!.verdict,
    "ok",
  );
  for (const KmsMasterKeyId of [topicKey, topicKey.split("/")[1]!])
    assert.equal((await saidOf({ topic, topicKey }, { topic: { KmsMasterKeyId } })).said[0]!.verdict, "ok");
  const { said: byAlias } = await saidOf(
    { topic, topicKey },
    { topic: { KmsMasterKeyId: "alias/of-topics" }, key: { Arn: topicKey } },
  );
  assert.equal(byAlias[0]!.verdict, "ok");
});

const refused = new AwsProblem("refused", "aws: AccessDenied", "ask for this permission");
const cases: [what: string, existing: object, there: There, verdict: string, text: RegExp, remedy: RegExp][] = [
  [
    "a bucket of another region",
    { bucket },
    { location: null },
    "fail",
    /is in us-east-1.*eu-central-1/,
    /existing\.bucket/,
  ],
  [
    "a bucket of somebody else",
    { bucket },
    { bucket: refused },
    "fail",
    /AccessDenied/,
    /another account than 123456789012/,
  ],
  ["no key", { key }, { key: new AwsProblem("not-found", "no") }, "fail", /not there/, /existing\.key out of/],
  ["a disabled key", { key }, { key: { KeyState: "Disabled" } }, "fail", /is Disabled/, /enable-key/],
  [
    "a key that goes",
    { key },
    { key: { KeyState: "PendingDeletion" } },
    "fail",
    /is PendingDeletion/,
    /cancel-key-deletion/,
  ],
  [
    "a key that signs",
    { key },
    { key: { KeyUsage: "SIGN_VERIFY", KeySpec: "RSA_2048" } },
    "fail",
    /SIGN_VERIFY with RSA_2048/,
    /create-key/,
  ],
  [
    "a key of another region",
    { key: key.replace("eu-central-1", "eu-west-1") },
    {},
    "fail",
    /is in eu-west-1/,
    /existing\.key/,
  ],
  [
    "a key of another account",
    { key: key.replace("123456789012", "999999999999") },
    {},
    "warn",
    /of the account 999999999999/,
    /123456789012/,
  ],
  [
    "a topic of another region",
    { topic: topic.replace("eu-central-1", "eu-west-1") },
    {},
    "fail",
    /is in eu-west-1/,
    /existing\.topic/,
  ],
  [
    "a topic of another account",
    { topic: topic.replace("123456789012", "999999999999") },
    {},
    "warn",
    /of the account 999999999999/,
    /123456789012/,
  ],
  ["a topic that may not be looked at", { topic }, { topic: refused }, "fail", /AccessDenied/, /permission/],
  [
    "a topic with a key that nobody named",
    { topic },
    { topic: { KmsMasterKeyId: topicKey } },
    "fail",
    /encrypted with arn:aws:kms.*99999999/,
    /topicKey: arn:aws:kms.*99999999/,
  ],
  [
    "a topic with another key",
    { topic, key },
    { topic: { KmsMasterKeyId: topicKey } },
    "fail",
    /encrypted with/,
    /topicKey/,
  ],
  [
    "a topic with the key of SNS",
    { topic },
    { topic: { KmsMasterKeyId: "alias/aws/sns" } },
    "warn",
    /no alarm publish/,
    /topicKey/,
  ],
];

for (const [what, existing, there, verdict, text, remedy] of cases) {
  test(`${what} is told, with what to do`, async () => {
    const { said } = await saidOf(existing, there);
    const one = said.find(({ verdict }) => verdict !== "ok");
    assert.equal(one?.verdict, verdict);
    assert.match(one!.text, text);
    assert.match(one!.remedy!, remedy);
  });
}

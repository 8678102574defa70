/** What other services would refuse when half of the stack is there already is refused before anything is written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Infrastructure, Resource, Role } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { limits, policySize, refuseTooMuchOfOthers } from "../../../../src/platforms/codepipeline/write/limits.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { arnOf, localArn } from "../../../../src/platforms/codepipeline/write/text.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { write } from "./written.ts";

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

function lowered(name: string, pipelines: object[], settings: object = {}): Infrastructure {
  const built = delivery(name, { pipelines, environments: ["dev", "test", "prod"].map(inLine) } as never);
  return lowerDelivery(built, {
    ...{ layout: "single", format: "cloudformation", root: "", folder: "codepipeline" },
    settings: settingsSchema.parse(settings),
  } as never);
}

const inLine = (name: string, at: number, all: string[]) =>
  at === 0 ? env(name, { branch: "main" }) : env(name, { after: all[at - 1]! } as never);

const deploying = (name: string) => {
  const jobs = range(3).map((at) => [`job-number-${at}`, { steps: [sh("true")] }]);
  return pipeline(name, { jobs: Object.fromEntries(jobs) } as never);
};

test("a pipeline of very many builds starts them by the beginning of their names, because its role has no room for all", () => {
  const few = lowered("many-pipelines", [deploying("service-one")]);
  const many = lowered(
    "many-pipelines",
    range(15).map((at) => deploying(`service-number-${at}`)),
  );
  const builds = ({ resources }: Infrastructure) => {
    const role = resources.find(
      (one): one is Role => one.kind === "role" && "service" in one && one.service === "codepipeline.amazonaws.com",
    );
    assert.ok(policySize(role!.statements) < limits.iam.rolePolicy);
    return role!.statements.find(({ sid }) => sid === "Build")!.resources;
  };
  assert.equal(builds(few).length, 9);
  assert.deepEqual(builds(many), [localArn("codebuild", "project/many-pipelines-*")]);
});

const refused = (next: RegExp, message: RegExp) => (error: CannotWrite) =>
  error instanceof CannotWrite && message.test(error.message) && next.test(error.next!);

test("a role that may do more than its policy has room for is refused", () => {
  const resources = range(300).map((at) => `arn:aws:s3:::a-bucket-with-a-name-of-some-length-${at}/*`);
  const permissions = { "web.go": [{ actions: ["s3:GetObject"], resources }] };
  const web = pipeline("web", { jobs: { go: { deploys: true, steps: [sh("./go.sh")] } } } as never);
  assert.throws(
    () => lowered("shop", [web], { permissions }),
    refused(/patterns/, /WebGoDevRole would have about \d+ .* 10240/),
  );
});

test("names that EventBridge and Lambda find too long are refused, and more values than Parameter Store takes", () => {
  const long = "a".repeat(60);
  assert.throws(
    () => lowered(long, [deploying("web")]),
    refused(/shorten/, /name of \d+ characters, and (EventBridge|Lambda) takes 64/),
  );
  const outputs = Object.fromEntries(range(200).map((at) => [`out${at}`, { type: "string", job: "go" }]));
  const web = pipeline("web", { outputs, jobs: { go: { deploys: true, steps: [sh("./go.sh")] } } } as never);
  assert.throws(
    () => lowered("shop", [web]),
    refused(/type json/, /12000 parameters, and Parameter Store takes 10000/),
  );
});

test("each limit of another service is seen where it is passed by one, and not where it is kept", () => {
  const of = (one: object) => ({ delivery: "shop", resources: [one as Resource] }) as unknown as Infrastructure;
  const rule = { kind: "rule", name: "r", pattern: {} };
  const lambda = { kind: "function", name: "f", source: "", variables: {} };
  const cases: [object, object][] = [
    [
      { ...rule, name: "r".repeat(64) },
      { ...rule, name: "r".repeat(65) },
    ],
    [
      { ...rule, pattern: { a: "x".repeat(2040) } },
      { ...rule, pattern: { a: "x".repeat(2041) } },
    ],
    [
      { ...lambda, name: "f".repeat(64) },
      { ...lambda, name: "f".repeat(65) },
    ],
    [
      { ...lambda, variables: { A: "x".repeat(4095) } },
      { ...lambda, variables: { A: "x".repeat(4096) } },
    ],
    [
      { ...lambda, source: "x".repeat(4 * 1024 * 1024) },
      { ...lambda, source: "x".repeat(4 * 1024 * 1024 + 1) },
    ],
    [
      { kind: "topic", name: "t".repeat(256) },
      { kind: "topic", name: "t".repeat(257) },
    ],
  ];
  for (const [kept, passed] of cases) {
    refuseTooMuchOfOthers(of(kept));
    assert.throws(() => refuseTooMuchOfOthers(of(passed)), CannotWrite);
  }
});

test("a policy's size is that of what IAM is given, where every value is known", () => {
  const statement = { sid: "Read", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::b/*", "arn:aws:s3:::c/*"] };
  const document = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid: "Read", Effect: "Allow", Action: statement.actions, Resource: statement.resources }],
  });
  assert.ok(Math.abs(policySize([statement]) - document.length) <= 2);
  assert.ok(policySize([{ ...statement, resources: [[arnOf("Bucket")]] }]) > document.length);
});

test("a stack of more than CloudFormation takes is refused, and Terraform has no such limit", () => {
  const pipelines = range(15).map((at) => deploying(`p${at}`));
  const built = delivery("shop", {
    pipelines,
    environments: ["a", "b", "c", "d", "e"].map(inLine),
  } as never);
  assert.throws(() => write(built), refused(/terraform/, /CloudFormation takes 500 in a stack/));
  assert.ok(write(built, {}, { format: "terraform" }).files.length > 0);
});

test("a template is counted as it is written: from a file, by way of a bucket, not at all", () => {
  const built = delivery("shop", { pipelines: [deploying("web")], environments: ["a", "b"].map(inLine) } as never);
  const padded = (bytes: number, options = {}) =>
    write(built, { overlay: { Inbox: { Type: "AWS::SQS::Queue", Metadata: { Text: "x".repeat(bytes) } } } }, options);
  const sizeOf = ({ files }: { files: readonly { path: string; text: string }[] }) =>
    Buffer.byteLength(files.find(({ path }) => path.endsWith("/pipeline.yaml"))!.text);
  const own = sizeOf(padded(1)) - 1;
  const wayOfABucket =
    /^codepipeline\/pipeline\.yaml has \d+ bytes, and CloudFormation takes 51200 from a file: baton doctor --on codepipeline/;
  for (const [bytes, isSaid] of [
    [51_200, false],
    [51_201, true],
    [1_000_000, true],
  ] as const) {
    const written = padded(bytes - own);
    assert.equal(sizeOf(written), bytes);
    assert.equal(
      written.notes.some((note) => wayOfABucket.test(note)),
      isSaid,
      `${bytes}`,
    );
  }
  assert.throws(
    () => padded(1_000_001 - own),
    refused(/terraform/, /are 1000001 bytes, and CloudFormation takes 1000000/),
  );
});

/** The function as one file, with stand-ins for the clients of AWS. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Script } from "node:vm";
import type { Plan } from "../../../../src/platforms/codepipeline/write/separate/program/releases.cjs";
import { releasesProgram } from "../../../../src/platforms/codepipeline/write/separate/program.ts";

const plan: Plan = {
  sets: {
    "infra@main": {
      branch: "main",
      members: [{ name: "infra", needs: [], paths: [], codepipeline: "shop-infra-main" }],
      environments: [
        {
          name: "prod",
          codepipeline: "shop-infra-to-prod",
          after: [],
          approval: { stage: "Approve-prod", action: "approve-prod" },
        },
      ],
    },
  },
};
const source = releasesProgram(plan, { revisionType: "COMMIT_ID" });

type Call = [string, Record<string, unknown>];

/** Answers by command; without one: nothing. An answer that is an error is thrown. */
function functionWith(answers: Record<string, (input: never) => unknown>) {
  const calls: Call[] = [];
  const sdk = new Proxy(
    {},
    {
      get: (_, name: string) =>
        name.endsWith("Client")
          ? class {
              async send({ command, input }: { command: string; input: Record<string, unknown> }) {
                calls.push([command, input]);
                const said = answers[command]?.(input as never) ?? {};
                if (said instanceof Error) throw said;
                return said;
              }
            }
          : class {
              command = name.replace(/Command$/, "");
              readonly input: Record<string, unknown>;
              constructor(input: Record<string, unknown>) {
                this.input = input;
              }
            },
    },
  );
  const exported: { handler?: (event: object) => Promise<unknown> } = {};
  const run = new Script(`(exports, require, process) => {${source}\n}`).runInThisContext() as (
    ...all: unknown[]
  ) => void;
  const load = (name: string) => (name.startsWith("@aws-sdk/") ? sdk : process.getBuiltinModule(name));
  run(exported, load, { env: { BUCKET: "kept", TOPIC: "arn:topic" } });
  return { calls, handler: exported.handler! };
}

const named = (name: string) => Object.assign(new Error(name), { name });
const job = (asked: object) => ({
  "CodePipeline.job": {
    id: "j1",
    data: { actionConfiguration: { configuration: { UserParameters: JSON.stringify(asked) } } },
  },
});

/** A bucket as S3 is one, as far as the function asks. */
function bucketWith(objects: Map<string, string>) {
  return {
    GetObject: ({ Key }: { Key: string }) =>
      objects.has(Key) ? { Body: { transformToString: () => objects.get(Key) } } : named("NoSuchKey"),
    PutObject: ({ Key, Body, IfNoneMatch }: { Key: string; Body: string; IfNoneMatch?: string }) => {
      if (IfNoneMatch === "*" && objects.has(Key)) return named("PreconditionFailed");
      objects.set(Key, Body);
      return {};
    },
    HeadObject: ({ Key }: { Key: string }) => (objects.has(Key) ? {} : named("NotFound")),
    // Where nothing is, nothing is tagged.
    DeleteObjectTagging: ({ Key }: { Key: string }) => (objects.has(Key) ? {} : named("NoSuchKey")),
    // A page for each key.
    ListObjectsV2: ({ Prefix, ContinuationToken }: { Prefix: string; ContinuationToken?: string }) => {
      const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix)).sort();
      const at = Number(ContinuationToken ?? 0);
      return {
        Contents: keys.slice(at, at + 1).map((Key) => ({ Key })),
        ...(at + 1 < keys.length && { NextContinuationToken: String(at + 1) }),
      };
    },
  };
}

test("comments are for people, and nothing is left that only a compiler reads", () => {
  assert.doesNotMatch(source, /@typedef|@type|@param|@property|@returns|ts-check/);
  assert.match(source, /\/\*\* Makes what is missing of a set/);
});

test("a build that has ended makes a release, and starts the deploying CodePipeline with its commit", async () => {
  const objects = new Map([
    ["candidates/main/infra/1-r1.json", JSON.stringify({ version: 1, commit: "c1", at: "2026-01-01T00:00:00Z" })],
    ["commits/main/c1/files", `${"0".repeat(64)}  infra/main.tf\n`],
  ]);
  const { calls, handler } = functionWith({
    ...bucketWith(objects),
    ListPipelineExecutions: () => ({ pipelineExecutionSummaries: [] }),
  });
  await handler({ detail: { pipeline: "shop-infra-main", state: "SUCCEEDED" } });
  assert.deepEqual(JSON.parse(objects.get("releases/infra@main/00000001.json")!), {
    version: 1,
    number: 1,
    commit: "c1",
    parts: { infra: "1-r1" },
    left: {},
  });
  const started = calls.filter(([command]) => command === "StartPipelineExecution").map(([, input]) => input);
  assert.equal(started.length, 1);
  const { clientRequestToken, ...how } = started[0]!;
  assert.match(String(clientRequestToken), /^[0-9a-f]{64}$/);
  assert.deepEqual(how, {
    name: "shop-infra-to-prod",
    sourceRevisions: [{ actionName: "repository", revisionType: "COMMIT_ID", revisionValue: "c1" }],
    variables: [{ name: "BATON_RELEASE", value: "next" }],
  });
});

test("events of other pipelines are none of its business", async () => {
  const { calls, handler } = functionWith({});
  await handler({ detail: { pipeline: "other" } });
  assert.deepEqual(calls, []);
});

const released = () =>
  new Map([
    [
      "releases/infra@main/00000001.json",
      JSON.stringify({ version: 1, number: 1, commit: "c1", parts: { infra: "r1" }, left: {} }),
    ],
    ["candidates/main/infra/r1.json", JSON.stringify({ version: 1, commit: "c1", at: "", artifacts: { plan: "d1" } })],
    ["artifacts/d1", "bytes"],
  ]);
const select = { do: "select", set: "infra@main", environment: "prod", run: "r9", commit: "c1", release: "next" };

test("an older request for approval is answered, and the run goes on with the number", async () => {
  const { calls, handler } = functionWith({
    ...bucketWith(released()),
    GetPipelineState: () => ({
      stageStates: [
        {
          stageName: "Approve-prod",
          latestExecution: { pipelineExecutionId: "r8" },
          actionStates: [{ actionName: "approve-prod", latestExecution: { status: "InProgress", token: "t8" } }],
        },
      ],
    }),
    // A person was quicker.
    PutApprovalResult: () => named("ApprovalAlreadyCompletedException"),
  });
  await handler(job(select));
  const [answered, said] = calls.slice(-2) as [Call, Call];
  assert.equal(answered[0], "PutApprovalResult");
  assert.deepEqual(answered[1].result, { status: "Rejected", summary: "Release 1 takes its place." });
  assert.deepEqual(said, ["PutJobSuccessResult", { jobId: "j1", outputVariables: { NUMBER: "1" } }]);
});

test("what a person asks for and does not exist stops the run; nonsense fails the action with words", async () => {
  const { calls, handler } = functionWith(bucketWith(released()));
  await handler(job({ ...select, release: "7" }));
  assert.deepEqual(calls.find(([command]) => command === "StopPipelineExecution")![1], {
    pipelineName: "shop-infra-to-prod",
    pipelineExecutionId: "r9",
    abandon: false,
    reason: "there is no release 7",
  });
  await handler(job({ ...select, release: "x y" }));
  const [command, { failureDetails }] = calls.at(-1) as [string, { failureDetails: { message: string } }];
  assert.equal(command, "PutJobFailureResult");
  assert.match(failureDetails.message, /^BATON_RELEASE is x y/);
});

test("a release of which something is gone fails the action before anything is changed, with what helps", async () => {
  for (const [gone, help] of [
    ["artifacts/d1", "Take a newer one, or start shop-infra-main with commit c1: it builds it anew"],
    ["candidates/main/infra/r1.json", "Take a newer one"],
  ] as const) {
    const objects = released();
    objects.delete(gone);
    const { calls, handler } = functionWith({ ...bucketWith(objects), GetPipelineState: () => ({ stageStates: [] }) });
    await handler(job({ ...select, release: "1" }));
    await handler(job({ ...select, do: "begin", release: "1" }));
    const refused = calls.flatMap(([command, input]) => (command === "PutJobFailureResult" ? [input] : []));
    const message = `release 1 cannot be deployed: what was built of infra is not kept any more. ${help}`;
    assert.deepEqual(
      refused.map(({ failureDetails }) => failureDetails),
      [1, 2].map(() => ({ type: "JobFailed", message })),
    );
    assert.ok(!objects.has("environments/prod/there/infra.json"));
  }
});

test("once a day what nobody needs is marked in the version that was seen, over pages; the same hour of an event does nothing", async () => {
  const objects = released();
  const record = (commit: string) => JSON.stringify({ version: 1, commit, at: "", artifacts: { plan: commit } });
  for (let build = 10; build < 45; build++) objects.set(`candidates/main/infra/${build}-r.json`, record(`c${build}`));
  for (const commit of ["c10", "c44"]) objects.set(`artifacts/${commit}`, "bytes");
  const pages = {
    ...bucketWith(objects),
    ListPipelineExecutions: () => ({ pipelineExecutionSummaries: [] }),
    // A page for each key, with an older version and what stands for a removed one.
    ListObjectVersions: ({ Prefix, KeyMarker = "" }: { Prefix: string; KeyMarker?: string }) => {
      const [Key, ...more] = [...objects.keys()].filter((key) => key.startsWith(Prefix) && key > KeyMarker).sort();
      if (Key === undefined) return { IsTruncated: false };
      const version = (VersionId: string, IsLatest: boolean) => ({
        Key,
        VersionId,
        IsLatest,
        LastModified: new Date(0),
      });
      const DeleteMarkers = [version("v0", false)];
      const Versions = [version(`v2 ${Key}`, true), version("v1", false)];
      return { Versions, DeleteMarkers, IsTruncated: more.length > 0, NextKeyMarker: Key, NextVersionIdMarker: "v1" };
    },
  };
  const markedBy = async (event: object) => {
    const { calls, handler } = functionWith(pages);
    await handler(event);
    return calls.flatMap(([command, input]) => (command === "PutObjectTagging" ? [input] : []));
  };
  const none = ["2026-01-01T04:00:00Z", "2026-01-01T03:10:00Z"].map((time) => ({ time, detail: {} }));
  for (const event of [...none, { time: "2026-01-01T03:05:00Z", detail: { pipeline: "shop-infra-main" } }, {}])
    assert.deepEqual(await markedBy(event), []);
  const marked = await markedBy({ time: "2026-01-01T03:05:00Z", detail: {} });
  const Tagging = { TagSet: [{ Key: "baton:needed", Value: "no" }] };
  assert.deepEqual(
    marked.sort((a, b) => (String(a.Key) < String(b.Key) ? -1 : 1)),
    // The newest thirty, and what is named by the newest release, stay.
    ["artifacts/c10", ...[10, 11, 12, 13, 14, 15].map((build) => `candidates/main/infra/${build}-r.json`)].map(
      (Key) => ({
        Bucket: "kept",
        Key,
        VersionId: `v2 ${Key}`,
        Tagging,
      }),
    ),
  );
});

test("what a person gives is a value, wherever it stands among what the definition asks", async () => {
  for (const keys of [["release", "commit", "do", "set", "environment", "run"], Object.keys(select).sort()]) {
    const objects = released();
    const { calls, handler } = functionWith(bucketWith(objects));
    const asked = Object.fromEntries(keys.map((key) => [key, select[key as keyof typeof select]]));
    const given = 'next","do":"prove","release":"1","run":"mine';
    const text = JSON.stringify({ ...asked, release: "GIVEN" }).replace("GIVEN", given);
    const data = { actionConfiguration: { configuration: { UserParameters: text } } };
    await handler({ "CodePipeline.job": { id: "j1", data } });
    assert.deepEqual(
      calls.map(([command]) => command),
      ["PutJobFailureResult"],
    );
    assert.deepEqual([...objects.keys()], [...released().keys()]);
  }
});

test("what may pass is thrown, so that Lambda calls again; an action that was answered before is left alone", async () => {
  const throttled = functionWith({ ListObjectsV2: () => named("SlowDown"), GetObject: () => named("NoSuchKey") });
  await assert.rejects(throttled.handler(job(select)), /SlowDown/);
  assert.ok(!throttled.calls.some(([command]) => command.startsWith("PutJob")));
  const again = functionWith({
    ...bucketWith(released()),
    GetPipelineState: () => ({ stageStates: [] }),
    PutJobSuccessResult: () => named("InvalidJobStateException"),
  });
  await again.handler(job(select));
});

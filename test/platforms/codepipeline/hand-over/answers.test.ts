/** What the function says to CodePipeline, and what it does when CodePipeline does not take it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import { needs } from "../../../lane/needs.ts";
import { write } from "../write/written.ts";
import { type HandOverFunction, startFunction } from "./function.ts";

interface Call {
  readonly call: string;
  readonly asked: Record<string, unknown>;
}

const deploy = { deploys: true, steps: [sh("true")] };
const base = pipeline("base", { paths: ["base/**"], jobs: { deploy } });
const sides = ["left", "right"].map((name) =>
  pipeline(name, { needs: [base], paths: [`${name}/**`], jobs: { deploy } }),
);
const built = delivery("shop", { pipelines: [base, ...sides], environments: [env("test", { branch: "main" })] });
const template = write(built, {}, { layout: "separate" }).files[0]!.text;
const { Resources } = parse(template, { logLevel: "silent" }) as {
  Resources: { HandOver: { Properties: { Code: { ZipFile: string } } } };
};

describe("the answers of the hand-over", needs("python3"), () => {
  let handOver: HandOverFunction;
  let calls: Call[] = [];
  /** Answers null, which is an exception there, to the first so many calls of this name. */
  let refuses: { call: string; times: number } = { call: "", times: 0 };

  before(async () => {
    handOver = await startFunction(Resources.HandOver.Properties.Code.ZipFile, {
      env: { ...process.env, AWS_DEFAULT_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "t", AWS_SECRET_ACCESS_KEY: "t" },
      answers: (call, asked) => {
        calls.push({ call, asked });
        if (call === refuses.call && refuses.times-- > 0) return null;
        return call === "get_pipeline_execution" ? { pipelineExecution: { status: "InProgress" } } : {};
      },
    });
    await handOver.ask({ begin: "answers" });
    await handOver.ask({ key: "c0", sources: { "base/main": "0" } });
  });
  after(() => handOver[Symbol.asyncDispose]());

  async function job(asked: object): Promise<Call[]> {
    calls = [];
    const UserParameters = JSON.stringify({ environment: "test", codepipeline: "shop-base", from: "first", ...asked });
    const location = { s3Location: { bucketName: "sources", objectKey: "c0" } };
    const data = { actionConfiguration: { configuration: { UserParameters } }, inputArtifacts: [{ location }] };
    await handOver.ask({ event: { "CodePipeline.job": { id: "job", data } } });
    return calls;
  }

  test("one who waits gives no variables, because CodePipeline does not take them with a token", async () => {
    await job({ do: "gate", pipeline: "base", run: "first" });
    const waits = (await job({ do: "gate", pipeline: "base", run: "second" })).at(-1)!;
    assert.deepEqual(waits, {
      call: "put_job_success_result",
      asked: { jobId: "job", continuationToken: "waiting" },
    });
  });

  test("a result that CodePipeline does not take fails the action, with words, rather than let it wait", async () => {
    refuses = { call: "put_job_success_result", times: 1 };
    const [refused, told] = (await job({ do: "gate", pipeline: "base", run: "first" })).slice(-2);
    assert.deepEqual(refused!.asked.outputVariables, { GO: "yes", REASON: "everything it needs is there" });
    assert.deepEqual(told, {
      call: "put_job_failure_result",
      asked: { jobId: "job", failureDetails: { type: "JobFailed", message: "put_job_success_result" } },
    });
  });

  test("a stage that has passed starts all that need it, even if one cannot be started, and nobody twice", async () => {
    const detail = { pipeline: "shop-base", stage: "test", state: "SUCCEEDED" };
    const event = { id: "e1", "detail-type": "CodePipeline Stage Execution State Change", detail };
    const tokens: unknown[][] = [];
    for (const times of [1, 0]) {
      calls = [];
      refuses = { call: "start_pipeline_execution", times };
      const told = handOver.ask<{ result: unknown }>({ event });
      if (times === 1) await assert.rejects(told, /shop-left: start_pipeline_execution/);
      else assert.deepEqual((await told).result, ["shop-left", "shop-right"]);
      assert.deepEqual(
        calls.map(({ asked }) => asked.name),
        ["shop-left", "shop-right"],
      );
      tokens.push(calls.map(({ asked }) => asked.clientRequestToken));
    }
    assert.deepEqual(tokens[0], tokens[1]);
    assert.equal(new Set(tokens[0]).size, 2);
    // What CodePipeline takes for a token.
    for (const token of tokens[0]!) assert.match(String(token), /^[a-zA-Z0-9-]{1,128}$/);
  });
});

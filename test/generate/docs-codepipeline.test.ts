/** What docs/generate-codepipeline.md shows is what the commands print, on emulated AWS. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { startEmulator } from "../aws/emulator.ts";
import { consoleCalls, normalised, titledFiles, withOutputs } from "../cli/console-blocks.ts";
import { batonFile, sandbox } from "../cli/sandbox.ts";
import { emulator, fullDepth } from "../lane/needs.ts";

const pageFile = new URL("../../docs/generate-codepipeline.md", import.meta.url);
const commandLine = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");

const connection = "arn:aws:codeconnections:eu-central-1:123456789012:connection/0f1e2d3c-1111-2222-3333-444455556666";
const stages = ["Source", "Build", "dev", "test", "Approve-prod", "prod"];
const commits = ["3a1c5e7", "9b8d6f4"].map((start) => start.padEnd(40, "0"));

test("every command on the page prints what it says", fullDepth(...emulator), async (t) => {
  await using emulator = await startEmulator();
  const files = { ...titledFiles(commandLine), "infra/main.tf": "" };
  const box = sandbox(t, { files });
  const git = (...args: string[]) => execFileSync("git", args, { cwd: box.root, encoding: "utf8" }).trim();
  const branch = git("branch", "--show-current");
  git("remote", "add", "origin", "git@github.com:acme/storefront.git");
  git("update-ref", `refs/remotes/origin/${branch}`, "HEAD");
  git("branch", "--quiet", "--set-upstream-to", `origin/${branch}`);

  const tell = async (path: string, body: object) => {
    const answer = await fetch(`${emulator.endpoint}/emulator/${path}`, { method: "POST", body: JSON.stringify(body) });
    assert.equal(answer.status, 200);
  };
  await tell("connection", {
    ConnectionArn: connection,
    ConnectionName: "acme",
    ProviderType: "GitHub",
    ConnectionStatus: "AVAILABLE",
  });

  await emulator.aws("iam", "create-user", "--user-name", "ada");
  const { AccessKey } = await emulator.aws<{ AccessKey: { AccessKeyId: string; SecretAccessKey: string } }>(
    ...["iam", "create-access-key", "--user-name", "ada"],
  );

  /** The first run is in production, the second waits for an answer. */
  async function delivered(): Promise<void> {
    const service = { Service: "codepipeline.amazonaws.com" };
    const trust = { Statement: [{ Effect: "Allow", Principal: service, Action: "sts:AssumeRole" }] };
    const { Role } = await emulator.aws<{ Role: { Arn: string } }>(
      ...["iam", "create-role", "--role-name", "any", "--assume-role-policy-document", JSON.stringify(trust)],
    );
    const action = (stage: string) => {
      const type = (category: string, provider: string) => ({ category, provider, owner: "AWS", version: "1" });
      if (stage === "Source") return { name: "repository", actionTypeId: type("Source", "CodeStarSourceConnection") };
      if (stage === "Approve-prod") return { name: "approve-prod", actionTypeId: type("Approval", "Manual") };
      return { name: "web-deploy", actionTypeId: type("Build", "CodeBuild") };
    };
    const body = {
      name: "storefront",
      roleArn: Role.Arn,
      artifactStore: { type: "S3", location: "any" },
      stages: stages.map((name) => ({
        name,
        actions: [{ ...action(name), configuration: { ConnectionArn: connection } }],
      })),
    };
    await emulator.aws("codepipeline", "create-pipeline", "--pipeline", JSON.stringify(body));
    const messages = ["Add the basket", "Show prices with tax"];
    for (const [at, commit] of commits.entries()) {
      const { pipelineExecutionId: run } = await emulator.aws<{ pipelineExecutionId: string }>(
        ...["codepipeline", "start-pipeline-execution", "--name", "storefront"],
      );
      const isLast = at === 1;
      const passed = stages.slice(0, isLast ? 4 : stages.length).map((name) => [name, "Succeeded"]);
      await tell("run", {
        pipeline: "storefront",
        run,
        status: isLast ? "InProgress" : "Succeeded",
        stages: { ...Object.fromEntries(passed), ...(isLast && { "Approve-prod": "InProgress" }) },
        sourceRevisions: [{ revisionId: commit, revisionSummary: JSON.stringify({ CommitMessage: messages[at] }) }],
        ...(isLast && {
          actions: {
            "Approve-prod": {
              "approve-prod": { status: "InProgress", token: "5f2c9a1e", lastStatusChange: Date.now() / 1000 },
            },
          },
        }),
      });
    }
  }

  const { NODE_TEST_CONTEXT, FORCE_COLOR, CI, ...surroundings } = process.env;
  const PATH = `${dirname(batonFile)}:${emulator.env.PATH}`;
  const env = {
    ...{ ...surroundings, ...box.env, ...emulator.env, PATH },
    AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey,
  };
  const page = readFileSync(pageFile, "utf8");
  const calls = consoleCalls(page);
  const outputs: string[] = [];
  for (const { command } of calls) {
    if (command.startsWith("baton status")) await delivered();
    outputs.push(execFileSync("bash", ["-c", `{ ${command}\n} 2>&1; true`], { cwd: box.root, env, encoding: "utf8" }));
  }
  for (const text of outputs) assert.ok(!text.includes(AccessKey.SecretAccessKey));
  if (process.env.UPDATE) writeFileSync(pageFile, withOutputs(page, outputs));
  const shown = consoleCalls(readFileSync(pageFile, "utf8"));
  calls.forEach(({ command }, at) => {
    assert.equal(
      normalised(outputs[at]!),
      normalised(shown[at]!.output),
      `$ ${command} (UPDATE=1 writes the page anew)`,
    );
  });
});

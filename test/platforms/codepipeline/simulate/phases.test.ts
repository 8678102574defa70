/** Phases of a build as CodeBuild carries them out: which come after one that failed, and what its failure is worth. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readPipelines } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { codepipelinePlatform } from "../../../../src/platforms/codepipeline/simulate/platform.ts";
import type { Scenario } from "../../../../src/simulation/scenario.ts";
import { createSimulator } from "../../../../src/simulation/simulator.ts";
import { folderWith } from "../read/folder.ts";

const template = `Resources:
  Project:
    Type: AWS::CodeBuild::Project
    Properties: { Source: { Type: CODEPIPELINE, BuildSpec: build.yml } }
  Shop:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: shop
      Stages:
        - Name: Source
          Actions:
            - Name: Source
              ActionTypeId: { Category: Source, Owner: AWS, Provider: CodeStarSourceConnection, Version: "1" }
              Configuration: { FullRepositoryId: acme/shop, BranchName: main }
              OutputArtifacts: [{ Name: Source }]
        - Name: Build
          Actions:
            - Name: Build
              ActionTypeId: { Category: Build, Owner: AWS, Provider: CodeBuild, Version: "1" }
              InputArtifacts: [{ Name: Source }]
              Configuration: { ProjectName: !Ref Project }
`;

const spec = `version: 0.2
phases:
  install: { commands: [npm ci] }
  build:
    commands: [npm test]
    finally: [echo tested]
  post_build: { commands: [aws s3 sync dist s3://site] }
`;

/** The phases that run and how they end, and how the build ends, where the commands of one phase fail. */
async function carriedOut(text: string, failing: number | "whole"): Promise<string[]> {
  using folder = folderWith({ "shop.yml": template, "build.yml": text });
  const simulator = createSimulator([codepipelinePlatform(await readPipelines(folder.path))]);
  const run = { pipeline: "shop.yml#Shop" };
  const job = { run, path: ["Build", "Build"] };
  const scenario: Scenario = {
    events: [{ kind: "push", id: "push", ref: { kind: "branch", name: "main" }, paths: "every", commit: "c1" }],
    outcomes: [{ job, ...(failing === "whole" ? {} : { step: failing }), outcome: "failure" }],
    choices: [],
    defaultBranch: "main",
    unknownConditions: "hold",
  };
  const { entries } = simulator.simulate(scenario, { choose: () => 0 });
  return entries.flatMap((entry) => {
    if (entry.kind === "step") return [`${entry.step} ${entry.outcome}`];
    return entry.kind === "job-ended" && entry.path[0] === "Build" ? [`build ${entry.conclusion}`] : [];
  });
}

test("what comes after the build runs although the build has failed; nothing does when it was not reached", async () => {
  assert.deepEqual(await carriedOut(spec, 9), ["0 success", "1 success", "2 success", "3 success", "build success"]);
  assert.deepEqual(await carriedOut(spec, 1), ["0 success", "1 failure", "2 success", "3 success", "build failure"]);
  assert.deepEqual(await carriedOut(spec, 0), ["0 failure", "build failure"]);
  assert.deepEqual(await carriedOut(spec, "whole"), ["0 failure", "build failure"]);
});

test("unless it is to be aborted", async () => {
  const aborted = spec.replace("  build:\n", "  build:\n    on-failure: ABORT\n");
  assert.deepEqual(await carriedOut(aborted, 1), ["0 success", "1 failure", "2 success", "build failure"]);
});

test("of several commands in one text only the last one counts, unless the shell ends at errors", async () => {
  const several = spec.replace("[npm test]", "['npm test\n\n      npm run build']");
  assert.deepEqual(await carriedOut(several, 1), ["0 success", "1 failure", "2 success", "3 success", "build success"]);
  const strict = several.replace("[npm ci]", '[npm ci, "set -e"]');
  assert.deepEqual(await carriedOut(strict, 1), ["0 success", "1 failure", "2 success", "3 success", "build failure"]);
});

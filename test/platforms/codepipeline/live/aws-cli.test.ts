/** What the AWS CLI says when AWS refuses: answers that no emulator gives, by a program of its name that says the same. */

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AwsProblem, type AwsProblemKind, awsCli } from "../../../../src/platforms/codepipeline/live/aws-cli.ts";
import { folderWith } from "../read/folder.ts";

async function problem(stderr: string): Promise<AwsProblem> {
  using folder = folderWith({ aws: `#!/bin/sh\ncat "$0.says" >&2\nexit 254\n`, "aws.says": stderr });
  chmodSync(join(folder.path, "aws"), 0o755);
  const ask = awsCli({ PATH: `${folder.path}:${process.env.PATH}` });
  try {
    await ask(["codepipeline", "get-pipeline", "--name", "shop"]);
  } catch (error) {
    assert.ok(error instanceof AwsProblem, String(error));
    return error;
  }
  return assert.fail("it answered");
}

const operation = "when calling the GetPipeline operation";

test("each refusal is told by its kind, in one line, with what to do", async () => {
  const said: [string, AwsProblemKind, RegExp, RegExp?][] = [
    [
      `\nAn error occurred (ExpiredTokenException) ${operation}: The security token included in the request is expired\n`,
      "no-credentials",
      /expired/,
      /aws sso login/,
    ],
    [
      "\nError when retrieving token from sso: Token has expired and refresh failed\n",
      "no-credentials",
      /expired/,
      /aws sso login/,
    ],
    [
      `\nAn error occurred (UnrecognizedClientException) ${operation}: The security token included in the request is invalid.\n`,
      "no-credentials",
      /invalid/,
      /sign in again/,
    ],
    [
      '\nYou must specify a region. You can also configure your region by running "aws configure".\n',
      "no-region",
      /^no region is set$/,
      /AWS_REGION/,
    ],
    [
      `\nAn error occurred (AccessDeniedException) ${operation}: User: arn:aws:iam::111122223333:user/ada is not authorized to perform: codepipeline:GetPipeline\n`,
      "refused",
      /not authorized to perform: codepipeline:GetPipeline/,
      /permission/,
    ],
    [
      `\nAn error occurred (PipelineNotFoundException) ${operation}: Account '111122223333' does not have a pipeline with name 'shop'\n`,
      "not-found",
      /shop/,
    ],
    [
      "usage: aws [options]\n\naws: error: argument operation: Invalid choice, valid choices are:\n\none | two\n",
      "no-cli",
      /does not know aws codepipeline get-pipeline/,
      /up to date/,
    ],
    ["", "other", /^aws codepipeline get-pipeline: failed$/],
  ];
  for (const [stderr, kind, message, next] of said) {
    const found = await problem(stderr);
    assert.equal(found.kind, kind, stderr);
    assert.match(found.message, message);
    assert.doesNotMatch(found.message, /\n/);
    if (next) assert.match(found.next ?? "", next);
  }
});

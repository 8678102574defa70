/** What puts the written files on AWS, and what brings changes there: the same commands, which people run themselves. */

import { join } from "node:path";
import type { WriteOptions, WrittenFile } from "../../platforms/codepipeline/write/options.ts";

/** A larger template goes to CloudFormation by way of a bucket. */
const inlineLimitBytes = 51_200;

export interface Created {
  readonly delivery: string;
  readonly write: WriteOptions;
  /** Folder of the definition as the caller names it. */
  readonly where: string;
  readonly files: readonly WrittenFile[];
  /** A stack that is there keeps the parameters it has. */
  readonly does: "create" | "update";
}

export const stackName = (delivery: string) => `${delivery}-pipelines`;

export function createCommand({ delivery, write, where, files, does }: Created): string {
  const folder = join(where, write.folder);
  const isNew = does === "create";
  switch (write.format) {
    case "cloudformation": {
      const isLarge = files.some(({ text }) => Buffer.byteLength(text) > inlineLimitBytes);
      const parameters = isNew ? " --parameter-overrides ConnectionArn=… Repository=…" : "";
      return `aws cloudformation deploy --stack-name ${stackName(delivery)} --template-file ${folder}/pipeline.yaml${isLarge ? " --s3-bucket …" : ""} --capabilities ${capability(files)}${parameters}`;
    }
    case "terraform":
      return `terraform -chdir=${folder} init && terraform -chdir=${folder} apply -var connection_arn=… -var repository=…`;
    case "cdk":
      return isNew
        ? `npm install aws-cdk-lib constructs && npx cdk deploy --app 'node ${folder}/app.ts' --parameters ConnectionArn=… --parameters Repository=…`
        : `npx cdk deploy --app 'node ${folder}/app.ts'`;
    default:
      return write.format satisfies never;
  }
}

/** What CloudFormation wants to be told about the roles of a template. */
const capability = (files: readonly WrittenFile[]) =>
  files.some(({ path, text }) => path.endsWith("pipeline.yaml") && /^ +RoleName:/m.test(text))
    ? "CAPABILITY_NAMED_IAM"
    : "CAPABILITY_IAM";

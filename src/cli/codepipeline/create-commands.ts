/** What puts the written files on AWS, and what brings changes there: the same commands, which people run themselves. */

import { join } from "node:path";
import type { ParameterSpec } from "../../platforms/codepipeline/write/document.ts";
import type { WriteOptions, WrittenFile } from "../../platforms/codepipeline/write/options.ts";
import { snakeCase } from "../../platforms/codepipeline/write/terraform/values.ts";

/** A larger template goes to CloudFormation by way of a bucket. */
const inlineLimitBytes = 51_200;

export interface Created {
  readonly delivery: string;
  readonly write: WriteOptions;
  /** Folder of the definition as the caller names it. */
  readonly where: string;
  readonly files: readonly WrittenFile[];
  readonly parameters: readonly ParameterSpec[];
  /** Values of parameters that are known, by their ids. */
  readonly values?: Readonly<Record<string, string>>;
  /** A stack that is there keeps the parameters it has. */
  readonly does: "create" | "update";
}

export const stackName = (delivery: string) => `${delivery}-pipelines`;

export function createCommand(created: Created): string {
  const { delivery, write, where, files, does } = created;
  const folder = join(where, write.folder);
  const isNew = does === "create";
  switch (write.format) {
    case "cloudformation": {
      const isLarge = files.some(({ text }) => Buffer.byteLength(text) > inlineLimitBytes);
      const given = isNew ? ` --parameter-overrides ${settings(created, (id) => id)}` : "";
      return `aws cloudformation deploy --stack-name ${stackName(delivery)} --template-file ${folder}/pipeline.yaml${isLarge ? " --s3-bucket …" : ""} --capabilities ${capability(files)}${given}`;
    }
    case "terraform":
      return `terraform -chdir=${folder} init && terraform -chdir=${folder} apply ${settings(created, (id) => `-var ${snakeCase(id)}`)}`;
    case "cdk": {
      const deploy = `npx cdk deploy --app 'node ${folder}/app.ts'`;
      return isNew
        ? `npm install aws-cdk-lib constructs && ${deploy} ${settings(created, (id) => `--parameters ${id}`)}`
        : deploy;
    }
    default:
      return write.format satisfies never;
  }
}

/** Every parameter that has to be given. */
function settings({ parameters, values }: Created, name: (id: string) => string): string {
  const needed = parameters.filter((one) => one.default === undefined);
  return needed.map(({ id }) => `${name(id)}=${values?.[id] ?? "…"}`).join(" ");
}

/** What CloudFormation wants to be told about the roles of a template. */
const capability = (files: readonly WrittenFile[]) =>
  files.some(({ path, text }) => path.endsWith("pipeline.yaml") && /^ +RoleName:/m.test(text))
    ? "CAPABILITY_NAMED_IAM"
    : "CAPABILITY_IAM";

/** What puts the written files on AWS, and what brings changes there: the same commands, which people run themselves. */

import { join } from "node:path";
import type { WrittenFile } from "../../generated.ts";
import { cdkPackages } from "./cdk-packages.ts";
import type { Infrastructure } from "./infrastructure.ts";
import { limits } from "./limits.ts";
import type { WriteOptions } from "./options.ts";
import { snakeCase } from "./terraform/values.ts";

export interface Created {
  readonly delivery: string;
  readonly write: WriteOptions;
  /** Folder of the definition as the caller names it. */
  readonly where: string;
  readonly files: readonly WrittenFile[];
  readonly infrastructure: Infrastructure;
  /** Values of parameters that are known, by their ids. */
  readonly values?: Readonly<Record<string, string>>;
  readonly does: "create" | "update";
  /** A bucket by way of which a large template goes. */
  readonly templateBucket?: string;
  /** Parameters of the stack that is there, by their ids: it keeps their values. Absent: nobody could tell. */
  readonly kept?: readonly string[];
}

/** A larger template goes by way of a bucket. */
export const isLarge = (template: string) => Buffer.byteLength(template) > limits.cloudformation.inlineBytes;

export const stackName = (delivery: string) => `${delivery}-pipelines`;

/** For the pipelines themselves. */
export function createCommand(created: Created): string {
  const { delivery, write, where, infrastructure, does } = created;
  const folder = join(where, write.folder);
  switch (write.format) {
    case "cloudformation": {
      const region = write.settings.home?.region;
      const bucket = created.templateBucket;
      return deployStack({ name: stackName(delivery), file: "pipeline.yaml", region, infrastructure, bucket }, created);
    }
    case "terraform":
      return apply(folder, infrastructure, created);
    case "cdk": {
      const all = infrastructure.remoteStacks.length > 0 ? " --all" : "";
      const install = does === "update" ? "" : `npm install ${cdkPackages.join(" ")} && `;
      const parameters = given(infrastructure, created, (id) => ` --parameters ${id}`);
      return `${install}npx cdk deploy${all} --app 'node ${folder}/app.ts'${parameters}`;
    }
    default:
      return write.format satisfies never;
  }
}

/** For what the pipelines need in other accounts and regions; an app of CDK brings it along. */
export function commandsBefore(created: Created): { readonly command: string; readonly place: string }[] {
  const { delivery, write, where, infrastructure } = created;
  if (write.format === "cdk") return [];
  return infrastructure.remoteStacks.map(({ name, account, region, infrastructure: one }) => ({
    command:
      write.format === "terraform"
        ? apply(join(where, write.folder, name), one, created)
        : deployStack(
            // Another account or region takes templates from a bucket of its own.
            { name: `${delivery}-${name}`, file: `${name}.yaml`, region, infrastructure: one, bucket: undefined },
            created,
          ),
    place: `in the account ${account}, region ${region}`,
  }));
}

const apply = (folder: string, infrastructure: Infrastructure, created: Created) =>
  `terraform -chdir=${folder} init && terraform -chdir=${folder} apply${given(infrastructure, created, (id) => ` -var ${snakeCase(id)}`)}`;

function deployStack(
  stack: {
    name: string;
    file: string;
    region: string | undefined;
    infrastructure: Infrastructure;
    bucket: string | undefined;
  },
  created: Created,
): string {
  const { write, where, files } = created;
  const { text } = files.find(({ path }) => path.endsWith(stack.file))!;
  const parameters = given(stack.infrastructure, created, (id) => ` ${id}`);
  return [
    "aws cloudformation deploy",
    ...(stack.region === undefined ? [] : [`--region ${stack.region}`]),
    `--stack-name ${stack.name}`,
    `--template-file ${join(where, write.folder, stack.file)}`,
    ...(isLarge(text) ? [`--s3-bucket ${stack.bucket ?? "…"}`] : []),
    ...capabilities(text),
    ...(parameters === "" ? [] : [`--parameter-overrides${parameters}`]),
  ].join(" ");
}

/** Every parameter that has to be given: Terraform keeps no values, a stack keeps those that it has. */
function given(
  { parameters }: Infrastructure,
  { values, does, kept, write }: Created,
  name: (id: string) => string,
): string {
  const has = new Set(does === "update" && write.format !== "terraform" ? kept : []);
  const needed = parameters.filter((one) => one.default === undefined && !has.has(one.id));
  return needed.map(({ id }) => `${name(id)}=${values?.[id] ?? "…"}`).join("");
}

/** What CloudFormation wants to be told about the roles of a template. */
function capabilities(text: string): string[] {
  if (/^ +RoleName:/m.test(text)) return ["--capabilities CAPABILITY_NAMED_IAM"];
  return text.includes("AWS::IAM::") ? ["--capabilities CAPABILITY_IAM"] : [];
}

/** The template as a construct of AWS CDK, and a minimal app around it. What it synthesises is the template. */

import { inOrder } from "../../../../order/topological.ts";
import type { WrittenFile } from "../../../generated.ts";
import type { TemplateResource } from "../cloudformation/resources.ts";
import type { CommentedTemplate, Template } from "../cloudformation/template.ts";
import { pascal } from "../names.ts";
import { appCode, type Printed } from "./app.ts";
import { codeOf, lowerFirst, type Names, referencesOf } from "./code.ts";

/** The first is for the pipelines, the others are to be there before. */
export function printCdk(
  stacks: readonly [Printed, ...Printed[]],
  { delivery, header }: { delivery: string; header: readonly string[] },
): WrittenFile[] {
  const above = header.map((line) => `// ${line}`).join("\n");
  const className = (name: string) => `${pascal(delivery)}${pascal(name)}`;
  return [
    ...stacks.map(({ name, template }) => ({
      path: `${name}.ts`,
      text: `${above}\n${construct(template.template, template.comments, className(name))}`,
    })),
    { path: "app.ts", text: `${above}\n${appCode(stacks, { delivery, className })}` },
  ];
}

/** Modules of the library, by the service in the type of a resource. */
const modules: Readonly<Record<string, string>> = {
  Chatbot: "chatbot",
  CloudWatch: "cloudwatch",
  CodeBuild: "codebuild",
  CodePipeline: "codepipeline",
  Events: "events",
  IAM: "iam",
  KMS: "kms",
  Lambda: "lambda",
  Logs: "logs",
  S3: "s3",
  SNS: "sns",
};

function construct(
  { Parameters = {}, Conditions, Resources, Outputs = {} }: Template,
  comments: CommentedTemplate["comments"],
  name: string,
): string {
  const resources = Object.entries(Resources).map(([id, resource]) => ({ name: id, resource }));
  // A variable must stand above its uses.
  const sorted = inOrder(resources, ({ resource }) => [...referencesOf(resource.Properties)]);
  const names: Names = {
    parameters: new Set(Object.keys(Parameters)),
    variables: new Map(resources.map(({ name: id }) => [id, lowerFirst(id)])),
  };
  const used = [...new Set(resources.flatMap(({ resource }) => moduleOf(resource) ?? []))].sort();
  const props = Object.entries(Parameters as Record<string, { Description: string }>).map(
    ([id, { Description }]) => `  /** ${Description} */\n  readonly ${lowerFirst(id)}: string;\n`,
  );
  const outputs = Object.entries(Outputs as Record<string, { Description: string; Value: unknown }>);
  const fields = outputs.map(
    ([id, { Description }]) => `  /** ${Description}. */\n  readonly ${lowerFirst(id)}: string;\n`,
  );
  const body = [
    ...(Conditions === undefined ? [] : [tellByEmail]),
    ...sorted.map(({ name: id, resource }) => resourceCode(id, resource, { names, comment: comments.get(id) ?? [] })),
    ...(outputs.length > 0
      ? [outputs.map(([id, { Value }]) => `    this.${lowerFirst(id)} = ${codeOf(Value, names)};`).join("\n")]
      : []),
  ].join("\n\n");
  const core = ["Aws", "CfnCondition", "CfnResource", "Fn", "RemovalPolicy"].filter(
    (one) => body.includes(`${one}.`) || body.includes(`${one}(`),
  );
  return `
import { ${core.join(", ")} } from "aws-cdk-lib";
${used.map((module) => `import * as ${module} from "aws-cdk-lib/aws-${module}";`).join("\n")}
import { Construct } from "constructs";
${props.length > 0 ? `\nexport interface ${name}Props {\n${props.join("")}}\n` : ""}
export class ${name} extends Construct {
${fields.length > 0 ? `${fields.join("")}\n` : ""}  constructor(scope: Construct, id: string${props.length > 0 ? `, props: ${name}Props` : ""}) {
    super(scope, id);
    // Logical ids are those of the CloudFormation format, so that a stack can change from one to the other.
${body}
  }
}
`;
}

const tellByEmail = `    const tellByEmail = new CfnCondition(this, "TellByEmail", {
      expression: Fn.conditionNot(Fn.conditionEquals(props.notificationEmail, "")),
    });
    tellByEmail.overrideLogicalId("TellByEmail");`;

/** Undefined for what only an overlay brings along. */
function moduleOf({ Type }: TemplateResource): string | undefined {
  return modules[Type.split("::")[1]!];
}

/** What a construct is told of by itself, or by a line of its own. */
const told = new Set(["Type", "Properties", "Condition", "DeletionPolicy", "UpdateReplacePolicy"]);

function resourceCode(
  id: string,
  resource: TemplateResource,
  { names, comment }: { names: Names; comment: readonly string[] },
): string {
  const variable = names.variables.get(id)!;
  const type = resource.Type.split("::")[2]!;
  const module = moduleOf(resource);
  const isKept = resource.DeletionPolicy === "RetainExceptOnCreate";
  const overrides = Object.entries(resource).filter(([key]) => !told.has(key) || (!isKept && key.endsWith("Policy")));
  const made =
    module === undefined
      ? `new CfnResource(this, "${id}", { type: "${resource.Type}", properties: ${codeOf(resource.Properties ?? {}, names, "    ", true)} })`
      : `new ${module}.Cfn${type}(this, "${id}", ${codeOf(resource.Properties, names, "    ")})`;
  const lines = [
    ...comment.map((line) => `// ${line}`),
    `const ${variable} = ${made};`,
    `${variable}.overrideLogicalId("${id}");`,
    ...(isKept ? [`${variable}.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);`] : []),
    ...overrides.map(([key, value]) => `${variable}.addOverride("${key}", ${codeOf(value, names, "    ", true)});`),
    ...(resource.Condition ? [`${variable}.cfnOptions.condition = ${lowerFirst(resource.Condition)};`] : []),
  ];
  return lines.map((line) => `    ${line}`).join("\n");
}

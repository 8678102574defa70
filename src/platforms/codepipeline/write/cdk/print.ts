/** The template as a construct of AWS CDK, and a minimal app around it. What it synthesises is the template. */

import type { Intrinsic } from "../cloudformation/intrinsic.ts";
import type { TemplateResource } from "../cloudformation/resources.ts";
import type { CommentedTemplate, Template } from "../cloudformation/template.ts";
import { inOrder } from "../lines.ts";
import { pascal } from "../names.ts";
import type { WrittenFile } from "../options.ts";
import { codeOf, lowerFirst, type Names, referencesOf } from "./code.ts";

export function printCdk(
  { template, comments }: CommentedTemplate,
  { delivery, header }: { delivery: string; header: readonly string[] },
): WrittenFile[] {
  const above = header.map((line) => `// ${line}`).join("\n");
  const name = `${pascal(delivery)}Pipelines`;
  return [
    { path: "pipelines.ts", text: `${above}\n${construct(template, comments, name)}` },
    { path: "app.ts", text: `${above}\n${app(template, delivery, name)}` },
  ];
}

/** Modules of the library, by the service in the type of a resource. */
const modules: Readonly<Record<string, string>> = {
  CloudWatch: "cloudwatch",
  CodeBuild: "codebuild",
  CodePipeline: "codepipeline",
  DynamoDB: "dynamodb",
  Events: "events",
  IAM: "iam",
  KMS: "kms",
  Lambda: "lambda",
  Logs: "logs",
  S3: "s3",
  SNS: "sns",
};

function construct(
  { Parameters, Resources, Outputs }: Template,
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
  const used = [...new Set(resources.map(({ resource }) => modules[serviceOf(resource)]!))].sort();
  const props = Object.entries(Parameters as Record<string, { Description: string }>).map(
    ([id, { Description }]) => `  /** ${Description} */\n  readonly ${lowerFirst(id)}: string;`,
  );
  const outputs = Object.entries(Outputs as Record<string, { Description: string; Value: unknown }>);
  return `
import { Aws, CfnCondition, Fn, RemovalPolicy } from "aws-cdk-lib";
${used.map((module) => `import * as ${module} from "aws-cdk-lib/aws-${module}";`).join("\n")}
import { Construct } from "constructs";

export interface ${name}Props {
${props.join("\n")}
}

export class ${name} extends Construct {
${outputs.map(([id, { Description }]) => `  /** ${Description}. */\n  readonly ${lowerFirst(id)}: string;`).join("\n")}

  constructor(scope: Construct, id: string, props: ${name}Props) {
    super(scope, id);
    // Logical ids are those of the CloudFormation format, so that a stack can change from one to the other.
    const tellByEmail = new CfnCondition(this, "TellByEmail", {
      expression: Fn.conditionNot(Fn.conditionEquals(props.notificationEmail, "")),
    });
    tellByEmail.overrideLogicalId("TellByEmail");

${sorted.map(({ name: id, resource }) => resourceCode(id, resource, { names, comment: comments.get(id) ?? [] })).join("\n\n")}

${outputs.map(([id, { Value }]) => `    this.${lowerFirst(id)} = ${codeOf(Value, names)};`).join("\n")}
  }
}
`;
}

function serviceOf({ Type }: TemplateResource): string {
  return Type.split("::")[1]!;
}

function resourceCode(
  id: string,
  resource: TemplateResource,
  { names, comment }: { names: Names; comment: readonly string[] },
): string {
  const variable = names.variables.get(id)!;
  const type = resource.Type.split("::")[2]!;
  const lines = [
    ...comment.map((line) => `// ${line}`),
    `const ${variable} = new ${modules[serviceOf(resource)]}.Cfn${type}(this, "${id}", ${codeOf(resource.Properties, names, "    ")});`,
    `${variable}.overrideLogicalId("${id}");`,
    ...(resource.DeletionPolicy ? [`${variable}.applyRemovalPolicy(RemovalPolicy.RETAIN);`] : []),
    ...(resource.Condition ? [`${variable}.cfnOptions.condition = ${lowerFirst(resource.Condition)};`] : []),
  ];
  return lines.map((line) => `    ${line}`).join("\n");
}

function app({ Description, Parameters, Outputs }: Template, delivery: string, name: string): string {
  const parameters = Object.entries(Parameters as Record<string, Record<string, string>>);
  const properties = (fields: Record<string, string>) =>
    codeOf(fields, { parameters: new Set(), variables: new Map() }, "");
  const outputs = Object.entries(Outputs as Record<string, { Description: string; Value: Intrinsic }>);
  return `
import { App, CfnOutput, CfnParameter, Stack } from "aws-cdk-lib";
import { ${name} } from "./pipelines.ts";

const app = new App();
const stack = new Stack(app, ${JSON.stringify(`${delivery}-pipelines`)}, { description: ${JSON.stringify(Description)} });

${parameters.map(([id, fields]) => `const ${lowerFirst(id)} = new CfnParameter(stack, "${id}", ${properties(fields)});`).join("\n")}

const pipelines = new ${name}(stack, "Pipelines", {
${parameters.map(([id]) => `  ${lowerFirst(id)}: ${lowerFirst(id)}.valueAsString,`).join("\n")}
});

${outputs
  .map(
    ([id, one]) =>
      `new CfnOutput(stack, "${id}", { description: ${JSON.stringify(one.Description)}, value: pipelines.${lowerFirst(id)} });`,
  )
  .join("\n")}

app.synth();
`;
}

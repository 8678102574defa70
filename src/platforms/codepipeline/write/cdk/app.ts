/** A minimal app of AWS CDK around the constructs. */

import type { CommentedTemplate } from "../cloudformation/template.ts";
import { pascal } from "../names.ts";
import { codeOf, lowerFirst } from "./code.ts";

/** A template, where it belongs, and what it is called. */
export interface Printed {
  readonly template: CommentedTemplate;
  /** Of the file and the stack: `pipelines`, `target-111122223333`. */
  readonly name: string;
  /** Undefined: wherever who deploys it says. */
  readonly place: { readonly account: string; readonly region: string } | undefined;
}

interface Names {
  readonly delivery: string;
  /** Of the construct that a file of this name has. */
  className(name: string): string;
}

export function appCode([pipelines, ...before]: readonly [Printed, ...Printed[]], names: Names): string {
  const imports = [pipelines, ...before].map(({ name }) => `import { ${names.className(name)} } from "./${name}.ts";`);
  return `
import { App, CfnOutput, CfnParameter, Stack } from "aws-cdk-lib";
${imports.join("\n")}

const app = new App();
const stack = ${newStack(pipelines, names)}

${contents(pipelines, { stack: "stack", construct: "pipelines", names })}
${before.map((one) => stackBefore(one, names)).join("")}
app.synth();
`;
}

/** In a block of its own, because stacks may have parameters of one name. */
function stackBefore(one: Printed, names: Names): string {
  const stack = lowerFirst(pascal(one.name));
  return `
const ${stack} = ${newStack(one, names)}
{
${contents(one, { stack, construct: "made", names }).replace(/^(?=.)/gm, "  ")}
}
stack.addDependency(${stack});
`;
}

function newStack({ name, place, template }: Printed, { delivery }: Names): string {
  const env = place === undefined ? "" : `env: ${literal(place)}, `;
  const description = JSON.stringify(template.template.Description);
  return `new Stack(app, ${JSON.stringify(`${delivery}-${name}`)}, { ${env}description: ${description} });`;
}

function contents(
  { name, template: { template } }: Printed,
  { stack, construct, names }: { stack: string; construct: string; names: Names },
): string {
  const parameters = Object.entries((template.Parameters ?? {}) as Record<string, Record<string, string>>);
  const outputs = Object.entries((template.Outputs ?? {}) as Record<string, { Description: string }>);
  const props = parameters.map(([id]) => `  ${lowerFirst(id)}: ${lowerFirst(id)}.valueAsString,\n`).join("");
  const made = `new ${names.className(name)}(${stack}, ${JSON.stringify(pascal(name))}${props === "" ? "" : `, {\n${props}}`});`;
  const parts = [
    parameters.map(
      ([id, fields]) => `const ${lowerFirst(id)} = new CfnParameter(${stack}, "${id}", ${literal(fields)});`,
    ),
    [outputs.length === 0 ? made : `const ${construct} = ${made}`],
    outputs.map(
      ([id, { Description }]) =>
        `new CfnOutput(${stack}, "${id}", { description: ${JSON.stringify(Description)}, value: ${construct}.${lowerFirst(id)} });`,
    ),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

const literal = (fields: Readonly<Record<string, string>>) =>
  codeOf(fields, { parameters: new Set(), variables: new Map() }, "");

/** The programs of separate pipelines: what keeps builds, and the function as one file, from the files in `program/`, with the plan of a delivery in it. */

import { readFileSync } from "node:fs";
import { sourceAction } from "../fixed-names.ts";
import type { Source } from "../sources.ts";
import type { Plan } from "./program/releases.cjs";

export const releasesRuntime = "nodejs22.x";
/** Variable of a deploying CodePipeline: which release a person wants. */
export const releaseVariable = "BATON_RELEASE";

const files = ["selection.cjs", "records.cjs", "releases.cjs", "aws.cjs"];

/** For bash. */
export const keepProgram = (): string => fileText("keep.sh");

/** Reads `BUCKET` and `TOPIC` from its environment, and the clients from the runtime of Lambda. */
export function releasesProgram(plan: Plan, { revisionType }: Pick<Source, "revisionType">): string {
  const modules = files.map((file) => {
    const text = fileText(file);
    return `program["./${file}"] = (exports, require) => {\n${withoutTypes(text).trim()}\n};\n`;
  });
  return `"use strict";
// The plan of this delivery; all below is the same for every delivery.
const plan = ${JSON.stringify(plan, null, 2)};

const program = {};
const loaded = {};
const load = (name) => {
  if (!(name in program)) return require(name);
  if (!(name in loaded)) program[name]((loaded[name] = {}), load);
  return loaded[name];
};

${modules.join("\n")}
const clientOf = (name, kind) => {
  const sdk = require(\`@aws-sdk/client-\${name}\`);
  const client = new sdk[kind]({});
  return (command, input) => client.send(new sdk[\`\${command}Command\`](input));
};
let handler;
exports.handler = (event) => {
  handler ??= load("./aws.cjs").handlerOf(
    { s3: clientOf("s3", "S3Client"), codepipeline: clientOf("codepipeline", "CodePipelineClient"), sns: clientOf("sns", "SNSClient") },
    {
      plan,
      source: ${JSON.stringify(sourceAction)},
      revisionType: ${JSON.stringify(revisionType)},
      variable: ${JSON.stringify(releaseVariable)},
      bucket: process.env.BUCKET,
      topic: process.env.TOPIC,
      region: process.env.AWS_REGION,
      now: Date.now,
    },
  );
  return handler(event);
};
`;
}

const fileText = (file: string) => readFileSync(new URL(`./program/${file}`, import.meta.url), "utf8");

/** What comments say to people stays; what they say to a compiler goes. */
function withoutTypes(text: string): string {
  return text
    .replace(/^\/\/ @ts-check\n"use strict";\n/, "")
    .replaceAll(/^( *)\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n/gm, (_, indent: string, inside: string) => {
      const prose = inside.split(/(?:^|\n)[ *]*@/)[0]!.replace(/[\s*]+$/, "");
      if (prose === "") return "";
      return prose.includes("\n")
        ? `${indent}/**${prose}\n${indent} */\n`
        : `${indent}/** ${prose.replace(/^[\s*]+/, "")} */\n`;
    })
    .replaceAll(/\/\*\* @type \{[^\n]*?\} \*\/ /g, "");
}

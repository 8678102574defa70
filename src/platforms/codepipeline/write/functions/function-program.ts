/** A function of Lambda as one file, made of files that stand beside their writer and are checked and tested as they are. */

import { readFileSync } from "node:fs";

export const functionRuntime = "nodejs24.x";

export interface FunctionProgram {
  readonly folder: URL;
  /** Each after those that it requires. The last one exports `handlerOf(clients, settings)`. */
  readonly files: readonly string[];
  /** Of AWS, in the runtime: by the end of the package's name, the class. */
  readonly clients: Readonly<Record<string, string>>;
  /** What the function knows of a delivery. */
  readonly plan: object;
  /** Code, by name, beside the plan. */
  readonly settings: Readonly<Record<string, string>>;
  /** Channels are told whatever it tells. */
  readonly chats?: boolean;
}

const chatFolder = new URL("./program/", import.meta.url);

/** Code of a setting: a variable of the function's environment. */
export const variableOf = (name: string): string => `process.env.${name}`;

export function functionProgram(program: FunctionProgram): string {
  const { folder, clients, plan, settings, chats = false } = program;
  const files = chats ? ["chat.cjs", ...program.files] : program.files;
  const read = (file: string) =>
    withoutTypes(readFileSync(new URL(file, file === "chat.cjs" ? chatFolder : folder), "utf8")).trim();
  const made = Object.entries(clients).map(([name, kind]) => {
    const client = `clientOf("${name}", "${kind}")`;
    return `${name}: ${chats && name === "sns" ? `load("./chat.cjs").told(${client}, ${variableOf("CHAT")})` : client}`;
  });
  const given = Object.entries(settings).map(([name, code]) => `, ${name}: ${code}`);
  return `"use strict";
// The plan of this delivery; all below is the same for every delivery.
const plan = ${printed(plan)};

${files.length === 1 ? read(files[0]!) : modules(files, read)}

const clientOf = (name, kind) => {
  const sdk = require(\`@aws-sdk/client-\${name}\`);
  const client = new sdk[kind]({});
  return (command, input) => client.send(new sdk[\`\${command}Command\`](input));
};
let answer;
exports.handler = (event) => {
  answer ??= ${files.length === 1 ? "exports" : `load("./${files.at(-1)!}")`}.handlerOf(
    { ${made.join(", ")} },
    { plan${given.join("")} },
  );
  return answer(event);
};
`;
}

const printed = (plan: object) => {
  const short = JSON.stringify(plan);
  return short.length < 100 ? short : JSON.stringify(plan, null, 2);
};

/** Each asks for others by `require`, as it does where it stands as a file. */
const modules = (files: readonly string[], read: (file: string) => string): string => `const program = {};
const loaded = {};
const load = (name) => {
  if (!(name in program)) return require(name);
  if (!(name in loaded)) program[name]((loaded[name] = {}), load);
  return loaded[name];
};

${files.map((file) => `program["./${file}"] = (exports, require) => {\n${read(file)}\n};`).join("\n\n")}`;

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

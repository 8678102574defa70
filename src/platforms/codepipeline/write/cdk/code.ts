/** Values of a template as code of a CDK app in TypeScript. */

import { Intrinsic } from "../cloudformation/intrinsic.ts";

/** Where names of a template lead in the code. */
export interface Names {
  /** Parameters of the template, to what the construct was given. */
  readonly parameters: ReadonlySet<string>;
  /** Logical ids, to variables. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Below these a key is a name that somebody chose, or one of another language: it stays as it is. */
const verbatim = new Set([
  "KeyPolicy",
  "PolicyDocument",
  "AssumeRolePolicyDocument",
  "Configuration",
  "EventPattern",
  "InputPathsMap",
  "Variables",
]);

const pseudo: Readonly<Record<string, string>> = {
  "AWS::Partition": "Aws.PARTITION",
  "AWS::Region": "Aws.REGION",
  "AWS::AccountId": "Aws.ACCOUNT_ID",
  "AWS::StackName": "Aws.STACK_NAME",
  "AWS::StackId": "Aws.STACK_ID",
  "AWS::URLSuffix": "Aws.URL_SUFFIX",
  "AWS::NoValue": "Aws.NO_VALUE",
};

export const pseudoParameters = Object.keys(pseudo);

export function codeOf(value: unknown, names: Names, indent = "", isVerbatim = false): string {
  if (value instanceof Intrinsic) return intrinsicCode(value, names);
  if (typeof value === "string") return textCode(value);
  if (typeof value !== "object" || value === null) return String(value);
  const inner = `${indent}  `;
  const several = (open: string, items: readonly string[], close: string) => {
    const short = `${open}${open === "{" ? " " : ""}${items.join(", ")}${open === "{" ? " " : ""}${close}`;
    if (items.length === 0) return `${open}${close}`;
    if (indent.length + short.length < 100 && !short.includes("\n")) return short;
    return `${open}\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}${close}`;
  };
  if (Array.isArray(value))
    return several(
      "[",
      value.map((one) => codeOf(one, names, inner, isVerbatim)),
      "]",
    );
  const entries = Object.entries(value).map(([key, one]) => {
    const name = isVerbatim ? key : property(key);
    // A list of environment variables or pipeline variables has keys of its own.
    const below = isVerbatim || (verbatim.has(key) && !Array.isArray(one));
    return `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${codeOf(one, names, inner, below)}`;
  });
  return several("{", entries, "}");
}

/** `Artifacts` becomes `artifacts`, `SSEAlgorithm` `sseAlgorithm`. */
export const lowerFirst = (key: string) => key.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, (start) => start.toLowerCase());

/** As the constructs of CDK name it: `KMSMasterKeyID` becomes `kmsMasterKeyId`. */
const property = (key: string) => lowerFirst(key).replace(/ID$/, "Id");

/** References of a value, as logical ids. */
export function referencesOf(value: unknown, found = new Set<string>()): Set<string> {
  if (value instanceof Intrinsic) {
    if (value.tag === "Sub")
      for (const [, name] of String(value.value).matchAll(/\$\{([^!}]+)\}/g)) found.add(name!.split(".")[0]!);
    else if (value.tag === "Ref" || value.tag === "GetAtt") found.add(String(value.value).split(".")[0]!);
  } else if (typeof value === "object" && value !== null) {
    for (const one of Object.values(value)) referencesOf(one, found);
  }
  return found;
}

function intrinsicCode({ tag, value }: Intrinsic, names: Names): string {
  if (tag === "Ref" || tag === "GetAtt") return nameCode(String(value), names);
  if (tag !== "Sub") throw new Error(`the function ${tag} stands where none is expected`);
  const pieces = String(value).split(/\$\{([^}]+)\}/);
  const text = pieces.map((piece, index) => {
    if (index % 2 === 0) return escaped(piece);
    return piece.startsWith("!") ? escaped(`\${${piece.slice(1)}}`) : `\${${nameCode(piece, names)}}`;
  });
  return `\`${text.join("")}\``;
}

function nameCode(name: string, { parameters, variables }: Names): string {
  if (Object.hasOwn(pseudo, name)) return pseudo[name]!;
  if (parameters.has(name)) return `props.${lowerFirst(name)}`;
  const [id, attribute] = name.split(".") as [string, string | undefined];
  const variable = variables.get(id);
  if (variable === undefined) throw new Error(`the template refers to ${id}, which it does not have`);
  return attribute === undefined ? `${variable}.ref` : `${variable}.attr${attribute}`;
}

const textCode = (text: string) => (text.includes("\n") ? `\`${escaped(text)}\`` : JSON.stringify(text));

const escaped = (text: string) => text.replaceAll(/[\\`]|\$(?=\{)/g, "\\$&");

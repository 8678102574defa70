/** Terraform's language as we write it: blocks, attributes and values, printed as `terraform fmt` would leave them. */

/** Code that is not a literal: a reference, a call. */
export class Expression {
  readonly code: string;
  constructor(code: string) {
    this.code = code;
  }
}

/** A text with expressions in it. */
export class Template {
  readonly parts: readonly (string | Expression)[];
  constructor(parts: readonly (string | Expression)[]) {
    this.parts = parts;
  }
}

/** `name(argument)`, the argument over several lines where it is long. */
export class Call {
  readonly name: string;
  readonly argument: HclValue;
  constructor(name: string, argument: HclValue) {
    this.name = name;
    this.argument = argument;
  }
}

export type HclValue =
  | string
  | number
  | boolean
  | Expression
  | Template
  | Call
  | readonly HclValue[]
  | { readonly [key: string]: HclValue };

export interface Block {
  readonly type: string;
  readonly labels?: readonly string[];
  readonly comment?: readonly string[];
  readonly attributes?: Readonly<Record<string, HclValue | undefined>>;
  readonly blocks?: readonly Block[];
}

export const resource = (type: string, name: string, body: Omit<Block, "type" | "labels">): Block => ({
  type: "resource",
  labels: [type, name],
  ...body,
});

/** A file of blocks, one empty line between them. */
export function printBlocks(header: readonly string[], blocks: readonly Block[]): string {
  return `${[header.map((line) => `# ${line}`.trimEnd()).join("\n"), ...blocks.map((block) => printBlock(block, ""))].join("\n\n")}\n`;
}

function printBlock(block: Block, indent: string): string {
  const { type, labels = [], comment = [], attributes = {}, blocks = [] } = block;
  const inner = `${indent}  `;
  const given = Object.entries(attributes).filter((entry): entry is [string, HclValue] => entry[1] !== undefined);
  const parts = [
    ...(given.length > 0 ? [assignments(given, inner)] : []),
    ...blocks.map((one) => printBlock(one, inner)),
  ];
  const head = [
    ...comment.map((line) => `${indent}# ${line}`),
    `${indent}${[type, ...labels.map(quoted)].join(" ")} {`,
  ].join("\n");
  return parts.length === 0 ? `${head}}` : `${head}\n${parts.join("\n\n")}\n${indent}}`;
}

/** Equal signs stand below each other in lines that follow each other. */
function assignments(entries: readonly (readonly [string, HclValue])[], indent: string): string {
  const printed = entries.map(([key, value]) => ({ key, text: printValue(value, indent) }));
  const lines: string[] = [];
  let group: typeof printed = [];
  const flush = () => {
    const width = Math.max(0, ...group.map(({ key }) => key.length));
    for (const { key, text } of group) lines.push(`${indent}${key.padEnd(width)} = ${text}`);
    group = [];
  };
  for (const one of printed) {
    if (one.text.includes("\n")) {
      flush();
      lines.push(`${indent}${one.key} = ${one.text}`);
    } else group.push(one);
  }
  flush();
  return lines.join("\n");
}

function printValue(value: HclValue, indent: string): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value instanceof Expression) return value.code;
  if (value instanceof Template) {
    return `"${value.parts.map((part) => (typeof part === "string" ? escaped(part) : `\${${part.code}}`)).join("")}"`;
  }
  if (value instanceof Call) return `${value.name}(${printValue(value.argument, indent)})`;
  const inner = `${indent}  `;
  if (isList(value)) {
    const items = value.map((one) => printValue(one, inner));
    const short = `[${items.join(", ")}]`;
    if (short.length < 90 && !short.includes("\n")) return short;
    return `[\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}]`;
  }
  const entries = Object.entries(value).map(
    ([key, one]) => [/^[A-Za-z_]\w*$/.test(key) ? key : quoted(key), one] as const,
  );
  if (entries.length === 0) return "{}";
  return `{\n${assignments(entries, inner)}\n${indent}}`;
}

function isList(value: object): value is readonly HclValue[] {
  return Array.isArray(value);
}

const quoted = (text: string) => `"${escaped(text)}"`;

const escaped = (text: string) =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t")
    .replaceAll(/([$%])\{/g, "$1$1{");

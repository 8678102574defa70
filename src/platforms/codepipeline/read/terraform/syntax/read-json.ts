/** The JSON spelling as expressions: every text in it is a template. */

import type { Place, SourceFile } from "../../../../../findings/source.ts";
import type { Node } from "../../tree/node.ts";
import { blocksOf, dynamicBlock, type Expression, type Item, itemOf } from "./expression.ts";
import type { HclParser } from "./parser.ts";
import { HclReader, type ParsedText } from "./read-hcl.ts";

export function readJson(node: Node, parser: HclParser): Expression {
  switch (node.kind) {
    case "scalar":
      return typeof node.value === "string"
        ? template(node.value, node.at, parser)
        : { kind: "literal", value: node.value, at: node.at };
    case "list":
      return { kind: "tuple", items: node.items.map((item) => readJson(item, parser)), at: node.at };
    case "map": {
      const items = node.entries.map(({ key, keyAt, value }): Item => {
        const name: Expression = template(key, keyAt, parser);
        return { key: name, value: readJson(value, parser) };
      });
      return { kind: "object", items: withDynamicBlocks(items), at: node.at };
    }
    default:
      return node satisfies never;
  }
}

/** The blocks that dynamic ones make stand among the written ones of their type. */
function withDynamicBlocks(items: readonly Item[]): Item[] {
  const index = items.findIndex(
    ({ key, value }) => key.kind === "literal" && key.value === "dynamic" && isDynamic(value),
  );
  if (index < 0) return [...items];
  const written = items.filter((_, i) => i !== index);
  for (const block of blocksOf(items[index]!.value)) {
    for (const { key, value } of block.kind === "object" ? block.items : []) {
      const type = key.kind === "literal" ? String(key.value) : "";
      const made = blocksOf(value).map((body) => dynamicBlock(type, body));
      const at = written.findIndex((item) => item.key.kind === "literal" && item.key.value === type);
      const before = blocksOf(written[at]?.value);
      const tuple: Expression = { kind: "tuple", items: [...before, ...made], at: value.at };
      if (at < 0) written.push({ key, value: tuple });
      else written[at] = { key: written[at]!.key, value: tuple };
    }
  }
  return written;
}

function isDynamic(value: Expression): boolean {
  return blocksOf(value).some(
    (block) =>
      block.kind === "object" &&
      block.items.some((item) =>
        blocksOf(item.value).some((body) => itemOf(body, "for_each") && itemOf(body, "content")),
      ),
  );
}

/** A text that may hold templates, all of it at one place. */
export function template(text: string, at: Place, parser: HclParser): Expression {
  if (!/[$%]\{/.test(text)) return { kind: "literal", value: text, at };
  return heredoc(text, parser, { place: () => at, isVerbatim: false }) ?? { kind: "unreadable", at };
}

/** A whole file that is a template. */
export function templateFile(source: SourceFile, parser: HclParser): Expression | undefined {
  return heredoc(source.text, parser, { place: (start, end) => ({ source, start, end }), isVerbatim: true });
}

function heredoc(
  text: string,
  parser: HclParser,
  { place, isVerbatim }: Omit<ParsedText, "text">,
): Expression | undefined {
  // A heredoc takes every text as it is. Its end must be no line of the text.
  let end = "END";
  while (text.includes(end)) end += "_";
  const opening = `x = <<${end}\n`;
  const parsed = `${opening}${text}\n${end}\n`;
  const tree = parser.parse(parsed);
  if (!tree || tree.isBroken) return undefined;
  const within = (offset: number) => Math.max(0, Math.min(offset - opening.length, text.length));
  const reader = new HclReader({ text: parsed, place: (from, to) => place(within(from), within(to)), isVerbatim });
  const [item] = reader.file(tree.root).items;
  return item && withoutLastLineEnd(item.value);
}

function withoutLastLineEnd(value: Expression): Expression {
  if (value.kind === "literal") return { ...value, value: String(value.value).slice(0, -1) };
  if (value.kind !== "template") return value;
  const last = value.parts.at(-1);
  if (last?.kind !== "text") return value;
  const text = last.text.slice(0, -1);
  return { ...value, parts: [...value.parts.slice(0, -1), ...(text === "" ? [] : [{ ...last, text }])] };
}

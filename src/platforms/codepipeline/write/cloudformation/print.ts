import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { Intrinsic } from "./intrinsic.ts";
import type { CommentedTemplate } from "./template.ts";

/** The template as YAML with the short forms of functions. The same template gives the same bytes. */
export function printTemplate({ template, comments }: CommentedTemplate, header: readonly string[]): string {
  const document = new Document();
  const top = nodeOf(template) as YAMLMap<Scalar, unknown>;
  document.contents = top as unknown as typeof document.contents;
  document.commentBefore = header.map((line) => (line === "" ? "" : ` ${line}`)).join("\n");
  for (const pair of top.items.slice(2)) pair.key.spaceBefore = true;
  const resources = top.items.find(({ key }) => key.value === "Resources")!.value as YAMLMap<Scalar, unknown>;
  resources.items.forEach(({ key }, index) => {
    if (index > 0) key.spaceBefore = true;
    const comment = comments.get(String(key.value));
    if (comment) key.commentBefore = comment.map((line) => ` ${line}`).join("\n");
  });
  return document.toString({ lineWidth: 0, indentSeq: false });
}

/** `Resources`, the id, `Properties`. */
const propertiesDepth = 3;

/** `depth`: how many names lead there. */
function nodeOf(value: unknown, depth = 0): unknown {
  if (value instanceof Intrinsic) return shortForm(value);
  if (Array.isArray(value)) {
    const list = new YAMLSeq();
    list.items = value.map((one) => nodeOf(one, depth));
    // Short lists of words on one line.
    if (value.every((one) => typeof one === "string") && JSON.stringify(value).length < 90) list.flow = true;
    return list;
  }
  if (typeof value === "object" && value !== null) {
    const map = new YAMLMap();
    const entries = Object.entries(value);
    map.items = entries.map(([key, one]) => new Pair(scalar(key), nodeOf(one, depth + 1)));
    // Inside of a resource, what is one thing in a few words: a tag, a variable, what does an action, a condition.
    const isPlain = (node: unknown) =>
      node instanceof Scalar || ((node instanceof YAMLMap || node instanceof YAMLSeq) && node.flow === true);
    const isShort = depth > propertiesDepth && JSON.stringify(value).length < 100;
    if (isShort && map.items.every((pair) => isPlain(pair.value))) map.flow = true;
    return map;
  }
  return scalar(value);
}

function scalar(value: unknown): Scalar {
  const node = new Scalar(value);
  if (typeof value === "string" && value.includes("\n")) node.type = Scalar.BLOCK_LITERAL;
  // A JSON text is easier to read without escaped quotes; so is a date that must stay a word.
  // CloudFormation reads YAML 1.1, where these are truth values.
  else if (typeof value === "string" && /^(y|yes|n|no|on|off)$/i.test(value)) node.type = Scalar.QUOTE_DOUBLE;
  else if (typeof value === "string" && /^[{[]|^\d{4}-\d\d-\d\d$/.test(value)) node.type = Scalar.QUOTE_SINGLE;
  return node;
}

function shortForm({ tag, value }: Intrinsic): unknown {
  const node = nodeOf(value) as Scalar | YAMLSeq;
  node.tag = `!${tag}`;
  if (node instanceof YAMLSeq) node.flow = true;
  return node;
}

/** Functions that read files, and that print and parse documents. */

import { parseJson } from "../../tree/json.ts";
import { type MapEntry, type Node, plainText } from "../../tree/node.ts";
import { parseYaml } from "../../tree/yaml.ts";
import type { Given, TerraformFunction } from "./given.ts";
import { printed } from "./print-json.ts";
import { asText, isHole, isTooLong, known, textOf, unknown } from "./values.ts";

/** A known text, with the file it comes from where it comes from one. */
function sourceOf(node: Node | undefined) {
  const text = asText(node);
  if (!node || text === undefined) return undefined;
  const file = node.kind === "scalar" ? node.file : undefined;
  return { source: file ?? { path: node.at.source.path, text, byteOrderMark: false }, isFile: file !== undefined };
}

/** Places are those in the file, or of the text that holds the document. */
function decoded(parse: typeof parseJson): TerraformFunction {
  return (given) => {
    const node = given.value(0);
    if (!node) return undefined;
    if (node.kind === "scalar" && node.document) return node.document;
    const found = sourceOf(node);
    if (!found) return isHole(node) ? unknown(given.at) : undefined;
    const parsed = parse(found.source);
    if (!parsed.ok) return undefined;
    return found.isFile ? parsed.root : placedAt(parsed.root, given);
  };
}

function placedAt(node: Node, given: Given): Node {
  const { at } = given;
  if (node.kind === "scalar") return { ...node, at };
  if (node.kind === "list") return { ...node, at, items: node.items.map((item) => placedAt(item, given)) };
  const entries = node.entries.map(({ key, value }): MapEntry => ({ key, keyAt: at, value: placedAt(value, given) }));
  return { ...node, at, entries };
}

/** JSON is YAML as well. */
function encoded({ value, at }: Given): Node | undefined {
  const document = value(0);
  if (!document) return undefined;
  const parts = printed(document);
  return isTooLong(parts) ? unknown(at) : { ...textOf(parts, at), document };
}

function file({ value, at, world }: Given): Node | undefined {
  const path = value(0);
  if (!path) return undefined;
  const found = world.file(path);
  return found ? { ...known(found.text, at), file: found } : unknown(at, `file ${plainText(path) ?? ""}`);
}

function templatefile({ value, at, world, render }: Given): Node | undefined {
  const [path, given] = [value(0), value(1)];
  if (!path || !given) return undefined;
  const found = world.file(path);
  if (!found || given.kind !== "map" || given.partial) return unknown(at, `file ${plainText(path) ?? ""}`);
  const names = new Map(given.entries.map(({ key, value: each }) => [key, each]));
  const template = world.template({ ...known(found.text, at), file: found });
  const text = template && render(template, names);
  return text?.kind === "scalar" ? { ...text, at } : unknown(at, `file ${found.path}`);
}

export const documentFunctions: Readonly<Record<string, TerraformFunction>> = {
  jsonencode: encoded,
  yamlencode: encoded,
  jsondecode: decoded(parseJson),
  yamldecode: decoded(parseYaml),
  file,
  templatefile,
  fileexists: ({ value, at, world }) => {
    const path = value(0);
    if (!path) return undefined;
    // One that is not in the repository may be made before.
    return world.file(path) ? known(true, at) : unknown(at);
  },
};

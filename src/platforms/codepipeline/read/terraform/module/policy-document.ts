/** `data "aws_iam_policy_document"` as the document that it prints. */

import { child, type MapEntry, type Node } from "../../tree/node.ts";
import { isNull, known, list, map } from "../evaluate/values.ts";

const fields: readonly (readonly [from: string, to: string])[] = [
  ["sid", "Sid"],
  ["actions", "Action"],
  ["not_actions", "NotAction"],
  ["resources", "Resource"],
  ["not_resources", "NotResource"],
];

export function policyDocument(body: Node): Node {
  const blocks = child(body, "statement");
  const written = blocks?.kind === "list" ? blocks.items : blocks ? [blocks] : [];
  const others = ["source_policy_documents", "override_policy_documents", "source_json", "override_json"];
  const isPartial = (blocks?.kind === "list" && blocks.partial) || others.some((name) => child(body, name));
  const statements = list(written.map(statement), body.at, isPartial ? { partial: true } : {});
  return map([{ key: "Statement", keyAt: body.at, value: statements }], body.at);
}

function statement(block: Node): Node {
  const effect = child(block, "effect");
  const entries: MapEntry[] = [
    { key: "Effect", keyAt: block.at, value: effect && !isNull(effect) ? effect : known("Allow", block.at) },
    ...fields.flatMap(([from, to]) => {
      const value = child(block, from);
      return value && !isNull(value) ? [{ key: to, keyAt: value.at, value }] : [];
    }),
  ];
  const condition = child(block, "condition");
  if (condition) entries.push({ key: "Condition", keyAt: condition.at, value: condition });
  const principals = child(block, "principals");
  if (principals) entries.push({ key: "Principal", keyAt: principals.at, value: principalOf(principals) });
  return map(entries, block.at);
}

/** `principals { type = "AWS", identifiers = [...] }` as `{AWS: [...]}`. */
function principalOf(blocks: Node): Node {
  const items = blocks.kind === "list" ? blocks.items : [blocks];
  const entries = items.flatMap((block): MapEntry[] => {
    const [type, identifiers] = [child(block, "type"), child(block, "identifiers")];
    if (type?.kind !== "scalar" || !identifiers) return [];
    const [only] = identifiers.kind === "list" && identifiers.items.length === 1 ? identifiers.items : [];
    return [{ key: String(type.value), keyAt: type.at, value: only ?? identifiers }];
  });
  const [first] = entries;
  // Anybody, as the document writes it.
  return first?.key === "*" ? first.value : map(entries, blocks.at);
}

/** Variables of a build: what the buildspec, the project and the action give it, the last of them first. */

import type { Access, Key } from "../../../facts/access.ts";
import type { Written } from "../../../facts/written.ts";
import { resourceAccess } from "../../../shell/rows.ts";
import type { BuildVariable } from "../pipeline.ts";
import { variable } from "../read/body.ts";
import { type FilledDocument, parseFilled } from "../read/filled-text.ts";
import { child, entriesOf, itemsOf, type Node, plainText } from "../read/tree/node.ts";
import { withRunValues } from "./run-values.ts";

export interface BuildVariables {
  readonly names: ReadonlySet<string>;
  /** Values of those that the files tell. */
  readonly values: ReadonlyMap<string, Key>;
  /** Stored values that are read before the first command runs. */
  readonly reads: readonly Access[];
}

/** Stronger ones first. `undefined` in place of a list: there are some, and nobody knows which. */
export function buildVariables(lists: readonly (readonly BuildVariable[] | undefined)[]): BuildVariables {
  const names = new Set<string>();
  const values = new Map<string, Key>();
  const reads: Access[] = [];
  let isHidden = false;
  for (const list of lists) {
    if (!list) isHidden = true;
    for (const { name, value, from } of list ?? []) {
      if (names.has(name)) continue;
      names.add(name);
      if (from !== "value") reads.push(stored(value, from));
      else if (!isHidden) values.set(name, withRunValues(value.key));
    }
  }
  return { names, values, reads };
}

function stored(name: Written, from: "parameter-store" | "secrets-manager"): Access {
  return resourceAccess({
    tool: from,
    resource: "parameter",
    mode: "read",
    effect: "hand-off",
    key: withRunValues(name.key),
    at: name.at,
  });
}

/** `env` of a buildspec. */
export function specVariables({ root, restore }: FilledDocument): BuildVariable[] {
  const of = (section: string, from: BuildVariable["from"]): BuildVariable[] =>
    entriesOf(child(root, "env", section)).flatMap(({ key, value }) => {
      const text = plainText(value);
      return text === undefined ? [] : [{ name: key, value: { key: restore(text), at: value.at }, from }];
    });
  return [...of("variables", "value"), ...of("parameter-store", "parameter-store"), ...secretsOf({ root, restore })];
}

/** `secret-id:json-key:version-stage:version-id`: the secret is named by the first, which as an ARN has colons itself. */
function secretsOf({ root, restore }: FilledDocument): BuildVariable[] {
  return entriesOf(child(root, "env", "secrets-manager")).flatMap(({ key, value }) => {
    const text = plainText(value);
    if (text === undefined) return [];
    const secret = text.startsWith("arn:") ? text.split(":").slice(0, 7).join(":") : text.split(":")[0]!;
    return [{ name: key, value: { key: restore(secret), at: value.at }, from: "secrets-manager" as const }];
  });
}

/** `EnvironmentVariables` of an action: a list as JSON text. Undefined where it cannot be told what is in it. */
export function actionVariables(written: Written | undefined): readonly BuildVariable[] | undefined {
  if (!written) return [];
  const holder: Node = { kind: "scalar", value: "", at: written.at };
  const document = parseFilled(written.key, holder);
  if (document?.root.kind !== "list") return undefined;
  const { restore } = document;
  const text = (node: Node | undefined): Written | undefined => {
    const plain = plainText(node);
    return plain === undefined ? undefined : { key: restore(plain), at: written.at };
  };
  const found = itemsOf(document.root).map((item) => variable(item, { text }));
  return found.every((each) => each !== undefined) ? found : undefined;
}

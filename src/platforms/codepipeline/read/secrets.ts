/** Passwords and tokens in plain text. What is found is named by where it stands; the value itself is not kept. */

import type { LiteralSecret } from "../../../facts/facts.ts";
import { literal, type Written } from "../../../facts/written.ts";
import type { Place, SourceFile } from "../../../findings/source.ts";
import { parseEmbedded } from "./decode.ts";
import { child, entriesOf, type MapEntry, type Node, plainText, walk } from "./tree/node.ts";

const secretName = /(passw(or)?d|secret|token|api_?-?key|private_?-?key|secret_?-?access_?-?key)$/i;

/** What the issuers of tokens begin them with. */
const knownToken =
  /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|npm_[A-Za-z0-9]{36,}|sk_live_[A-Za-z0-9]{20,})|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

const placeholder =
  /your|change|example|placeholder|dummy|replace|insert|sample|redacted|xxx|todo|fake|\$\{|\{\{|#\{|[<>*\s]|^(arn:|\/|https?:|ssm:|none$|null$|true$|false$)/i;

/** Whether a text under this name is a secret: certain, likely, or not. */
export function secrecy(name: string, value: string): "certain" | "likely" | "no" {
  if (knownToken.test(value) && !/x{6,}|example/i.test(value)) return "certain";
  if (!secretName.test(name) || value.length < 8 || placeholder.test(value)) return "no";
  // Words alone are the name of a secret rather than a secret.
  return /\d/.test(value) && /[A-Za-z]/.test(value) ? "likely" : "no";
}

interface Candidate {
  readonly name: string;
  readonly value: Written | undefined;
  readonly at: Place;
  readonly where: string;
}

export function judged({ name, value, at, where }: Candidate): LiteralSecret[] {
  const text = literal(value);
  if (text === undefined || !value) return [];
  const answer = secrecy(name, text);
  return answer === "no" ? [] : [{ name, at, valueAt: value.at, where, certain: answer === "certain" }];
}

type Text = (node: Node | undefined) => Written | undefined;

/** Variables of build projects and actions, defaults of parameters, and texts that are a token by their form. */
export function secretsIn(root: Node, text: Text): LiteralSecret[] {
  const found: LiteralSecret[] = [];
  for (const node of walk(root)) {
    if (node.kind !== "map") continue;
    found.push(...variablePair(node, text));
    for (const { key, keyAt, value } of node.entries) {
      if (key === "OAuthToken" || key === "oauth_token") {
        found.push(...judged({ name: "OAuthToken", value: raw(value), at: keyAt, where: "the source action" }));
      } else if (/^build_?spec$/i.test(key)) found.push(...secretsInBuildspec(value, plainText(value)));
      else if (value.kind === "scalar" && typeof value.value === "string" && knownToken.test(value.value)) {
        found.push(...judged({ name: key, value: raw(value), at: keyAt, where: "the definition" }));
      }
    }
  }
  for (const { key, keyAt, value } of entriesOf(child(root, "Parameters"))) {
    found.push(
      ...judged({ name: key, value: raw(child(value, "Default")), at: keyAt, where: "a parameter's default" }),
    );
  }
  return unique([...found, ...secretsOfTerraform(root)]);
}

function secretsOfTerraform(root: Node): LiteralSecret[] {
  const variables = blocks(child(root, "variable")).flatMap(({ key, keyAt, value }) =>
    judged({
      name: key,
      value: raw(child(value.kind === "list" ? value.items[0] : value, "default")),
      at: keyAt,
      where: "a variable's default",
    }),
  );
  const locals = blocks(child(root, "locals")).flatMap(({ key, keyAt, value }) =>
    judged({ name: key, value: raw(value), at: keyAt, where: "a local value" }),
  );
  return [...variables, ...locals];
}

/** What blocks of one type hold, each of which may be written alone or in a list. */
function blocks(node: Node | undefined): MapEntry[] {
  return (node?.kind === "list" ? node.items : node ? [node] : []).flatMap((each) => [...entriesOf(each)]);
}

const storeTypes: ReadonlySet<string> = new Set(["String", "SecureString"]);

/** `{Name, Value}` of a build project: plain text unless its type says otherwise. */
function variablePair(node: Node, text: Text): LiteralSecret[] {
  const [name, value, type] = ["name", "value", "type"].map(
    (key) => child(node, key) ?? child(node, key.charAt(0).toUpperCase() + key.slice(1)),
  );
  if (name?.kind !== "scalar" || value?.kind !== "scalar") return [];
  const kind = plainText(type) ?? "PLAINTEXT";
  // A parameter of the store is written out where it is made.
  const where = storeTypes.has(kind) ? "a parameter" : "an environment variable";
  if (kind !== "PLAINTEXT" && !storeTypes.has(kind)) return [];
  return judged({ name: plainText(name) ?? "", value: text(value), at: name.at, where });
}

export function secretsInBuildspec(holder: Node, text: string | undefined): LiteralSecret[] {
  const spec = text?.includes("\n") || text?.startsWith("{") ? parseEmbedded(text, holder) : undefined;
  return spec ? secretsOfSpec(spec) : [];
}

export function secretsOfSpec(spec: Node): LiteralSecret[] {
  return entriesOf(child(spec, "env", "variables")).flatMap(({ key, keyAt, value }) =>
    judged({ name: key, value: raw(value), at: keyAt, where: "the buildspec" }),
  );
}

/** Values of a `.tfvars` file, those inside of lists and maps included. */
export function secretsInValues(root: Node): LiteralSecret[] {
  const found: LiteralSecret[] = [];
  for (const node of walk(root)) {
    found.push(...variablePair(node, raw));
    for (const { key, keyAt, value } of entriesOf(node)) {
      found.push(...judged({ name: key, value: raw(value), at: keyAt, where: "the variables file" }));
    }
  }
  return unique(found);
}

/** The text as it is written. */
export function raw(node: Node | undefined): Written | undefined {
  const text = plainText(node);
  return node && text !== undefined ? { key: [{ kind: "text", text }], at: node.at } : undefined;
}

function unique(secrets: readonly LiteralSecret[]): LiteralSecret[] {
  const seen = new Set<number>();
  return secrets.filter(({ valueAt }) => {
    const isNew = !seen.has(valueAt.start);
    seen.add(valueAt.start);
    return isNew;
  });
}

/** The file with every secret blotted out, character for character, so that places stay true. */
export function withoutSecrets(source: SourceFile, secrets: readonly LiteralSecret[]): SourceFile {
  let text = source.text;
  for (const { valueAt } of secrets) {
    if (valueAt.source !== source) continue;
    const hidden = text.slice(valueAt.start, valueAt.end).replace(/[^\s"']/g, "*");
    text = text.slice(0, valueAt.start) + hidden + text.slice(valueAt.end);
  }
  return text === source.text ? source : { ...source, text };
}

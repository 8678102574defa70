import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, type Node as SyntaxNode } from "yaml";
import type { Place, SourceFile } from "../../../../findings/source.ts";
import { MAX_DEPTH, type MapEntry, mapOf, type Node, type Parsed, wholeFile } from "./node.ts";

/** What aliases may add when they are written out; a file made to explode stops here. */
const MAX_NODES = 200_000;

/** Parses a YAML template, its short intrinsic forms written out. Never throws for bad input. */
export function parseYaml(source: SourceFile): Parsed {
  let document: Document.Parsed;
  try {
    document = parseDocument(source.text, { prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
  } catch {
    return { ok: false, problem: { message: "cannot be read as YAML", at: { ...wholeFile(source), end: 0 } } };
  }
  const [error] = document.errors;
  if (error) {
    const at = { source, start: error.pos[0], end: Math.max(error.pos[0], error.pos[1]) };
    return { ok: false, problem: { message: error.message.replace(/\s+/g, " ").trim(), at } };
  }
  try {
    return { ok: true, root: new YamlReader(source, document).read(document.contents, 0) };
  } catch (error) {
    if (error instanceof TooMuch) return { ok: false, problem: { message: error.message, at: error.at } };
    throw error;
  }
}

class TooMuch extends Error {
  readonly at: Place;

  constructor(message: string, at: Place) {
    super(message);
    this.at = at;
  }
}

class YamlReader {
  private readonly source: SourceFile;
  private readonly document: Document.Parsed;
  private count = 0;

  constructor(source: SourceFile, document: Document.Parsed) {
    this.source = source;
    this.document = document;
  }

  read(node: SyntaxNode | null, depth: number): Node {
    const at = this.place(node);
    if (depth > MAX_DEPTH) throw new TooMuch(`nested deeper than ${MAX_DEPTH} levels`, at);
    if (++this.count > MAX_NODES) throw new TooMuch("more values than a template can have", at);
    if (node && isAlias(node)) return this.read(node.resolve(this.document) ?? null, depth + 1);
    return longForm(node?.tag, this.own(node, depth, at));
  }

  private own(node: SyntaxNode | null, depth: number, at: Place): Node {
    if (isMap(node)) {
      const entries: MapEntry[] = [];
      for (const pair of node.items) {
        const key = pair.key as SyntaxNode | null;
        if (!isScalar(key)) continue;
        const value = this.read(pair.value as SyntaxNode | null, depth + 1);
        entries.push({ key: String(key.value ?? ""), keyAt: this.place(key), value });
      }
      return mapOf(entries, at);
    }
    if (isSeq(node)) {
      return { kind: "list", items: node.items.map((item) => this.read(item as SyntaxNode | null, depth + 1)), at };
    }
    const value: unknown = isScalar(node) ? node.value : null;
    const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    // A date and the like: as written.
    const text = value === null ? null : isPlain ? value : this.source.text.slice(at.start, at.end);
    return { kind: "scalar", value: text, at };
  }

  private place(node: SyntaxNode | null): Place {
    return { source: this.source, start: node?.range?.[0] ?? 0, end: node?.range?.[1] ?? 0 };
  }
}

/** `!Ref X` as `{Ref: X}`, `!Sub …` as `{Fn::Sub: …}`: one form for everything that comes later. */
function longForm(tag: string | undefined, value: Node): Node {
  const name = tag && /^!([A-Z][A-Za-z0-9]*)$/.exec(tag)?.[1];
  if (!name) return value;
  const key = name === "Ref" || name === "Condition" ? name : `Fn::${name}`;
  return { kind: "map", entries: [{ key, keyAt: value.at, value: attribute(key, value) }], at: value.at };
}

/** `!GetAtt Resource.Attribute.Sub` names resource and attribute in one text. */
function attribute(key: string, value: Node): Node {
  if (key !== "Fn::GetAtt" || value.kind !== "scalar" || typeof value.value !== "string") return value;
  const dot = value.value.indexOf(".");
  if (dot < 0) return value;
  const part = (text: string): Node => ({ kind: "scalar", value: text, at: value.at });
  return { kind: "list", items: [part(value.value.slice(0, dot)), part(value.value.slice(dot + 1))], at: value.at };
}

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  type Node as SyntaxNode,
} from "yaml";
import type { Place, SourceFile } from "../../../../findings/source.ts";
import type { YamlEntry, YamlMap, YamlNode, YamlScalar, YamlSequence } from "./node.ts";

/** Something in a file that is not YAML, or more of it than we are willing to read. */
export interface YamlProblem {
  readonly message: string;
  readonly at: Place;
}

export interface ParsedYaml {
  /** Undefined for an empty file and where no tree could be made. */
  readonly root: YamlNode | undefined;
  readonly problems: readonly YamlProblem[];
}

/** GitHub's own limit on nesting is 50; ours only has to stay clear of the stack's end. */
const MAX_DEPTH = 100;

const TOO_DEEP = "nested too deeply to be read";

/**
 * How many nodes aliases may add when they are written out in full. Real files stay below a hundred; a "billion laughs"
 * file would otherwise make a walk over the tree exponential.
 */
const MAX_ALIASED_NODES = 20_000;

/** Parses one document. Never throws for bad input. */
export function parseYaml(source: SourceFile): ParsedYaml {
  let document: Document.Parsed;
  try {
    // Uniqueness of keys is left to GitHub's validator: the library's own test compares every key with every other.
    document = parseText(source.text);
  } catch (error) {
    return { root: undefined, problems: [unreadable(source, error)] };
  }
  const problems = document.errors.map(({ message, pos }) => ({
    message: /call stack/.test(message) ? TOO_DEEP : oneLine(message),
    at: { source, start: pos[0], end: Math.max(pos[0], pos[1]) },
  }));
  if (!document.contents) return { root: undefined, problems };
  const reader = new TreeReader(source);
  const root = reader.read(document.contents, 0);
  return { root, problems: [...problems, ...reader.problems] };
}

const MAX_QUOTES_MENDED = 5;

/**
 * The library ends a quoted text where its next line is not indented; GitHub reads on to the closing quote. With spaces
 * for the line breaks inside, which is what they stand for, every offset stays what it was.
 */
function parseText(text: string): Document.Parsed {
  const parse = (each: string) => parseDocument(each, { prettyErrors: false, uniqueKeys: false, logLevel: "error" });
  const document = parse(text);
  let mended = text;
  let latest = document;
  for (let i = 0; i < MAX_QUOTES_MENDED && latest.errors.length > 0; i++) {
    const [error] = latest.errors;
    const quote = error!.code === "MISSING_CHAR" ? (/Missing closing (['"])/.exec(error!.message)?.[1] ?? "") : "";
    const start = quote === "" ? -1 : mended.lastIndexOf(quote, error!.pos[0] - 1);
    const end = start < 0 ? -1 : mended.indexOf(quote, start + 1);
    if (end < 0) return document;
    mended = mended.slice(0, start) + mended.slice(start, end).replace(/[\r\n]/g, " ") + mended.slice(end);
    latest = parse(mended);
  }
  return latest.errors.length === 0 ? latest : document;
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, " ").trim();
}

function unreadable(source: SourceFile, error: unknown): YamlProblem {
  // The parser recurses, so nesting of some thousand levels ends its stack; sometimes it reports that as an error of its own.
  const message = error instanceof RangeError ? TOO_DEEP : "cannot be read as YAML";
  return { message, at: { source, start: 0, end: 0 } };
}

interface Sized {
  readonly node: YamlNode;
  /** Nodes in it with every alias written out. */
  readonly size: number;
}

/** Copies the library's tree in document order, so that an alias finds the latest anchor of its name before it. */
class TreeReader {
  readonly problems: YamlProblem[] = [];
  private readonly anchors = new Map<string, Sized>();
  private readonly source: SourceFile;
  private aliasedNodes = 0;
  private size = 0;

  constructor(source: SourceFile) {
    this.source = source;
  }

  read(node: SyntaxNode | null, depth: number): YamlNode {
    if (!node) return this.nothing(0);
    if (isAlias(node)) return this.alias(node);
    const before = this.size;
    this.size++;
    const read = this.readOwn(node, depth);
    if (node.anchor) this.anchors.set(node.anchor, { node: read, size: this.size - before });
    return read;
  }

  private readOwn(node: SyntaxNode, depth: number): YamlNode {
    const at = this.place(node);
    if (isScalar(node)) return scalar(node, at);
    if (depth > MAX_DEPTH) {
      this.report(`nested deeper than ${MAX_DEPTH} levels`, at);
      return this.nothing(at.start);
    }
    if (isMap(node)) {
      const entries: YamlEntry[] = [];
      for (const pair of node.items) {
        const read = this.pair(pair as Pair<SyntaxNode, SyntaxNode | null>, depth);
        if (read) entries.push(read);
      }
      return { kind: "map", entries, at } satisfies YamlMap;
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item as SyntaxNode | null, depth + 1));
      return { kind: "sequence", items, at } satisfies YamlSequence;
    }
    return this.nothing(at.start);
  }

  private pair(pair: Pair<SyntaxNode, SyntaxNode | null>, depth: number): YamlEntry | undefined {
    const key = this.read(pair.key, depth + 1);
    if (key.kind !== "scalar") {
      this.report("a key must be a scalar", key.at);
      return undefined;
    }
    return { key, value: pair.value ? this.read(pair.value, depth + 1) : this.nothing(key.at.end) };
  }

  private alias(node: Alias): YamlNode {
    const at = this.place(node);
    const found = this.anchors.get(node.source);
    // An anchor that is missing, or that still is being read (the alias stands inside of it), has no value.
    if (!found) {
      this.report(`the alias '${node.source}' has no complete anchor before it`, at);
      return this.nothing(at.start);
    }
    this.aliasedNodes += found.size;
    if (this.aliasedNodes > MAX_ALIASED_NODES) {
      this.report("aliases that add up to too many values", at);
      return this.nothing(at.start);
    }
    this.size += found.size;
    return found.node;
  }

  private place(node: SyntaxNode): Place {
    const range = node.range;
    return { source: this.source, start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
  }

  private nothing(offset: number): YamlScalar {
    return { kind: "scalar", value: null, style: "plain", at: { source: this.source, start: offset, end: offset } };
  }

  private report(message: string, at: Place): void {
    // One of each kind is enough: a bomb would report itself a million times.
    if (this.problems.some((problem) => problem.message === message)) return;
    this.problems.push({ message, at });
  }
}

function scalar(node: Scalar, at: Place): YamlScalar {
  const { value } = node;
  const style = node.type?.startsWith("BLOCK") ? "block" : node.type?.startsWith("QUOTE") ? "quoted" : "plain";
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return { kind: "scalar", value, style, at };
  }
  // A tag such as !!binary; what it stands for is of no use here.
  return { kind: "scalar", value: at.source.text.slice(at.start, at.end), style, at };
}

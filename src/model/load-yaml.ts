import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { markBuilt } from "./built-delivery.ts";
import type { Delivery } from "./delivery.ts";
import { judge } from "./judge.ts";
import { type Form, FormReader, isForm } from "./normalise/form.ts";
import { type DeliveryForm, namedForms } from "./normalise/normalise.ts";
import { type DefinitionPlace, type FindPlace, locateRefusals, type Refusal, type Result } from "./refusal.ts";

/**
 * Builds the model from a delivery written as YAML or JSON. Pure: the caller reads the file; `file` is only its name in
 * refusals. Every refusal has a line and a column.
 */
export function loadYaml(text: string, file: string): Result<Delivery> {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ""), { lineCounter: lines, merge: true, prettyErrors: false });
  const place = (offset: number): DefinitionPlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const repeated = document.errors.filter((error) => error.code === "DUPLICATE_KEY");
  // After the first mistake in the syntax the rest is guesswork.
  const others = [...document.errors, ...document.warnings].filter((error) => error.code !== "DUPLICATE_KEY");
  const problems = [...repeated, ...others.slice(0, 1)];
  if (problems.length > 0) {
    return { ok: false, refusals: problems.map((error) => syntaxRefusal(error, { text, document, place })) };
  }
  if (document.contents === null) return { ok: false, refusals: [emptyFile(place(0))] };
  const written = plainData(document);
  if (!written.ok) {
    const unknown = unknownAlias(document);
    const refusal = unknown === undefined ? written.refusal : starRefusal(unknown.source);
    return { ok: false, refusals: [{ ...refusal, place: place(unknown?.offset ?? 0) }] };
  }
  const findPlace = placeFinder(document, place);
  const { form, refusals: topLevel } = readTopLevel(written.value);
  if (!isForm(written.value)) return { ok: false, refusals: locateRefusals(topLevel, findPlace) };
  const { delivery, refusals } = judge(form);
  const all = [...topLevel, ...refusals];
  if (all.length > 0) return { ok: false, refusals: locateRefusals(all, findPlace) };
  return { ok: true, value: markBuilt(delivery, findPlace) };
}

function emptyFile(place: DefinitionPlace): Refusal {
  return {
    code: "empty-file",
    message: "there is nothing in this file",
    path: [],
    place,
    related: [],
    help: "write a delivery: name, environments and pipelines; or remove the file, and baton init writes one to start from",
  };
}

interface Source {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly place: (offset: number) => DefinitionPlace;
}

function syntaxRefusal(error: YAMLError, { text, document, place }: Source): Refusal {
  // The offset of a repeated key may lie before the blanks and comments that stand before it.
  const blank = /^(?:\s|#.*\n)*/.exec(text.slice(error.pos[0]))![0].length;
  const start = error.pos[0] + (error.code === "DUPLICATE_KEY" ? blank : 0);
  const refusal = { path: [], related: [], place: place(start) };
  if (error.code === "DUPLICATE_KEY") {
    const key = /^[^:\n]*/.exec(text.slice(start))![0].trim();
    const first = firstOfKey(document, start);
    return {
      ...refusal,
      code: "duplicate-name",
      message: `"${key}" stands here a second time`,
      related: first === undefined ? [] : [{ message: `the first "${key}"`, path: [], place: place(first) }],
      help: "give one of them another name",
    };
  }
  if (error.code === "MULTIPLE_DOCS") {
    return {
      ...refusal,
      code: "wrong-yaml",
      message: "a second document begins here",
      help: "write one delivery in one file",
    };
  }
  return {
    ...refusal,
    code: "wrong-yaml",
    message: `this is not YAML that Baton can read: ${error.message}`,
    help: "look at the indentation, quotes and brackets here and on the lines before",
  };
}

/** Where the key that is repeated at `offset` stands for the first time. */
function firstOfKey(document: Document.Parsed, offset: number): number | undefined {
  let first: number | undefined;
  visit(document, {
    Map(_, { items }) {
      const keys = items.map(({ key }) => key).filter((key) => isScalar(key));
      const repeated = keys.find((key) => startOf(key) === offset);
      const original = repeated && keys.find(({ value }) => value === repeated.value);
      if (original === undefined) return undefined;
      first = startOf(original);
      return visit.BREAK;
    },
  });
  return first;
}

/** The first `*name` of which there is no `&name` before. */
function unknownAlias(document: Document.Parsed): { source: string; offset: number } | undefined {
  const anchors = new Set<string>();
  let found: { source: string; offset: number } | undefined;
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        if (anchors.has(node.source)) return undefined;
        found = { source: node.source, offset: startOf(node)! };
        return visit.BREAK;
      }
      if ("anchor" in node && typeof node.anchor === "string") anchors.add(node.anchor);
      return undefined;
    },
  });
  return found;
}

/** Most of the time it is a pattern of paths: `**` and what follows. */
function starRefusal(source: string): Refusal {
  return {
    code: "wrong-yaml",
    message: `*${source} begins with *, which in YAML stands for a part that &${source} has named before, and none has`,
    path: [],
    related: [],
    help: `write it in quotes if it is a text: "*${source}"`,
  };
}

/** Few enough that no "billion laughs" fits, enough for any delivery that people write. */
const mostAliases = 1_000;

function plainData(document: Document): { ok: true; value: unknown } | { ok: false; refusal: Refusal } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: mostAliases }) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const help = "write the parts out, or repeat fewer of them";
    return { ok: false, refusal: { code: "wrong-yaml", message: error.message, path: [], related: [], help } };
  }
}

const deliveryKeys = [
  "$schema",
  "version",
  "name",
  "variables",
  "parameters",
  "environments",
  "pipelines",
  "notices",
] as const;

function readTopLevel(written: unknown): { form: DeliveryForm; refusals: Refusal[] } {
  const reader = new FormReader();
  const top: Form = reader.object(written, [], deliveryKeys);
  if (top.version !== undefined && top.version !== 1) {
    reader.refuse("unknown-version", ["version"], {
      message: `this definition has version ${JSON.stringify(top.version)}`,
      help: "this Baton reads version 1",
    });
  }
  reader.string(top.$schema, ["$schema"]);
  const named = (key: "parameters" | "environments" | "pipelines") => {
    const entries = reader.entries(top[key], [key]);
    return namedForms(entries.map(([name, form]) => ({ name, form })));
  };
  const form = {
    name: top.name,
    variables: top.variables,
    notices: top.notices,
    parameters: named("parameters"),
    environments: named("environments"),
    pipelines: named("pipelines"),
  };
  return { form, refusals: reader.refusals };
}

/** Follows keys from the root; where they end, what was reached last counts. */
function placeFinder(document: Document.Parsed, place: (offset: number) => DefinitionPlace): FindPlace {
  return (path, part = "content") => {
    let node: unknown = document.contents;
    let offset = (document.contents as ParsedNode | null)?.range[0] ?? 0;
    for (const key of path) {
      const holder = isAlias(node) ? node.resolve(document) : node;
      // Where one may be written without a list.
      if (isMap(holder) && key === 0) continue;
      if (isMap(holder)) {
        const pair = holder.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key);
        if (!pair) break;
        node = pair.value;
        offset = startOf(part === "content" && isScalar(node) ? node : pair.key) ?? offset;
      } else if (isSeq(holder) && typeof key === "number" && key < holder.items.length) {
        node = holder.items[key];
        offset = startOf(node) ?? offset;
      } else break;
    }
    return place(offset);
  };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

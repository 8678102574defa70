/** One file of a module as expressions, whichever way it is spelled. What cannot be read is told, and the rest is still read. */

import type { Place, SourceFile } from "../../../../../findings/source.ts";
import { parseJson } from "../../tree/json.ts";
import type { SyntaxProblem } from "../../tree/node.ts";
import type { Expression, Item, ObjectExpression } from "./expression.ts";
import type { HclParser } from "./parser.ts";
import { HclReader } from "./read-hcl.ts";
import { readJson } from "./read-json.ts";
import { type Section, sectionsOf } from "./sections.ts";
import { problemIn } from "./syntax-problem.ts";

export interface ReadFile {
  readonly source: SourceFile;
  readonly root: ObjectExpression;
  /** The first place that cannot be read. Without one, `root` is all that the file says. */
  readonly problem: SyntaxProblem | undefined;
}

export function readFile(source: SourceFile, parser: HclParser): ReadFile {
  if (source.path.endsWith(".json")) return readJsonFile(source, parser);
  const whole = readPart(source, { start: 0, end: source.text.length }, parser);
  if (!whole.isBroken) return { source, root: whole.root, problem: whole.problem };
  let problem: SyntaxProblem | undefined;
  const roots: ObjectExpression[] = [];
  const sections = sectionsOf(source.text);
  for (let i = 0; i < sections.length; ) {
    const { part, count } = readTogether(source, sections.slice(i, i + MOST_TOGETHER), parser);
    problem ??= part.problem;
    if (!part.isBroken) roots.push(part.root);
    i += count;
  }
  // Each section is right by itself, and together they are not.
  problem ??= whole.problem;
  return { source, root: joined(roots, whole.root), problem };
}

/** A text inside of a block may look like the beginning of another one: as many sections make one block at most. */
const MOST_TOGETHER = 6;

/** The first section, with as many of the next as it takes to make sense of it. */
function readTogether(
  source: SourceFile,
  sections: readonly Section[],
  parser: HclParser,
): { part: Part; count: number } {
  const start = sections[0]!.start;
  for (const [i, { end }] of sections.entries()) {
    const part = readPart(source, { start, end }, parser);
    if (!part.isBroken) return { part, count: i + 1 };
  }
  return { part: readPart(source, sections[0]!, parser), count: 1 };
}

interface Part {
  readonly root: ObjectExpression;
  readonly problem: SyntaxProblem | undefined;
  readonly isBroken: boolean;
}

function readPart(
  source: SourceFile,
  { start, end }: { readonly start: number; readonly end: number },
  parser: HclParser,
): Part {
  const parsed = source.text.slice(start, end);
  const at = { source, start, end };
  const tree = parser.parse(parsed);
  if (!tree || tree.isBroken) {
    const problem = tree
      ? problemIn(tree.root, { source, offset: start })
      : { message: "too much in it makes no sense", at: { ...at, end: Math.min(start + 1, end) } };
    return { root: { kind: "object", items: [], at }, problem, isBroken: true };
  }
  const reader = new HclReader({
    text: parsed,
    place: (from, to) => ({ source, start: start + from, end: start + to }),
    isVerbatim: true,
  });
  return { root: reader.file(tree.root), problem: reader.problem, isBroken: false };
}

/** The blocks of one type that several sections have are one list. */
function joined(roots: readonly ObjectExpression[], whole: ObjectExpression): ObjectExpression {
  const items = new Map<string, Item>();
  for (const item of roots.flatMap((root) => root.items)) {
    const name = String(item.key.kind === "literal" ? item.key.value : "");
    const known = items.get(name);
    const [before, more] = [known?.value, item.value];
    items.set(
      name,
      before?.kind === "tuple" && more.kind === "tuple"
        ? { ...item, value: { ...before, items: [...before.items, ...more.items] } }
        : (known ?? item),
    );
  }
  return { kind: "object", items: [...items.values()], at: whole.at };
}

function readJsonFile(source: SourceFile, parser: HclParser): ReadFile {
  const parsed = parseJson(source);
  const at = { source, start: 0, end: source.text.length };
  if (!parsed.ok) return { source, root: { kind: "object", items: [], at }, problem: parsed.problem };
  const root = readJson(parsed.root, parser);
  const items = root.kind === "object" ? root.items : [];
  return { source, root: { kind: "object", items, at }, problem: undefined };
}

/** An expression in a text of its own, at the place of what holds it. */
export function readExpression(
  text: string,
  { at, parser }: { readonly at: Place; readonly parser: HclParser },
): Expression {
  const parsed = `x = ${text}\n`;
  const tree = parser.parse(parsed);
  if (!tree || tree.isBroken) return { kind: "unreadable", at };
  const [item] = new HclReader({ text: parsed, place: () => at, isVerbatim: false }).file(tree.root).items;
  return item?.value ?? { kind: "unreadable", at };
}

/** Scripts of steps as commands one can look up in tables: prefixes removed, local variables filled in, folders followed. */

import type { Key, KeyPart } from "../facts/access.ts";
import { lineStarts, type Place, positionOf } from "../findings/source.ts";
import type { ScriptText } from "./script-text.ts";
import { HOLE_MARK, type MarkedText, readShell, type ShellCommand } from "./shell.ts";
import { prefixes } from "./tables/prefixes.ts";
import { keyText, leadingText, mergeText, textKey, type Word } from "./words.ts";
import { WorkingDirectories } from "./working-directories.ts";

export interface Command {
  /** The program as written, without what only wraps it (`sudo`, `npx`, `poetry run`). */
  readonly words: readonly Word[];
  /** The last part of the program's path; undefined where the program is not known. */
  readonly program: string | undefined;
  /** Folder changes in the script before this command, from where the step starts. */
  readonly folder: Key;
  /** Variables set for this command alone. */
  readonly environment: ReadonlyMap<string, Key>;
  readonly redirects: ShellCommand["redirects"];
  readonly documents: readonly Key[];
  /** Whether it stands in a branch or a loop, so that it does not always run. */
  readonly conditional: boolean;
  /** The text it begins in. */
  readonly text: ScriptText;
  readonly at: Place;
}

/** What is known of the variables of a script before it runs. */
export interface KnownVariables {
  /** Those whose values are known. */
  readonly values: ReadonlyMap<string, Key>;
  /** Those that hold the root of the checkout. */
  readonly roots: ReadonlySet<string>;
}

/** All commands of texts that one shell runs, in the order in which they are written. */
export function readScript(texts: readonly ScriptText[], { values, roots }: KnownVariables): Command[] {
  const marked = mark(texts);
  const places = new ScriptPlaces(marked);
  const commands = readShell(marked.script);
  const locals = localVariables(commands, values);
  const result: Command[] = [];
  const workingDirectories = new WorkingDirectories(roots);
  let nesting = 0;
  for (const command of commands) {
    const filled = command.words.map((word) => ({ ...word, key: fill(word.key, locals) }));
    const { words, opened, environment } = strip(filled, nesting);
    nesting = Math.max(0, opened);
    if (words.length === 0) continue;
    const name = keyText(words[0]!.key);
    const program = name?.slice(name.lastIndexOf("/") + 1);
    if (program === "cd" || program === "pushd" || program === "popd") {
      workingDirectories[program](command.shell, words[1]?.key ?? []);
      continue;
    }
    const folder = workingDirectories.of(command.shell);
    for (const { name, value } of command.assignments) environment.set(name, fill(value.key, locals));
    const { text, at } = places.of(words[0]!.start, command.end);
    const redirects = command.redirects.map(({ operator, target }) => ({
      operator,
      target: { ...target, key: fill(target.key, locals) },
    }));
    const documents = command.documents.map((document) => fill(document, locals));
    result.push({ words, program, folder, environment, redirects, documents, conditional: nesting > 0, text, at });
  }
  return result;
}

interface Marked {
  readonly script: MarkedText;
  readonly texts: readonly MarkedPart[];
}

/** Where a text begins in the script. */
interface MarkedPart {
  readonly text: ScriptText;
  readonly start: number;
  /** Where the marked text and the raw text run in step: offsets in the text itself. */
  readonly anchors: readonly { readonly marked: number; readonly raw: number }[];
  /** Where its first character stands in the file, if all of it stands there as it is. */
  readonly from: number | undefined;
  /** It is a literal block, whose lines stand in the file one by one. */
  readonly isBlock: boolean;
}

function mark(texts: readonly ScriptText[]): Marked {
  const holes = new Map<number, KeyPart>();
  const pieces: string[] = [];
  const marked: MarkedPart[] = [];
  let end = 0;
  for (const text of texts) {
    if (marked.length > 0) {
      pieces.push("\n");
      end += 1;
    }
    const start = end;
    const anchors: { marked: number; raw: number }[] = [];
    let raw = 0;
    for (const part of text.parts) {
      anchors.push({ marked: end - start, raw });
      const piece = part.kind === "text" ? part.text : HOLE_MARK;
      if (part.kind === "hole") holes.set(end, part.hole);
      pieces.push(piece);
      end += piece.length;
      raw += part.kind === "text" ? part.text.length : part.length;
    }
    marked.push({ text, start, anchors, ...placeOf(text) });
  }
  return { script: { text: pieces.join(""), holes }, texts: marked };
}

function placeOf({ at, raw }: ScriptText): Pick<MarkedPart, "from" | "isBlock"> {
  const written = at.source.text.slice(at.start, at.end);
  const from = written === raw ? at.start : written.slice(1, -1) === raw ? at.start + 1 : undefined;
  return { from, isBlock: written.startsWith("|") && raw !== "" };
}

/** Finds commands again in the file. Where the text was folded or unescaped, the whole scalar is their place. */
class ScriptPlaces {
  private readonly texts: readonly MarkedPart[];

  constructor({ texts }: Marked) {
    this.texts = texts;
  }

  of(start: number, end: number): { readonly text: ScriptText; readonly at: Place } {
    const part = this.texts.findLast((each) => each.start <= start)!;
    const { text } = part;
    const from = offsetIn(part, start);
    // A command that runs on into the next text ends with its own.
    const to = offsetIn(part, end);
    const isFound = from !== undefined && to !== undefined && from <= to;
    return { text, at: isFound ? { source: text.at.source, start: from, end: to } : text.at };
  }
}

function offsetIn(part: MarkedPart, offset: number): number | undefined {
  const raw = Math.min(rawOffset(part, offset - part.start), part.text.raw.length);
  if (part.from !== undefined) return part.from + raw;
  return part.isBlock ? offsetInBlock(part.text, raw) : undefined;
}

function rawOffset({ anchors }: MarkedPart, marked: number): number {
  let low = 0;
  for (let high = anchors.length - 1; low < high; ) {
    const middle = (low + high + 1) >> 1;
    if (anchors[middle]!.marked <= marked) low = middle;
    else high = middle - 1;
  }
  const anchor = anchors[low];
  return anchor ? anchor.raw + (marked - anchor.marked) : marked;
}

/** The lines of a literal block are those below its header, with the indentation taken off. */
function offsetInBlock({ at, raw: text }: ScriptText, raw: number): number | undefined {
  const before = text.slice(0, raw);
  const row = before.split("\n").length - 1;
  const lineStart = before.lastIndexOf("\n") + 1;
  const lineEnd = text.indexOf("\n", lineStart);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  const starts = lineStarts(at.source);
  const sourceRow = positionOf(at.source, at.start).line + row;
  const sourceStart = starts[sourceRow];
  if (sourceStart === undefined) return undefined;
  const sourceLine = at.source.text.slice(sourceStart, starts[sourceRow + 1] ?? undefined).replace(/\r?\n$/, "");
  return sourceLine.endsWith(line) ? sourceStart + sourceLine.length - line.length + (raw - lineStart) : undefined;
}

/** Variables that the script itself sets, exactly once and to something of which a part is known. */
function localVariables(commands: readonly ShellCommand[], before: ReadonlyMap<string, Key>): ReadonlyMap<string, Key> {
  const values = new Map<string, Key | undefined>();
  const set = (name: string, value: Key | undefined) => values.set(name, values.has(name) ? undefined : value);
  for (const { words, assignments } of commands) {
    if (words.length === 0) for (const { name, value } of assignments) set(name, value.key);
    const program = words[0] && keyText(words[0].key);
    if (program === "for" || program === "read" || program === "select") {
      for (const word of words.slice(1)) set(keyText(word.key) ?? "", undefined);
    }
    if (!program || !declarations.has(program)) continue;
    for (const word of words.slice(1)) {
      const [, name, first] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(leadingText(word.key)) ?? [];
      if (name !== undefined) set(name, mergeText([...textKey(first ?? ""), ...word.key.slice(1)]));
    }
  }
  const known = new Map<string, Key>(before);
  for (const [name, value] of values) {
    // Whatever the script makes of it, it is not what it was.
    known.delete(name);
    if (value?.some((part) => part.kind !== "unknown")) known.set(name, fill(value, known));
  }
  return known;
}

const declarations: ReadonlySet<string> = new Set(["export", "declare", "local", "readonly", "typeset"]);

function fill(key: Key, locals: ReadonlyMap<string, Key>): Key {
  if (locals.size === 0 || !key.some((part) => part.kind === "variable")) return key;
  return mergeText(
    key.flatMap((part): readonly KeyPart[] => (part.kind === "variable" ? (locals.get(part.name) ?? [part]) : [part])),
  );
}

const opening: ReadonlySet<string> = new Set(["if", "while", "until", "for", "case", "select"]);
const closing: ReadonlySet<string> = new Set(["fi", "done", "esac"]);
const keywords: ReadonlySet<string> = new Set(["then", "do", "else", "elif", "!", "{", "}", "time", "function"]);

interface Stripped {
  readonly words: readonly Word[];
  /** Branches and loops that are open after this command. */
  readonly opened: number;
  readonly environment: Map<string, Key>;
}

/** Takes off shell keywords and programs that only run another one. */
function strip(all: readonly Word[], nesting: number): Stripped {
  let words = all;
  let opened = nesting;
  const environment = new Map<string, Key>();
  while (words.length > 0) {
    const first = keyText(words[0]!.key);
    if (first === undefined) break;
    if (opening.has(first)) {
      opened++;
      // The rest of `for` and `case` is no command; that of `if` and `while` is.
      words = first === "if" || first === "while" || first === "until" ? words.slice(1) : [];
    } else if (closing.has(first)) {
      opened--;
      words = words.slice(1);
    } else if (keywords.has(first)) words = words.slice(1);
    else {
      const rest = withoutPrefix(words, environment);
      if (rest === words) break;
      words = rest;
    }
  }
  return { words, opened, environment };
}

function withoutPrefix(words: readonly Word[], environment: Map<string, Key>): readonly Word[] {
  const texts = words.map((word) => keyText(word.key));
  for (const { words: wanted, flagsWithValue, positionals } of prefixes) {
    if (!wanted.every((word, i) => (i === 0 ? lastSegment(texts[0]) : texts[i]) === word)) continue;
    let at = wanted.length;
    for (let left = positionals ?? 0; at < words.length; at++) {
      const text = texts[at] ?? "";
      const [, name] = /^([A-Za-z_]\w*)=/.exec(leadingText(words[at]!.key)) ?? [];
      if (text === "--") {
        at++;
        break;
      }
      if (text.startsWith("-")) {
        if (flagsWithValue?.includes(text)) at++;
      } else if (wanted[0] === "env" && name !== undefined) {
        environment.set(name, dropAssignment(words[at]!.key, name));
      } else if (left-- <= 0) break;
    }
    return words.slice(at);
  }
  return words;
}

function lastSegment(text: string | undefined): string | undefined {
  return text?.slice(text.lastIndexOf("/") + 1);
}

function dropAssignment(key: Key, name: string): Key {
  const first = leadingText(key).slice(name.length + 1);
  return mergeText([...textKey(first), ...key.slice(1)]);
}

/**
 * A tolerant reader of shell scripts: which commands there are, with their words. It never fails: what it does not
 * understand it reads as words. It knows quotes, escapes, line continuations, comments, pipes, lists, subshells, command
 * substitution, here-documents, redirections and assignments; it does not expand or run anything.
 */

import type { Key, KeyPart } from "../facts/access.ts";
import { mergeText, type Word } from "./words.ts";

/** A shell that runs commands: the script's own, or one of `( … )` or `$( … )` inside of another. */
export interface Shell {
  readonly inside: Shell | undefined;
  readonly depth: number;
}

export interface ShellCommand {
  /** Program and arguments; empty for mere assignments. */
  readonly words: readonly Word[];
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly redirects: readonly { readonly operator: string; readonly target: Word }[];
  /** Bodies of here-documents, as if they were quoted. */
  readonly documents: readonly Key[];
  readonly shell: Shell;
  readonly start: number;
  readonly end: number;
}

/** Text in which holes are replaced by one mark each. */
export interface MarkedText {
  readonly text: string;
  /** Expression texts by the offset of their mark. */
  readonly holes: ReadonlyMap<number, KeyPart>;
}

/** Stands for a hole in `MarkedText`. */
export const HOLE_MARK = "\uE000";

/** Commands in the order in which they are written, those of substitutions before the command they stand in. */
export function readShell(script: MarkedText): ShellCommand[] {
  const reader = new ShellReader(script);
  reader.readUntil(script.text.length);
  return reader.commands;
}

const blank = /[ \t\r]/;
const endsWord = /[\s;&|<>()]/;
const unquotedSpecial = /[\s;&|<>()\\'"`$\uE000]/g;
const singleSpecial = /['\uE000]/g;
const doubleSpecial = /["\\$`\uE000]/g;
const name = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Substitutions in substitutions deeper than this are read as words. */
const MAX_DEPTH = 20;

class ShellReader {
  readonly commands: ShellCommand[] = [];
  private readonly script: MarkedText;
  private at = 0;
  private depth = 0;
  /** The shells that are open, the innermost last. */
  private readonly shells: Shell[] = [{ inside: undefined, depth: 0 }];
  /** What ends the substitution that is being read. */
  private closing: string | undefined;
  private words: Word[] = [];
  private assignments: ShellCommand["assignments"][number][] = [];
  private redirects: ShellCommand["redirects"][number][] = [];
  private documents: Key[] = [];
  /** Here-documents whose bodies begin on the next line, and where their text goes. */
  private pending: { readonly delimiter: string; readonly indented: boolean; readonly into: Key[] }[] = [];

  constructor(script: MarkedText) {
    this.script = script;
  }

  /** Reads commands up to an offset, or, inside of a substitution, up to its closing character. */
  readUntil(end: number, closing?: string): void {
    const { text } = this.script;
    const outer = this.closing;
    this.closing = closing;
    let subshells = 0;
    while (this.at < end) {
      const char = text[this.at]!;
      if (char === closing && (char !== ")" || subshells === 0)) break;
      switch (char) {
        case " ":
        case "\t":
        case "\r":
          this.at++;
          break;
        case "\n":
          this.endCommand();
          this.at++;
          this.readDocuments();
          break;
        case "#":
          this.skipLine();
          break;
        case "(":
        case ")":
          this.separator(char);
          // The `)` of a case's pattern closes none.
          if (char === "(") this.openShell();
          else if (subshells > 0) this.shells.pop();
          subshells = Math.max(0, subshells + (char === "(" ? 1 : -1));
          break;
        case ";":
        case "&":
        case "|":
          this.separator(char);
          break;
        case "<":
        case ">":
          this.redirect(end, "");
          break;
        default:
          if (char === "\\" && text[this.at + 1] === "\n") this.at += 2;
          else this.word(end);
      }
    }
    this.endCommand();
    this.closing = outer;
  }

  private openShell(): void {
    const inside = this.shells.at(-1)!;
    this.shells.push(inside.depth < MAX_DEPTH ? { inside, depth: inside.depth + 1 } : inside);
  }

  private separator(char: string): void {
    const { text } = this.script;
    if (char === "&" && text[this.at + 1] === ">") {
      this.at++;
      this.redirect(text.length, "&");
      return;
    }
    this.endCommand();
    this.at += text[this.at + 1] === char && char !== "(" && char !== ")" ? 2 : 1;
  }

  private skipLine(): void {
    const next = this.script.text.indexOf("\n", this.at);
    this.at = next < 0 ? this.script.text.length : next;
  }

  private endCommand(): void {
    const { words, assignments, redirects, documents } = this;
    if (words.length > 0 || assignments.length > 0) {
      const first = assignments[0]?.value ?? words[0]!;
      const last = [words.at(-1), assignments.at(-1)?.value, redirects.at(-1)?.target].filter(
        (each) => each !== undefined,
      );
      this.commands.push({
        words,
        assignments,
        redirects,
        documents,
        shell: this.shells.at(-1)!,
        start: Math.min(first.start, words[0]?.start ?? first.start),
        end: Math.max(...last.map((each) => each.end)),
      });
    }
    this.words = [];
    this.assignments = [];
    this.redirects = [];
    this.documents = [];
  }

  private redirect(end: number, before: string): void {
    const { text } = this.script;
    const operator = /^(<<<|<<-|<<|<>|<&|>>|>&|>\||<|>)/.exec(text.slice(this.at, this.at + 3))![0];
    this.at += operator.length;
    // `<(command)` is a file made of a command's output.
    if ((operator === "<" || operator === ">") && text[this.at] === "(") {
      const start = this.at - 1;
      this.at++;
      this.nested(end, ")");
      this.words.push({ key: [{ kind: "unknown", text: text.slice(start, this.at) }], start, end: this.at });
      return;
    }
    while (this.at < end && blank.test(text[this.at]!)) this.at++;
    const target = this.readWord(end);
    if (!target) return;
    if (operator === "<<" || operator === "<<-") {
      const delimiter = target.key.map((part) => (part.kind === "text" ? part.text : "")).join("");
      this.pending.push({ delimiter, indented: operator === "<<-", into: this.documents });
    } else this.redirects.push({ operator: before + operator, target });
  }

  private readDocuments(): void {
    const { text } = this.script;
    for (const { delimiter, indented, into } of this.pending.splice(0)) {
      const start = this.at;
      let bodyEnd = text.length;
      while (this.at < text.length) {
        const lineStart = this.at;
        this.skipLine();
        const line = text.slice(lineStart, this.at).replace(/\r$/, "");
        this.at = Math.min(this.at + 1, text.length);
        if ((indented ? line.replace(/^\t+/, "") : line) === delimiter) {
          bodyEnd = lineStart;
          break;
        }
      }
      into.push(this.document(start, Math.min(bodyEnd, this.at)));
    }
  }

  private document(start: number, end: number): Key {
    const reader = new ShellReader(this.script);
    reader.at = start;
    return mergeText(reader.interpolated(end, undefined));
  }

  private word(end: number): void {
    const { text } = this.script;
    const word = this.readWord(end);
    if (!word) {
      this.at++;
      return;
    }
    const next = text[this.at];
    const written = text.slice(word.start, word.end);
    // A number right before a redirection is the stream it redirects.
    if ((next === "<" || next === ">") && /^\d$/.test(written)) {
      this.redirect(end, written);
      return;
    }
    const equals = written.indexOf("=");
    const variable = equals > 0 && this.words.length === 0 ? written.slice(0, equals).replace(/\+$/, "") : "";
    if (name.test(variable)) {
      if (next === "(" && equals === written.length - 1) this.skipList(end);
      this.assignments.push({ name: variable, value: assigned(word, equals + 1) });
    } else this.words.push(word);
  }

  /** The list of `name=(a b c)`. */
  private skipList(end: number): void {
    const { text } = this.script;
    while (this.at < end && text[this.at] !== ")") {
      if (!this.readWord(end)) this.at++;
    }
    this.at++;
  }

  private readWord(end: number): Word | undefined {
    const { text, holes } = this.script;
    const start = this.at;
    const parts: KeyPart[] = [];
    while (this.at < end) {
      const char = text[this.at]!;
      const hole = char === HOLE_MARK ? holes.get(this.at) : undefined;
      if (hole !== undefined) {
        parts.push(hole);
        this.at++;
      } else if (char === "\\") {
        if (text[this.at + 1] !== "\n") parts.push({ kind: "text", text: text[this.at + 1] ?? "\\" });
        this.at += 2;
      } else if (char === this.closing || endsWord.test(char)) break;
      else if (char === "'" || char === '"') parts.push(...this.quoted(end, char));
      else if (char === "`" || char === "$") parts.push(...this.dollar(end));
      else parts.push({ kind: "text", text: this.plainRun(end, unquotedSpecial) });
    }
    this.at = Math.min(this.at, Math.max(end, start));
    return this.at === start ? undefined : { key: mergeText(parts), start, end: this.at };
  }

  private quoted(end: number, quote: "'" | '"'): KeyPart[] {
    this.at++;
    const parts: KeyPart[] = [{ kind: "text", text: "" }, ...this.interpolated(end, quote)];
    this.at++;
    return parts;
  }

  /** Text up to a closing quote, or, for a here-document, up to its end. */
  private interpolated(end: number, quote: "'" | '"' | undefined): KeyPart[] {
    const { text, holes } = this.script;
    const parts: KeyPart[] = [];
    while (this.at < end && text[this.at] !== quote) {
      const char = text[this.at]!;
      const hole = char === HOLE_MARK ? holes.get(this.at) : undefined;
      if (hole !== undefined) {
        parts.push(hole);
        this.at++;
      } else if (quote !== "'" && char === "\\") {
        const next = text[this.at + 1] ?? "";
        parts.push({ kind: "text", text: next === "\n" ? "" : /["\\$`]/.test(next) ? next : `\\${next}` });
        this.at += 2;
      } else if (quote !== "'" && (char === "$" || char === "`")) parts.push(...this.dollar(end));
      else parts.push({ kind: "text", text: this.plainRun(end, quote === "'" ? singleSpecial : doubleSpecial) });
    }
    return parts;
  }

  /** The character here and all after it that mean nothing special. */
  private plainRun(end: number, special: RegExp): string {
    const { text } = this.script;
    const start = this.at;
    special.lastIndex = start + 1;
    this.at = Math.min(special.exec(text)?.index ?? end, end);
    return text.slice(start, this.at);
  }

  /** What begins with `$` or a backquote: a variable, a substitution, or the character itself. */
  private dollar(end: number): KeyPart[] {
    const { text } = this.script;
    const start = this.at;
    const unknown = (): KeyPart[] => [{ kind: "unknown", text: text.slice(start, this.at) }];
    if (text[start] === "`") {
      this.at++;
      this.nested(end, "`");
      return unknown();
    }
    const next = text[start + 1] ?? "";
    if (next === "(") {
      this.at += 2;
      if (text[this.at] === "(") this.skipArithmetic(end);
      else this.nested(end, ")");
      return unknown();
    }
    if (next === "{") return this.braced(end);
    // PowerShell's way to the environment.
    const variable = /^\$(?:env:)?([A-Za-z_][A-Za-z0-9_]*)/i.exec(text.slice(start, start + 200));
    if (variable) {
      this.at += variable[0].length;
      return [{ kind: "variable", name: variable[1]! }];
    }
    if (/[0-9@*#?$!-]/.test(next)) {
      this.at += 2;
      return unknown();
    }
    if (next === "'") {
      this.at++;
      return this.quoted(end, "'");
    }
    this.at++;
    return [{ kind: "text", text: "$" }];
  }

  /** `${name}`, also with a default; with any other operator its value is not the variable's. */
  private braced(end: number): KeyPart[] {
    const { text } = this.script;
    const start = this.at;
    let depth = 0;
    while (this.at < end) {
      const char = text[this.at]!;
      if (char === "{") depth++;
      if (char === "}" && --depth === 0) break;
      this.at++;
    }
    this.at = Math.min(this.at + 1, end);
    const inside = /^\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::?[-?][\s\S]*)?\}$/i.exec(text.slice(start, this.at));
    if (inside) return [{ kind: "variable", name: inside[1]! }];
    return [{ kind: "unknown", text: text.slice(start, this.at) }];
  }

  private skipArithmetic(end: number): void {
    const close = this.script.text.indexOf("))", this.at);
    this.at = close < 0 || close >= end ? end : close + 2;
  }

  /** Reads the commands of a substitution, leaving the current command as it was. */
  private nested(end: number, closing: string): void {
    const { words, assignments, redirects, documents, pending } = this;
    this.words = [];
    this.assignments = [];
    this.redirects = [];
    this.documents = [];
    this.pending = [];
    const open = this.shells.length;
    this.openShell();
    if (this.depth < MAX_DEPTH) {
      this.depth++;
      this.readUntil(end, closing);
      this.depth--;
    } else {
      const close = this.script.text.indexOf(closing, this.at);
      this.at = close < 0 ? end : close;
    }
    this.at = Math.min(this.at + 1, end);
    this.words = words;
    this.assignments = assignments;
    this.redirects = redirects;
    this.documents = documents;
    this.pending = pending;
    this.shells.length = open;
  }
}

function assigned(word: Word, from: number): Word {
  const [first, ...rest] = word.key;
  const key = first?.kind === "text" ? mergeText([{ kind: "text", text: first.text.slice(from) }, ...rest]) : rest;
  return { key, start: word.start, end: word.end };
}

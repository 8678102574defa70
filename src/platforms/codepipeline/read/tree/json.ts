import type { Place, SourceFile } from "../../../../findings/source.ts";
import { MAX_DEPTH, type MapEntry, mapOf, type Node, type Parsed } from "./node.ts";

/** Parses JSON with the place of every key and value. Never throws for bad input. */
export function parseJson(source: SourceFile): Parsed {
  const reader = new JsonReader(source);
  try {
    return { ok: true, root: reader.document() };
  } catch (error) {
    if (error instanceof Unexpected) return { ok: false, problem: { message: error.message, at: error.at } };
    throw error;
  }
}

class Unexpected extends Error {
  readonly at: Place;

  constructor(message: string, at: Place) {
    super(message);
    this.at = at;
  }
}

const literals: readonly (readonly [string, boolean | null])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class JsonReader {
  private readonly source: SourceFile;
  private readonly text: string;
  private offset = 0;
  private readonly number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  private readonly string = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
  private readonly blank = /[ \t\r\n]*/y;

  constructor(source: SourceFile) {
    this.source = source;
    this.text = source.text;
  }

  document(): Node {
    const root = this.value(0);
    this.skip();
    if (this.offset < this.text.length) throw this.unexpected("text after the end of the value");
    return root;
  }

  private value(depth: number): Node {
    this.skip();
    if (depth > MAX_DEPTH) throw this.unexpected(`nested deeper than ${MAX_DEPTH} levels`);
    const start = this.offset;
    switch (this.text[start]) {
      case "{":
        return this.map(depth);
      case "[":
        return this.list(depth);
      case '"':
        return { kind: "scalar", value: this.quoted(), at: this.placeFrom(start) };
      default:
        return this.plain(start);
    }
  }

  private plain(start: number): Node {
    for (const [word, value] of literals) {
      if (!this.text.startsWith(word, start)) continue;
      this.offset += word.length;
      return { kind: "scalar", value, at: this.placeFrom(start) };
    }
    this.number.lastIndex = start;
    const written = this.number.exec(this.text)?.[0];
    if (!written) throw this.unexpected("a value was expected");
    this.offset += written.length;
    return { kind: "scalar", value: Number(written), at: this.placeFrom(start) };
  }

  private map(depth: number): Node {
    const start = this.offset++;
    const entries: MapEntry[] = [];
    for (let first = true; !this.take("}"); first = false) {
      if (!first) this.expect(",");
      this.skip();
      const keyStart = this.offset;
      if (this.text[keyStart] !== '"') throw this.unexpected("a key in double quotes was expected");
      const key = this.quoted();
      const keyAt = this.placeFrom(keyStart);
      this.expect(":");
      entries.push({ key, keyAt, value: this.value(depth + 1) });
    }
    return mapOf(entries, this.placeFrom(start));
  }

  private list(depth: number): Node {
    const start = this.offset++;
    const items: Node[] = [];
    for (let first = true; !this.take("]"); first = false) {
      if (!first) this.expect(",");
      items.push(this.value(depth + 1));
    }
    return { kind: "list", items, at: this.placeFrom(start) };
  }

  private quoted(): string {
    this.string.lastIndex = this.offset;
    const written = this.string.exec(this.text)?.[0];
    if (written === undefined) throw this.unexpected("the text in quotes has no end");
    try {
      const value: string = written.includes("\\") ? JSON.parse(written) : written.slice(1, -1);
      this.offset += written.length;
      return value;
    } catch {
      throw this.unexpected("an escape that JSON does not have");
    }
  }

  private take(sign: string): boolean {
    this.skip();
    if (this.text[this.offset] !== sign) return false;
    this.offset += 1;
    return true;
  }

  private expect(sign: string): void {
    if (!this.take(sign)) throw this.unexpected(`'${sign}' was expected`);
  }

  private skip(): void {
    this.blank.lastIndex = this.offset;
    this.offset += this.blank.exec(this.text)![0].length;
  }

  private placeFrom(start: number): Place {
    return { source: this.source, start, end: this.offset };
  }

  private unexpected(message: string): Unexpected {
    const start = Math.min(this.offset, this.text.length);
    return new Unexpected(message, { source: this.source, start, end: Math.min(start + 1, this.text.length) });
  }
}

import { suggestion } from "../../findings/nearest-name.ts";
import { parseDuration } from "../duration.ts";
import type { DefinitionPath, Refusal } from "../refusal.ts";

/**
 * Reads the written form with nothing taken for granted: node runs TypeScript without checking types, so a builder may
 * have been given anything. What has the wrong form is refused and replaced by the default, so that one mistake does
 * not hide the next.
 */
export type Form = Readonly<Record<string, unknown>>;

export class FormReader {
  readonly refusals: Refusal[] = [];

  refuse(code: string, path: DefinitionPath, words: { message: string; help: string }): void {
    this.refusals.push({ code, path, related: [], ...words });
  }

  wrongForm(path: DefinitionPath, expected: string, found: unknown, help = `write ${expected}`): void {
    this.refuse("wrong-form", path, {
      message: `${subject(path)} must be ${expected}, but it is ${kindOf(found)}`,
      help,
    });
  }

  /** An object whose keys are all known; anything else is refused and read as empty. */
  object(value: unknown, path: DefinitionPath, known: readonly string[]): Form {
    if (!isForm(value)) {
      this.wrongForm(path, "an object", value, `write an object; ${suggestion("", known, "keys")}`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      this.refuse("unknown-key", [...path, key], {
        message: `"${key}" is not a key of ${subject(path)}`,
        help: suggestion(key, known, "keys"),
      });
    }
    return value;
  }

  /** The entries of an object with names that people choose. */
  entries(value: unknown, path: DefinitionPath): [string, unknown][] {
    if (value === undefined) return [];
    if (isForm(value)) return this.#defined(Object.entries(value), path);
    this.wrongForm(path, "an object with names as keys", value);
    return [];
  }

  /** Undefined counts as empty, and one item as a list of it when `single` says so. */
  list(value: unknown, path: DefinitionPath, single: "or one" | "only" = "only"): [unknown, DefinitionPath][] {
    if (value === undefined) return [];
    if (Array.isArray(value)) {
      const items = Array.from(value, (item, index): [number, unknown] => [index, item]);
      return this.#defined(items, path).map(([index, item]) => [item, [...path, index]]);
    }
    if (single === "or one") return [[value, path]];
    this.wrongForm(path, "a list", value);
    return [];
  }

  /** Only code can give nothing where something stands: a name that is misspelt, or used before it is made. */
  #defined<Key extends string | number>(entries: [Key, unknown][], path: DefinitionPath): [Key, unknown][] {
    return entries.filter(([key, value]) => {
      if (value !== undefined) return true;
      this.refuse("wrong-form", [...path, key], {
        message: `${subject([...path, key])} is undefined`,
        help: "look for a misspelt property or import, for a name that is used above the line that makes it, or for a variable that is not set",
      });
      return false;
    });
  }

  /** `expected` says more than that it is a string. */
  string(value: unknown, path: DefinitionPath, expected = "a string"): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "string") return value;
    this.wrongForm(path, expected, value);
    return undefined;
  }

  boolean(value: unknown, path: DefinitionPath, fallback: "true" | "false"): boolean {
    if (typeof value === "boolean") return value;
    if (value !== undefined) this.wrongForm(path, "true or false", value);
    return fallback === "true";
  }

  number(value: unknown, path: DefinitionPath): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.wrongForm(path, "a number", value);
    return undefined;
  }

  /** Strings, and numbers and booleans as they print. */
  scalar(value: unknown, path: DefinitionPath): string | undefined {
    if (value === undefined) return undefined;
    if (isScalar(value)) return String(value);
    this.wrongForm(path, "a string, a number or true or false", value);
    return undefined;
  }

  strings(value: unknown, path: DefinitionPath, single: "or one" | "only" = "only"): string[] {
    // What is right, as nearly all is, needs no paths.
    if (isListOfStrings(value)) return [...value];
    return this.list(value, path, single).flatMap(([item, at]) => this.string(item, at) ?? []);
  }

  scalars(value: unknown, path: DefinitionPath): string[] {
    return this.list(value, path).flatMap(([item, at]) => this.scalar(item, at) ?? []);
  }

  scalarRecord(value: unknown, path: DefinitionPath): Record<string, string> {
    const record: Record<string, string> = {};
    for (const [key, item] of this.entries(value, path)) {
      const read = this.scalar(item, [...path, key]);
      if (read !== undefined) setOwn(record, key, read);
    }
    return record;
  }

  /** Milliseconds. */
  duration(value: unknown, path: DefinitionPath): number | undefined {
    if (value === undefined) return undefined;
    const parsed = typeof value === "string" || typeof value === "number" ? parseDuration(value) : undefined;
    // Whoever writes 30 hardly means milliseconds.
    if (typeof value === "number" && value > 0 && value < 1_000) {
      this.refuse("out-of-range", path, {
        message: `${subject(path)} is ${value} without a unit, which are milliseconds`,
        help: `write "${value}s" or "${value}m", or "${value}ms" if you mean it`,
      });
    }
    if (parsed !== undefined) return parsed;
    this.wrongForm(path, 'a duration such as "90s", "10m" or "1h30m", or a number of milliseconds', value);
    return undefined;
  }

  /** One of a few words; undefined stays undefined. */
  word<const Word extends string>(value: unknown, path: DefinitionPath, words: readonly Word[]): Word | undefined {
    if (value === undefined) return undefined;
    const known = words.find((word) => word === value);
    if (known !== undefined) return known;
    if (typeof value === "string") {
      this.refuse("unknown-word", path, {
        message: `${subject(path)} cannot be "${value}"`,
        help: suggestion(value, words, "words"),
      });
    } else this.wrongForm(path, `one of ${words.map((name) => `"${name}"`).join(", ")}`, value);
    return undefined;
  }
}

/** What must be written: when it is not, that is what the refusal says. */
export function must(value: unknown): unknown {
  return value === undefined ? missing : value;
}

const missing = Symbol("missing");

export function isForm(value: unknown): value is Form {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isScalar(value: unknown): value is string | number | boolean {
  return (
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  );
}

/** Without holes, which only code can leave. */
function isListOfStrings(value: unknown): value is string[] {
  if (!Array.isArray(value)) return false;
  for (let at = 0; at < value.length; at++) if (typeof value[at] !== "string") return false;
  return true;
}

/** Sets a key of any name, `__proto__` too, as an own property. */
export function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  if (key !== "__proto__") record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

function subject(path: DefinitionPath): string {
  const names = path.filter((key) => typeof key === "string");
  const last = names.at(-1);
  if (last === undefined) return "the delivery";
  return path.at(-1) === last ? `"${last}"` : `an entry of "${last}"`;
}

function kindOf(value: unknown): string {
  if (value === null) return "empty";
  if (value === undefined || value === missing) return "missing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return value === "" ? "an empty string" : `the string "${value.slice(0, 40)}"`;
  if (typeof value === "object") {
    const keys = Object.keys(value).slice(0, 8);
    return keys.length === 0 ? "an object without keys" : `an object with ${keys.map((key) => `"${key}"`).join(", ")}`;
  }
  if (typeof value === "function") return "a function";
  return `the ${typeof value} ${String(value)}`;
}

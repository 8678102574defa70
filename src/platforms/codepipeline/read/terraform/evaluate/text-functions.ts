/** Functions of texts and numbers. Those that put texts together keep what is open in them. */

import type { KeyPart } from "../../../../../facts/access.ts";
import type { Node } from "../../tree/node.ts";
import { joined } from "../../values.ts";
import { type Given, plainValues, type TerraformFunction, valuesOf } from "./given.ts";
import { asText, isHole, isTooLong, list, node, type Plain, pieces, textOf, unknown } from "./values.ts";

/** A function of known values. It gives undefined for what it does not take. */
function ofPlain(calculate: (...values: readonly never[]) => Plain | undefined): TerraformFunction {
  return (given) => {
    const values = plainValues(given);
    if (!values || values === "unknown") return values && unknown(given.at);
    const result = (calculate as (...all: readonly Plain[]) => Plain | undefined)(...values);
    return result === undefined || (typeof result === "number" && Number.isNaN(result))
      ? undefined
      : node(result, given.at);
  };
}

function ofTexts(calculate: (...texts: readonly string[]) => Plain | undefined): TerraformFunction {
  return ofPlain((...values) => {
    const texts = (values as readonly Plain[]).map((value) =>
      value === null || typeof value === "object" ? undefined : String(value),
    );
    return texts.includes(undefined) ? undefined : calculate(...(texts as string[]));
  });
}

function ofNumbers(calculate: (...numbers: readonly number[]) => Plain | undefined): TerraformFunction {
  return ofTexts((...texts) => {
    const numbers = texts.map(Number);
    return numbers.some(Number.isNaN) ? undefined : calculate(...numbers);
  });
}

/** Texts put together, unless it becomes too long. */
function together(parts: readonly KeyPart[], given: Given): Node {
  return isTooLong(parts) ? unknown(given.at) : textOf(joined(parts), given.at);
}

function join(given: Given): Node | undefined {
  const values = valuesOf(given);
  if (!values) return undefined;
  const [separator, ...lists] = values;
  const between = separator && pieces(separator);
  if (!between) return undefined;
  const items: Node[] = [];
  for (const each of lists) {
    if (isHole(each) || (each.kind === "list" && each.partial)) return unknown(given.at);
    if (each.kind !== "list") return undefined;
    items.push(...each.items);
  }
  const parts = items.map(pieces);
  if (parts.some((part) => part === undefined)) return undefined;
  return together(
    parts.flatMap((part, i) => (i === 0 ? part! : [...between, ...part!])),
    given,
  );
}

/** `%s`, `%d`, `%v` and `%%`; any other verb is as good as unknown. */
function format(given: Given): Node | undefined {
  const values = valuesOf(given);
  const template = asText(values?.[0]);
  if (!values || template === undefined) return values && unknown(given.at);
  const parts: KeyPart[] = [];
  let from = 0;
  let next = 1;
  for (const match of template.matchAll(/%(?:%|(0?\d*)([a-zA-Z]))/g)) {
    parts.push({ kind: "text", text: template.slice(from, match.index) });
    from = match.index + match[0].length;
    const [verb, width, letter] = match;
    if (verb === "%%") parts.push({ kind: "text", text: "%" });
    else {
      const value = values[next++];
      const written = value && pieces(value);
      if (!written || !/^[sdv]$/.test(letter!)) return value ? unknown(given.at) : undefined;
      parts.push(...padded(written, width!));
    }
  }
  return together([...parts, { kind: "text", text: template.slice(from) }], given);
}

function padded(written: readonly KeyPart[], width: string): readonly KeyPart[] {
  const [only] = written;
  if (width === "" || written.length !== 1 || only?.kind !== "text") return written;
  return [{ kind: "text", text: only.text.padStart(Math.min(Number(width), 100), width.startsWith("0") ? "0" : " ") }];
}

/** `/pattern/` is a pattern in Go's syntax, which JavaScript mostly shares. */
function replaced(text: string, wanted: string, by: string): string | undefined {
  if (wanted.length < 2 || !wanted.startsWith("/") || !wanted.endsWith("/")) return text.replaceAll(wanted, () => by);
  const pattern = patternOf(wanted.slice(1, -1), "g");
  return pattern && text.replace(pattern, by.replace(/\$\{(\w+)\}/g, "$$$1"));
}

function patternOf(text: string, flags: string): RegExp | undefined {
  // Patterns that could take for ever are not tried: repetition of what repeats.
  if (/[+*}]\)?[+*{]/.test(text) || text.length > 200) return undefined;
  try {
    return new RegExp(text.replace(/\(\?P</g, "(?<"), flags);
  } catch {
    return undefined;
  }
}

function matched(text: string, pattern: string): Plain | undefined {
  const found = text.length > 10_000 ? undefined : patternOf(pattern, "")?.exec(text);
  if (!found) return undefined;
  if (found.groups) return { ...found.groups };
  return found.length > 1 ? found.slice(1).map((group) => group ?? null) : found[0];
}

const trimmed = (text: string, signs: string): string => {
  const isSign = (sign: string | undefined) => sign !== undefined && signs.includes(sign);
  let [from, to] = [0, text.length];
  while (from < to && isSign(text[from])) from++;
  while (to > from && isSign(text[to - 1])) to--;
  return text.slice(from, to);
};

export const textFunctions: Readonly<Record<string, TerraformFunction>> = {
  join,
  format,
  formatlist: (given) => {
    const values = plainValues(given);
    if (!values || values === "unknown") return values && unknown(given.at);
    const rows = Math.max(...values.slice(1).map((value) => (Array.isArray(value) ? value.length : 1)));
    if (!Number.isFinite(rows)) return undefined;
    const made = Array.from({ length: rows }, (_, row) =>
      format({
        ...given,
        value: (i) => {
          const value = values[i];
          return value === undefined ? undefined : node(Array.isArray(value) ? (value[row] ?? "") : value, given.at);
        },
      }),
    );
    return made.includes(undefined) ? undefined : list(made as Node[], given.at);
  },
  lower: ofTexts((text) => text?.toLowerCase()),
  upper: ofTexts((text) => text?.toUpperCase()),
  title: ofTexts((text) => text?.replace(/\b\w/g, (letter) => letter.toUpperCase())),
  trim: ofTexts((text = "", signs = "") => trimmed(text, signs)),
  trimspace: ofTexts((text) => text?.trim()),
  trimprefix: ofTexts((text = "", start = "") => (text.startsWith(start) ? text.slice(start.length) : text)),
  trimsuffix: ofTexts((text = "", end = "") => (end !== "" && text.endsWith(end) ? text.slice(0, -end.length) : text)),
  chomp: ofTexts((text) => text?.replace(/[\r\n]+$/, "")),
  indent: ofTexts((spaces = "0", text = "") =>
    text.replaceAll("\n", `\n${" ".repeat(Math.min(Number(spaces) || 0, 100))}`),
  ),
  strrev: ofTexts((text) => [...(text ?? "")].reverse().join("")),
  startswith: ofTexts((text = "", start = "") => text.startsWith(start)),
  endswith: ofTexts((text = "", end = "") => text.endsWith(end)),
  strcontains: ofTexts((text = "", part = "") => text.includes(part)),
  substr: ofTexts((text = "", from = "0", count = "0") => {
    const start = Number(from) < 0 ? text.length + Number(from) : Number(from);
    return Number(count) < 0 ? text.slice(start) : text.slice(start, start + Number(count));
  }),
  replace: ofTexts((text = "", wanted = "", by = "") => replaced(text, wanted, by)),
  split: ofTexts((separator = "", text = "") => text.split(separator)),
  regex: ofTexts((pattern = "", text = "") => matched(text, pattern)),
  basename: ofTexts((path) => path?.replace(/\/+$/, "").split("/").at(-1)),
  dirname: ofTexts((path = "") => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".")),
  base64encode: ofTexts((text = "") => Buffer.from(text).toString("base64")),
  base64decode: ofTexts((text = "") => Buffer.from(text, "base64").toString("utf8")),
  urlencode: ofTexts((text) => encodeURIComponent(text ?? "")),
  abs: ofNumbers((number = 0) => Math.abs(number)),
  ceil: ofNumbers((number = 0) => Math.ceil(number)),
  floor: ofNumbers((number = 0) => Math.floor(number)),
  max: ofNumbers((...numbers) => Math.max(...numbers)),
  min: ofNumbers((...numbers) => Math.min(...numbers)),
  pow: ofNumbers((base = 0, power = 0) => base ** power),
  parseint: ofTexts((text = "", base = "10") => Number.parseInt(text, Number(base))),
};

import { clean } from "./clean-text.ts";

/** Everything a secret may look like in output. */
export interface SecretForms {
  plain: string[];
  /** Base64 and hexadecimal, which programs break into lines anywhere. */
  wrapped: string[];
}

/**
 * Shorter pieces than this are not looked for: they would blot out ordinary words. It holds for single lines of a secret
 * of many lines and for encodings; a whole value is looked for whatever its length, even when that makes a log hard to read.
 */
export const SHORTEST_PIECE = 4;

/** The forms in which `value` (not empty) must not be shown: as it is, line by line, and as usual encoders write it. */
export function secretForms(value: string): SecretForms {
  const whole = value.toWellFormed();
  const lines = whole.split(/\r\n?|\n/);
  const pieces = new Set([whole, ...lines, ...lines.map((line) => line.trim()), whole.trim()]);
  const plain = new Set<string>();
  const wrapped = new Set<string>();
  for (const piece of pieces) {
    if (piece !== whole && piece.length < SHORTEST_PIECE) continue;
    // Output is cleaned before it is searched, so what is looked for must be cleaned too.
    add(plain, clean(piece), piece === whole ? 1 : SHORTEST_PIECE);
    for (const form of textForms(piece)) add(plain, form, SHORTEST_PIECE);
    const bytes = Buffer.from(piece);
    for (const form of base64Forms(bytes)) add(wrapped, form, SHORTEST_PIECE);
    for (const form of hexForms(bytes)) add(wrapped, form, 2 * SHORTEST_PIECE);
  }
  return { plain: [...plain], wrapped: [...wrapped] };
}

function add(forms: Set<string>, form: string, shortest: number): void {
  if (form.length >= shortest) forms.add(form);
}

/**
 * What percent-encoders leave as it is beside letters, digits and `-_.~`: curl, jq and Go's query; Python; Go's path;
 * encodeURIComponent; encodeURI; and, of the URL standard, the query, the path, the user and the form.
 */
const LEFT_BY_ENCODERS = [
  "",
  "/",
  "$&+=:@",
  "!'()*",
  "!'()*$&+,/:;=?@#",
  "!$%&()*+,/:;=?@[\\]^`{|}",
  "!$%&'()*+,/:;=?@[\\]^`{|}",
  "!$%&'()*+,/:;=@[\\]^|",
  "!$%&'()*+,",
  "*",
];

function percentForms(text: string): string[] {
  return LEFT_BY_ENCODERS.flatMap((left) => {
    const form = text.replace(/[^\w.~-]+/g, (run) =>
      [...run].map((char) => (left.includes(char) ? char : percent(char))).join(""),
    );
    return [form, form.replace(/%20/g, "+")].flatMap((each) => [each, lowerHex(each)]);
  });
}

function percent(char: string): string {
  return Buffer.from(char).toString("hex").toUpperCase().replace(/../g, "%$&");
}

function textForms(text: string): string[] {
  const forms = percentForms(text);
  // The form encoding of the URL standard is alone in encoding the tilde.
  const form = new URLSearchParams([["", text]]).toString().slice(1);
  forms.push(form, lowerHex(form));
  const json = JSON.stringify(text).slice(1, -1);
  const asciiJson = json.replace(/[^ -~]/g, unicodeEscape);
  for (const form of [json, asciiJson]) {
    forms.push(form, form.replace(/\//g, "\\/"), form.replace(/[<>&]/g, unicodeEscape));
    forms.push(form.replace(/[<>&']/g, unicodeEscape));
  }
  forms.push(...shellForms(text));
  return forms;
}

function shellForms(text: string): string[] {
  return [
    text.replace(/'/g, "'\\''"),
    text.replace(/'/g, `'"'"'`),
    text.replace(/[\\"$`]/g, "\\$&"),
    text.replace(/[\\"$`!]/g, "\\$&"),
    // printf %q of bash: a backslash before everything that is special to it
    text.replace(/[^A-Za-z0-9_@%+=:,./~^#\-\u0080-\uffff]/g, "\\$&").replace(/^[~#]/, "\\$&"),
    text.replace(/[^A-Za-z0-9_@%+=:./-]/g, "\\$&"),
    ansiQuoted(text),
  ];
}

/** The inside of `$'...'`, as bash writes values with control characters, in its traces as well. */
function ansiQuoted(text: string): string {
  const named: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "'": "\\'" };
  Object.assign(named, { "\x07": "\\a", "\b": "\\b", "\x1b": "\\E", "\f": "\\f", "\v": "\\v" });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped.
  return text.replace(/[\x00-\x1f\x7f\\']/g, (char) => named[char] ?? octal(char));
}

function octal(char: string): string {
  return `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function lowerHex(form: string): string {
  return form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

/**
 * Base64 of a text that holds the bytes somewhere: at each of the three offsets the characters that depend on these bytes
 * alone, and the whole ending where the bytes are the last. Both alphabets.
 */
function base64Forms(bytes: Buffer): string[] {
  const forms: string[] = [];
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const unpadded = encoded.replace(/=+$/, "");
    forms.push(encoded.slice(start, end), unpadded.slice(start), encoded.slice(start));
  }
  return forms.flatMap((form) => [form, form.replace(/\+/g, "-").replace(/\//g, "_")]);
}

/** As `xxd -p`, `od -tx1`, `openssl` and `xxd` write them. */
function hexForms(bytes: Buffer): string[] {
  const digits = bytes.toString("hex");
  const forms = [digits, separated(digits, 2, " "), separated(digits, 2, ":"), separated(digits, 4, " ")];
  return forms.flatMap((form) => [form, form.toUpperCase()]);
}

function separated(digits: string, each: number, by: string): string {
  return digits.match(new RegExp(`.{1,${each}}`, "g"))?.join(by) ?? "";
}

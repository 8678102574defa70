/**
 * The one way to the terminal. Text comes from jobs, git, definitions and people, and a terminal obeys what is in it; so
 * whatever is printed goes through here, and of Baton's own only colours come out as more than characters. Those travel as
 * marks, which no text that people type contains, and become escape sequences here.
 */
export interface GateOptions {
  /** Whether the stream is shown with colours. */
  colours: boolean;
}

/** More of a line than this is never shown, in UTF-16 code units; a job's log lines are shorter. */
export const LONGEST_SHOWN = 20_000;

const OPEN = "\ufdd0";
const CLOSE = "\ufdd1";
const MARK = /\ufdd0([0-9;:]*)\ufdd1/g;
const STRAY = /[\ufdd0\ufdd1]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys, or what turns the order of a line around.
const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
const LINE_END = /\r\n?|\n|[\u2028\u2029]/g;
const PLAIN = /^[\x20-\x7e]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const SGR = /\x1b\[([0-9;:]*)m/g;

/** A mark for the parameters of an SGR sequence, `31` for red. */
export function colourMark(codes: string): string {
  return OPEN + codes + CLOSE;
}

/** Lets the colours through that a program gave its own output. For the output of jobs alone. */
export function ownColours(text: string): string {
  return text.includes("\x1b") ? text.replace(SGR, (_, codes: string) => colourMark(codes)) : text;
}

/** As it will stand on one line, with marks: what a terminal would obey is shown as `�`, the end of a line as `⏎`. */
export function onOneLine(text: string): string {
  return PLAIN.test(text) ? text : text.replace(LINE_END, "⏎").replace(OBEYED, "\ufffd");
}

/** Without marks too: what takes columns. */
export function withoutMarks(text: string): string {
  return onOneLine(text).replace(MARK, "").replace(STRAY, "");
}

/** Each of the texts is one line of the result. */
export function gatedLines(lines: readonly string[], options: GateOptions): string {
  return lines.map((line) => `${gatedLine(line, options)}\n`).join("");
}

export function gatedLine(line: string, { colours }: GateOptions): string {
  if (line.length <= LONGEST_SHOWN && PLAIN.test(line)) return line;
  const text = cut(onOneLine(line));
  if (!text.includes(OPEN)) return text.replace(STRAY, "");
  const open = new Set<string>();
  const shown = text.replace(MARK, (_, codes: string) => {
    const kept = colours ? keepOpen(codes, open) : "";
    return kept === "" ? "" : `\x1b[${kept}m`;
  });
  return shown.replace(STRAY, "") + (open.size > 0 ? "\x1b[0m" : "");
}

/** For programs: characters that a terminal obeys are written as JSON escapes, so that the document means the same. */
export function gatedJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0\ufdd1]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function cut(line: string): string {
  if (line.length <= LONGEST_SHOWN) return line;
  const kept = line.slice(0, LONGEST_SHOWN).toWellFormed();
  return `${kept}… (${line.length} characters)`;
}

/** Notes what the parameters of a sequence turn on and off, and returns those that may be shown: text is never hidden. */
function keepOpen(codes: string, open: Set<string>): string {
  const kept: string[] = [];
  const list = codes === "" ? ["0"] : codes.split(";");
  for (let at = 0; at < list.length; at++) {
    const [kind = ""] = list[at]!.split(":");
    // An extended colour: `38;5;N`, `38;2;R;G;B`.
    const more = /^[345]8$/.test(list[at]!) ? (list[at + 1] === "2" ? 4 : 2) : 0;
    const parameters = list.slice(at, at + 1 + more);
    at += more;
    if (HIDDEN.test(kind)) continue;
    kept.push(...parameters);
    const ended = ENDED_BY[kind];
    if (kind === "" || Number(kind) === 0) open.clear();
    else if (ended === undefined) open.add(ENDS[kind] ?? (/^(?:4|10)./.test(kind) ? "49" : "39"));
    else open.delete(kind);
  }
  return kept.join(";");
}

const HIDDEN = /^0*8$/;
/** By the code that turns something on, the one that turns it off; colours are told by their numbers. */
const ENDS: Readonly<Record<string, string>> = {
  1: "22",
  2: "22",
  3: "23",
  4: "24",
  5: "25",
  6: "25",
  7: "27",
  9: "29",
  21: "24",
  53: "55",
};
const ENDED_BY: Readonly<Record<string, true>> = Object.fromEntries(
  ["22", "23", "24", "25", "27", "28", "29", "39", "49", "55", "59"].map((code) => [code, true]),
);

/**
 * Where in a shell script a value stands, so that a variable can be put there without its content ever being read as
 * code or split into words.
 *
 *     plain ──'──> single      plain ──$'──> ansi      double ──$(──> plain (nested)
 *     plain ──"──> double      plain ──$((──> arithmetic               ──)──> back to double
 *     plain ──<<WORD──> heredoc, from the next line to the line WORD
 */
export interface ShellScan {
  /** Innermost last. */
  readonly nesting: Frame[];
  /** Here-documents announced on this line; their text begins on the next. */
  readonly pending: Heredoc[];
  /** The here-document we are in. */
  heredoc: Heredoc | undefined;
  /** Text of the current line, for the end of a here-document. */
  line: string;
  /** The character before begins a word (start, blank or operator): `#` is a comment only there. */
  atWordStart: boolean;
  escaped: boolean;
  /** A `case` inside `"$(…)"`: its `)` look like the end of the substitution. */
  lost: boolean;
}

type Frame = "plain" | "single" | "double" | "ansi" | "backtick" | "arithmetic" | "expansion" | "comment";

interface Heredoc {
  word: string;
  quoted: boolean;
  stripTabs: boolean;
}

export type HolePlace =
  | { insert: (variable: string) => string }
  /** A variable here would not be filled in, or would be read as code. */
  | { refused: string };

export function startScan(): ShellScan {
  return {
    nesting: ["plain"],
    pending: [],
    heredoc: undefined,
    line: "",
    atWordStart: true,
    escaped: false,
    lost: false,
  };
}

/** How a variable is written at the place that the scan has reached. */
export function holeAt(scan: ShellScan): HolePlace {
  if (scan.heredoc) {
    if (scan.heredoc.quoted) return { refused: `it stands in the quoted here-document ${scan.heredoc.word}` };
    if (/\$[({]|`/.test(scan.line)) return { refused: "it stands in a substitution inside a here-document" };
    return { insert: (name) => `\${${name}}` };
  }
  if (scan.lost) return { refused: 'it stands after a case inside "$(...)"' };
  const frame = scan.nesting.at(-1)!;
  switch (frame) {
    case "plain":
      return { insert: (name) => `"$${name}"` };
    case "double":
      return { insert: (name) => `\${${name}}` };
    case "single":
      return { insert: (name) => `'"$${name}"'` };
    case "ansi":
      return { insert: (name) => `'"$${name}"$'` };
    case "comment":
      return { insert: (name) => `$${name}` };
    case "backtick":
      return { refused: "it stands between backticks; write $(...) instead" };
    case "arithmetic":
      return { refused: "it stands in $((...)), where a shell reads a value as code" };
    case "expansion":
      return { refused: "it stands in a parameter expansion" };
    default:
      return frame satisfies never;
  }
}

/** Reads on through `text`. */
export function scanShell(scan: ShellScan, text: string): void {
  let index = 0;
  while (index < text.length) index += scan.heredoc ? readHeredoc(scan, text, index) : readCode(scan, text, index);
}

/** What a hole leaves behind: some characters of a word. */
export function scanHole(scan: ShellScan): void {
  scan.atWordStart = false;
  scan.line += "\0";
}

function readHeredoc(scan: ShellScan, text: string, index: number): number {
  const end = text.indexOf("\n", index);
  if (end === -1) {
    scan.line += text.slice(index);
    return text.length - index;
  }
  const line = scan.line + text.slice(index, end);
  scan.line = "";
  const { word, stripTabs } = scan.heredoc!;
  if ((stripTabs ? line.replace(/^\t+/, "") : line) === word) nextHeredoc(scan);
  return end + 1 - index;
}

function nextHeredoc(scan: ShellScan): void {
  scan.heredoc = scan.pending.shift();
  scan.line = "";
  scan.atWordStart = true;
}

/** Reads one token of code; returns its length. */
function readCode(scan: ShellScan, text: string, index: number): number {
  const char = text[index]!;
  const frame = scan.nesting.at(-1)!;
  if (scan.escaped) {
    scan.escaped = false;
    scan.atWordStart = char === "\n";
    return 1;
  }
  if (char === "\n") return readLineEnd(scan, frame);
  switch (frame) {
    case "comment":
      return 1;
    case "single":
      if (char === "'") scan.nesting.pop();
      return 1;
    case "ansi":
      if (char === "\\") scan.escaped = true;
      else if (char === "'") scan.nesting.pop();
      return 1;
    case "double":
      if (char === '"') return close(scan);
      return readExpansion(scan, text, index) ?? readBackslash(scan, char);
    case "backtick":
      if (char === "`") return close(scan);
      return readBackslash(scan, char);
    case "arithmetic":
      if (text.startsWith("))", index)) {
        close(scan);
        return 2;
      }
      return readExpansion(scan, text, index) ?? 1;
    case "expansion":
      if (char === "}") return close(scan);
      return readQuote(scan, char) ?? readExpansion(scan, text, index) ?? readBackslash(scan, char);
    case "plain":
      return readPlain(scan, text, index);
    default:
      return frame satisfies never;
  }
}

function readLineEnd(scan: ShellScan, frame: Frame): number {
  if (frame === "comment") scan.nesting.pop();
  scan.atWordStart = true;
  const inCode = scan.nesting.at(-1) === "plain";
  if (inCode && scan.pending.length > 0) nextHeredoc(scan);
  return 1;
}

function readPlain(scan: ShellScan, text: string, index: number): number {
  const char = text[index]!;
  if (char === "#" && scan.atWordStart) return open(scan, "comment");
  if (scan.atWordStart && scan.nesting.includes("double") && /^case\s/.test(text.slice(index))) scan.lost = true;
  const heredoc = readHeredocStart(scan, text, index);
  if (heredoc !== undefined) return heredoc;
  if (text.startsWith("<<<", index)) return 3;
  if (text.startsWith("((", index) && scan.atWordStart) {
    open(scan, "arithmetic");
    return 2;
  }
  if (char === ")" && scan.nesting.length > 1) return close(scan);
  if (char === "(") return open(scan, "plain");
  const other = readQuote(scan, char) ?? readExpansion(scan, text, index) ?? readBackslash(scan, char);
  scan.atWordStart = /[\s;&|<>]/.test(char);
  return other;
}

function readQuote(scan: ShellScan, char: string): number | undefined {
  if (char === "'") return open(scan, "single");
  if (char === '"') return open(scan, "double");
  return undefined;
}

function readExpansion(scan: ShellScan, text: string, index: number): number | undefined {
  const rest = text.slice(index, index + 3);
  if (rest === "$((") {
    open(scan, "arithmetic");
    return 3;
  }
  if (rest.startsWith("$(")) {
    open(scan, "plain");
    scan.atWordStart = true;
    return 2;
  }
  if (rest.startsWith("${")) {
    open(scan, "expansion");
    return 2;
  }
  if (rest.startsWith("$'") && scan.nesting.at(-1) === "plain") {
    open(scan, "ansi");
    return 2;
  }
  if (rest.startsWith("`")) return open(scan, "backtick");
  return undefined;
}

function readBackslash(scan: ShellScan, char: string): number {
  if (char === "\\") scan.escaped = true;
  return 1;
}

/** `<<EOF`, `<<-EOF`, `<<'EOF'`, `<<"EOF"`, `<<\EOF`. */
function readHeredocStart(scan: ShellScan, text: string, index: number): number | undefined {
  const match = /^<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|(\\?)([A-Za-z0-9_.+-]+))/.exec(text.slice(index, index + 200));
  if (!match) return undefined;
  const [all, dash, single, double, backslash, bare] = match;
  scan.pending.push({
    word: single ?? double ?? bare!,
    quoted: single !== undefined || double !== undefined || backslash !== "",
    stripTabs: dash === "-",
  });
  scan.atWordStart = false;
  return all.length;
}

function open(scan: ShellScan, frame: Frame): number {
  scan.nesting.push(frame);
  scan.atWordStart = frame === "plain";
  return 1;
}

function close(scan: ShellScan): number {
  scan.nesting.pop();
  scan.atWordStart = false;
  return 1;
}

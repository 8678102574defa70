/** Scripts of the repository, with the arguments they are called with. */

import type { Key } from "../../facts/access.ts";
import type { CommandCall } from "../call.ts";
import type { ScriptPart } from "../script-text.ts";
import { keyText, type Word } from "../words.ts";
import { type CalledCommands, type CalledFiles, pathFrom } from "./called-files.ts";

const shells: ReadonlySet<string> = new Set(["bash", "sh", "zsh", "dash", "ksh", "source", "."]);

/** `./bin/x a`, `bin/x a`, `bash bin/x a`, `source bin/x`. */
export function calledScript(
  { command, program, folder }: CommandCall,
  files: CalledFiles,
): CalledCommands[] | undefined {
  const { words } = command;
  const byShell = shells.has(program) && !keyText(words[0]?.key)?.includes("/");
  const at = byShell ? words.findIndex(({ key }, i) => i > 0 && !/^[-+]/.test(keyText(key) ?? "")) : 0;
  const written = at < 0 ? undefined : keyText(words[at]?.key);
  if (written === undefined || (!byShell && !written.includes("/"))) return undefined;
  const path = pathFrom(folder, written);
  const text = path === undefined ? undefined : files.text(path);
  if (text === undefined || path === undefined || !isShell(path, text, byShell)) return undefined;
  const parts = withArguments(text, words.slice(at + 1));
  return [{ id: `${path} ${JSON.stringify(parts.filter(({ kind }) => kind === "hole"))}`, folder, parts }];
}

function isShell(path: string, text: string, byShell: boolean): boolean {
  if (text.includes("\0")) return false;
  const first = /^#!\s*(\S+)(?:\s+(?:-S\s+)?(\S+))?/.exec(text);
  if (first) return /(?:^|\/)(?:ba|da|z|k)?sh$/.test(first[1]!.endsWith("/env") ? (first[2] ?? "") : first[1]!);
  return byShell || /\.(?:sh|bash)$/.test(path);
}

/** The text as it runs with these words: what other arguments would do is left out, and functions stand where they are called. */
function withArguments(text: string, words: readonly Word[]): ScriptPart[] {
  const keys = words.map(({ key }) => key);
  const { main, bodies } = functionsIn(text);
  // Functions may be called in the one arm that is taken, and have branches of their own.
  const once = reached(inlined(filled(main, keys), bodies));
  const told = reached(inlined(once, bodies));
  return told.split(/(\uE001\d+\uE002)/).flatMap((piece): ScriptPart[] => {
    const index = /^\uE001(\d+)\uE002$/.exec(piece)?.[1];
    if (index === undefined) return piece === "" ? [] : [{ kind: "text", text: piece }];
    return (keys[Number(index)] ?? []).map((part) =>
      part.kind === "text" ? { kind: "text", text: part.text } : { kind: "hole", hole: part, length: 0 },
    );
  });
}

/** Positional parameters as the plain text they stand for; one that is not all told as a mark that is filled in last. */
function filled(text: string, keys: readonly Key[]): string {
  const wordAt = (index: number): string | undefined => {
    const key = keys[index];
    if (key === undefined) return undefined;
    const plain = keyText(key);
    return plain !== undefined && !/["'`$\\\n]/.test(plain) ? plain : `\uE001${index}\uE002`;
  };
  const clean = text.replaceAll(/[\uE001\uE002]/g, "");
  const own = beforeShift(clean);
  const rest = keys.map((_, i) => wordAt(i)).join(" ");
  const replaced = own
    .replaceAll(/\$\{([1-9])(?::?[-=]([^}$]*))?\}/g, (whole, n: string, fallback: string | undefined) => {
      return wordAt(Number(n) - 1) ?? fallback ?? (keys.length > 0 ? "" : whole);
    })
    .replaceAll(/\$([1-9])(?![\w])/g, (whole, n: string) => wordAt(Number(n) - 1) ?? (keys.length > 0 ? "" : whole))
    .replaceAll(/"?\$\{?[@*]\}?"?/g, (whole) => (keys.length > 0 ? rest : whole));
  return replaced + clean.slice(own.length);
}

/** After `shift` the numbers mean other words: nothing is said about them. */
function beforeShift(text: string): string {
  const at = text.search(/^\s*shift\b/m);
  return at < 0 ? text : text.slice(0, at);
}

/** Without the branches that these arguments do not take, where a test compares plain words. */
function reached(text: string): string {
  const lines = text.split("\n");
  const kept: string[] = [];
  /** For each open `if` whose test is known: whether its present branch runs. */
  const open: ({ readonly known: boolean; taken: boolean; runs: boolean } | undefined)[] = [];
  const isDead = () => open.some((each) => each?.known && !each.runs);
  for (const line of lines) {
    const test =
      /^\s*(if|elif)\s+\[\[?\s*["']?([\w./-]*)["']?\s*(==|=|!=)\s*["']?([\w./-]*)["']?\s*\]\]?\s*;?\s*(?:then)?\s*$/.exec(
        line,
      );
    const holds = test && (test[2] === test[4]) === (test[3] !== "!=");
    if (/^\s*if\b/.test(line) && !/\bfi\s*;?\s*$/.test(line)) {
      open.push(test ? { known: true, taken: holds!, runs: holds! } : { known: false, taken: false, runs: true });
      if (!isDead() || !test) kept.push(isDead() ? "" : line);
      continue;
    }
    const top = open.at(-1);
    if (/^\s*elif\b/.test(line) && top?.known) {
      top.runs = !top.taken && (holds ?? true);
      top.taken ||= top.runs;
      if (!isDead()) kept.push(line);
      continue;
    }
    if (/^\s*else\b/.test(line) && top?.known) {
      top.runs = !top.taken;
      if (!isDead()) kept.push(line);
      continue;
    }
    if (/^\s*fi\b/.test(line)) {
      const wasDead = isDead();
      open.pop();
      if (!wasDead || !isDead()) kept.push(line);
      continue;
    }
    if (!isDead()) kept.push(line);
  }
  return cases(kept.join("\n"));
}

/** Of `case word in …` with a plain word the arm that it takes. */
function cases(text: string): string {
  return text.replaceAll(
    /^([ \t]*)case\s+["']?([\w./-]+)["']?\s+in\s*\n([\s\S]*?)^\1esac\b/gm,
    (_, _indent: string, word: string, body: string) => {
      for (const [, patterns, arm] of body.matchAll(/^\s*\(?([^()\n]+)\)([\s\S]*?)(?:;;|$(?![\s\S]))/gm)) {
        const names = patterns!.split("|").map((each) => each.trim().replaceAll(/["']/g, ""));
        if (names.includes(word) || names.includes("*")) return arm!;
      }
      return "";
    },
  );
}

const MAX_INLINED = 200;

interface Functions {
  readonly main: string;
  readonly bodies: ReadonlyMap<string, string>;
}

/** Functions that end with a brace at the beginning of a line, and the text without them. */
function functionsIn(text: string): Functions {
  const bodies = new Map<string, string>();
  const main = text.replaceAll(
    /^(?:function[ \t]+)?([A-Za-z_][\w-]*)[ \t]*\(\)[ \t]*\{[ \t]*\n([\s\S]*?)^\}/gm,
    (_, name: string, body: string) => {
      bodies.set(name, body);
      return "";
    },
  );
  return { main, bodies };
}

/** Longer lines are data. */
const MAX_LINE = 2_000;

/** Bodies of functions in place of their calls; what nobody calls does not run. */
function inlined(main: string, bodies: Functions["bodies"]): string {
  if (bodies.size === 0) return main;
  let count = 0;
  const bodyFor = (line: string, seen: readonly string[]): { name: string; lead: string; body: string } | undefined => {
    if (line.length > MAX_LINE) return undefined;
    const [, lead = "", name = "", rest = ""] =
      /^((?:.*(?:&&|\|\||;)\s*)?\s*)([A-Za-z_][\w-]*)((?:\s[^|&;]*)?(?:[|&;].*)?)$/.exec(line) ?? [];
    const body = seen.includes(name) ? undefined : bodies.get(name);
    if (body === undefined || ++count > MAX_INLINED) return undefined;
    const args = rest
      .trim()
      .split(/\s+/)
      .filter((word) => /^["']?[\w./\uE001\uE002-]+["']?$/.test(word));
    const given = (whole: string, n: string): string => args[Number(n) - 1]?.replaceAll(/["']/g, "") ?? whole;
    return { name, lead, body: body.replaceAll(/\$\{?([1-9])\}?(?![\w])/g, given) };
  };
  const expand = (lines: string, seen: readonly string[]): string =>
    lines
      .split("\n")
      .map((line) => {
        const found = bodyFor(line, seen);
        return found ? `${found.lead}:\n${expand(found.body, [...seen, found.name])}` : line;
      })
      .join("\n");
  return expand(main, []);
}

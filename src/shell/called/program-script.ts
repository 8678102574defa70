/**
 * Programs of the repository in JavaScript, TypeScript and Python, as far as they run commands or ask GitHub for a tag or a
 * release: the commands that stand in them as text. Which of them run, and in which order, only the program knows.
 */

import type { CommandCall } from "../call.ts";
import { keyText } from "../words.ts";
import { type CalledCommands, type CalledFiles, pathFrom, plainParts } from "./called-files.ts";

const interpreters: ReadonlySet<string> = new Set(["node", "tsx", "ts-node", "bun", "deno", "python", "python3"]);

/** Larger ones are bundles. */
const MAX_TEXT = 200_000;
const MAX_COMMANDS = 200;

/** `node scripts/x.mjs`, `tsx scripts/x.ts`, `python scripts/x.py`, `scripts/x.mjs`. */
export function programScript(
  { command: { words }, program, folder }: CommandCall,
  files: CalledFiles,
): CalledCommands[] | undefined {
  const named = interpreters.has(program) ? words.slice(1) : words.slice(0, 1);
  const written = named.map(({ key }) => keyText(key)).find((word) => word !== undefined && isProgram.test(word));
  const path = written === undefined ? undefined : pathFrom(folder, written);
  const text = path === undefined ? undefined : files.text(path);
  if (text === undefined || text.length > MAX_TEXT) return undefined;
  const commands = commandsIn(text);
  if (commands.length === 0) return undefined;
  return [{ id: path!, folder, parts: plainParts(commands.join("\n")), isProgram: true }];
}

const isProgram = /^[\w@./-]+\.(?:[cm]?[jt]s|py)$/;

/** Functions that run a command given as one text, and those that take its words one by one. */
const runsText =
  /\b(?:exec(?:Sync|a|aSync|aCommand|aCommandSync)?|run(?:Command|Cmd)?|sh|shell|cmd|system|popen|check_call|check_output|spawn(?:Sync)?)\s*\(\s*f?(["'`])((?:(?!\1)[^\\\n]|\\.)*)\1\s*(?=[,)])(?!\s*,\s*\[)/g;
const runsWords =
  /\b(?:execFile(?:Sync)?|exec(?:Sync|a|aSync)?|spawn(?:Sync)?|run(?:Command|Cmd)?|check_call|check_output|call)\s*\(\s*(?:f?(["'`])([\w./-]+)\1\s*,\s*)?\[([^\]]{0,2000})\]/g;
/** `$` of zx, bun and execa. */
const tagged = /\$(?:\([^()]*\))?`((?:[^`\\]|\\.)*)`/g;

function commandsIn(source: string): string[] {
  const text = source.replaceAll(/^\s*(?:\/\/|#|\*).*$/gm, "");
  const found: { readonly at: number; readonly line: string }[] = [];
  for (const match of text.matchAll(runsText)) found.push({ at: match.index, line: match[2]! });
  for (const match of text.matchAll(tagged)) found.push({ at: match.index, line: match[1]! });
  for (const match of text.matchAll(runsWords)) {
    const words = [...match[3]!.matchAll(/f?(["'`])((?:(?!\1)[^\\\n])*)\1|([A-Za-z_$][\w.$]*)/g)];
    const line = words.map(([, , word]) => (word === undefined ? '"$_"' : `"${word}"`)).join(" ");
    found.push({ at: match.index, line: `${match[2] ?? ""} ${line}` });
  }
  // Asked of the API, these are what the command line does.
  for (const match of text.matchAll(/\.createRelease\s*\(([\s\S]{0,400}?)\)/g)) {
    if (!/\bdraft:\s*true/.test(match[1]!)) found.push({ at: match.index, line: 'gh release create "$_"' });
  }
  for (const match of text.matchAll(/\.createRef\s*\([\s\S]{0,300}?refs\/tags\//g)) {
    found.push({ at: match.index, line: 'git push origin "refs/tags/$_"' });
  }
  return found
    .toSorted((a, b) => a.at - b.at)
    .slice(0, MAX_COMMANDS)
    .map(({ line }) =>
      line
        .replaceAll(/\$?\{[^{}]*\}/g, "$_")
        .replaceAll("\n", " ")
        .trim(),
    )
    .filter((line) => /^["']?[A-Za-z.]/.test(line));
}

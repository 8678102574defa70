/** Carries out what `doctor --on` says: one command after the other, each shown and asked about before. */

import { spawn } from "node:child_process";
import type { ReadinessView } from "../../control/views/readiness.ts";
import { shellWord } from "../../model/shell-word.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Put = NonNullable<ReadinessView["put"]>;

/** What nobody but a person can know: `…`, or what it is, as in `'<arn of the role>'`. */
const open = /…|'<([a-z][^<>']*)>'|<([a-z][^<>' ]*)>/;

/** Asks by itself, and takes an empty input for an answer. */
const asksItself = /^gh secret set /;

/** Ends with the first command that fails. What only takes something away is asked about in any case. */
export async function carryOut(
  { commands, after = [] }: Put,
  { on, terminal, asks }: { on: string; terminal: Terminal; asks: boolean },
): Promise<ExitCode> {
  if (asks && !terminal.interactive)
    throw new UsageError("nobody can answer here: use --yes", {
      next: `baton doctor --on ${on}  shows the commands`,
    });
  for (const command of commands) {
    const filled = await filledIn(command, terminal);
    if (filled === undefined) {
      terminal.say(`fill in what only you know and run it yourself, then go on here: ${command}`);
      return exitCodes.failed;
    }
    terminal.say("", terminal.err.strong(`$ ${filled}`));
    if (asks) {
      const answer = (await terminal.question("[y]es, [s]kip, [N]o: ")).trim();
      if (/^s(kip)?$/i.test(answer)) continue;
      if (!/^y(es)?$/i.test(answer)) return exitCodes.clean;
    }
    if (!(await ran(filled, terminal))) return exitCodes.failed;
  }
  for (const command of after) {
    if (!asks) {
      terminal.say("", `not carried out, because it takes something away: ${command}`);
      continue;
    }
    terminal.say("", terminal.err.strong(`$ ${command}`));
    const answer = await terminal.question(
      "takes away what delivers the same. Do the new pipelines deliver? [y]es, [N]o: ",
    );
    if (/^y(es)?$/i.test(answer.trim()) && !(await ran(command, terminal))) return exitCodes.failed;
  }
  return exitCodes.clean;
}

/** Undefined where there is nobody to ask, or no answer. */
async function filledIn(command: string, terminal: Terminal): Promise<string | undefined> {
  if (asksItself.test(command) && !terminal.interactive) return undefined;
  let filled = "";
  for (let rest = command; ; ) {
    const found = open.exec(rest);
    if (found === null) return filled + rest;
    if (!terminal.interactive) return undefined;
    const before = rest.slice(0, found.index);
    const what = found[1] ?? found[2] ?? /(\S+?)[= ]$/.exec(before)?.[1] ?? command;
    const value = (await terminal.question(`${what}: `)).trim();
    if (value === "") return undefined;
    filled += before + shellWord(value);
    rest = rest.slice(found.index + found[0].length);
  }
}

async function ran(command: string, { cwd, env, entry, say }: Terminal): Promise<boolean> {
  // `baton` is this one, on whatever path it is.
  const script = `baton() { "$BATON_NODE" "$BATON_ENTRY" "$@"; }\n${command}`;
  const child = spawn("bash", ["-eo", "pipefail", "-c", script], {
    cwd,
    env: { ...env, BATON_NODE: process.execPath, BATON_ENTRY: entry },
    stdio: "inherit",
  });
  const ignore = () => {};
  process.on("SIGINT", ignore);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number | string | null>();
    child.once("error", reject).once("exit", (code, signal) => resolve(signal ?? code));
    const code = await promise.catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "bash is not on the path";
      throw error;
    });
    if (code !== 0) say(`it ended (${code}), so nothing more was done. What was done stays; the same command goes on`);
    return code === 0;
  } finally {
    process.off("SIGINT", ignore);
  }
}

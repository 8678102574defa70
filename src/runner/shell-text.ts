import { SHELL_ARGUMENTS, type StepCommand } from "./step-process.ts";

/** Variables that change how bash itself works, or that it does not let a script set as any other. */
const BASH_OWN =
  /^(?:BASH.*|COMP_.*|LC_.*|LANG|LANGUAGE|TEXTDOMAIN.*|CDPATH|DIRSTACK|ENV|EPOCH.*|EUID|EXECIGNORE|FIGNORE|FUNCN.*|GLOB.*|GROUPS|HIST.*|IFS|LINENO|OPT.*|PIPESTATUS|POSIXLY_CORRECT|PPID|PS4|RANDOM|SECONDS|SHELLOPTS|SRANDOM|TMOUT|UID)$/;
/** Those that a kept shell takes over from its start as every shell does, but that could not be changed in it without harm. */
const HARMLESS_AT_START = /^(?:LC_.*|LANG|LANGUAGE|TEXTDOMAIN.*|HIST.*|PS4|FIGNORE|COMP_.*)$/;
const KEPT_BY_BASH = /^(?:_|SHLVL|PWD|OLDPWD)$/;

/** Whether a variable of this name reaches a command through a kept bash exactly as it would without one. */
export function fitsCoprocess(name: string, origin: "inherited" | "added"): boolean {
  switch (origin) {
    case "inherited":
      return !BASH_OWN.test(name) || HARMLESS_AT_START.test(name);
    case "added":
      return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !BASH_OWN.test(name) && !KEPT_BY_BASH.test(name);
    default:
      return origin satisfies never;
  }
}

export interface CommandText {
  command: StepCommand;
  /** Absolute path of the shell. */
  shellPath: string;
  /** The last arguments of the shell: the script, or the file it is in. */
  script: readonly string[];
  /** What the kept shell has changed for itself: the values the command is to have, undefined for none. */
  restored: Record<string, string | undefined>;
}

/** What a kept bash evaluates to start the command. Only ASCII, so that its length is the same in every locale. */
export function commandText({ command, shellPath, script, restored }: CommandText): string {
  const entries = Object.entries({ ...restored, ...command.env });
  const dropped = entries.flatMap(([name, value]) => (value === undefined ? [name] : []));
  const kept = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const variables = kept.map(([name, value]) => `${name}=${quote(value)} `);
  const words = [...SHELL_ARGUMENTS[command.shell], ...script].map(quote);
  const enter = `cd -- ${quote(command.directory)}&&unset -v ${dropped.join(" ")}`;
  const start = `${variables.join("")}exec -a ${command.shell} ${quote(shellPath)} ${words.join(" ")}`;
  return `(${enter}&&${start})</dev/null >${quote(command.pipe)} 2>&1&`;
}

/** One word of bash that stands for exactly this text, in ASCII. */
export function quote(text: string): string {
  if (/^[\w./:=@%+,-]+$/.test(text)) return text;
  if (/^[\t\n -~]*$/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  let quoted = "";
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c;
    quoted += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return `$'${quoted}'`;
}

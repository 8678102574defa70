import { isatty } from "node:tty";
import { UsageError } from "../problem.ts";
import { type GateOptions, gatedJson, gatedLines } from "./gate.ts";
import { Screen } from "./screen.ts";
import { canRedraw, noStyle, type Style, styleFor } from "./style.ts";

/**
 * What surrounds a command: where it was called and whom it talks to. Data goes to stdout with `print`; everything for
 * the person in front goes to stderr with `say`.
 */
export interface Terminal {
  cwd: string;
  env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  /** What the streams are like. Nobody writes to them but through the gate, by the functions below. */
  stdout: StreamShape;
  stderr: StreamShape;
  /** Styles for stdout and stderr; they differ when one of them is a pipe. */
  out: Style;
  err: Style;
  /** Lines on stderr may be redrawn in place. */
  redraws: boolean;
  /** Somebody can answer a question: input and stderr are a terminal. */
  interactive: boolean;
  /** Nobody reads stdout any more (`baton logs --follow | head`). */
  readonly isReaderGone: boolean;
  /** The file that starts Baton, to start it again as a child. */
  entry: string;
  /** Each argument is one line. */
  print(...lines: string[]): void;
  say(...lines: string[]): void;
  /** One JSON document on stdout. */
  printJson(value: unknown): void;
  /** The closing line of a command: what is useful next. */
  suggest(command: string, why?: string): void;
  /** Asks on stderr and resolves with the line that was typed. Rejects with `ABORT_ERR` at Ctrl-C and Ctrl-D. */
  question(text: string): Promise<string>;
  /** The end of stderr, to be redrawn in place. */
  openScreen(): Screen;
}

export type StreamShape = Pick<NodeJS.WriteStream, "columns" | "rows" | "isTTY" | "on" | "off">;

export function openTerminal(entry: string): Terminal {
  const { stdout, stderr, env } = process;
  const err = styleFor(stderr, env);
  let isReaderGone = false;
  // A reader that has seen enough closes the pipe, a terminal may be closed: nothing is shown any more, but a run goes on.
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
      if (stream === stdout) isReaderGone = true;
      stream.write = () => true;
    });
  }
  const redraws = canRedraw(stderr, env);
  const out = styleFor(stdout, env);
  const say = (...lines: string[]) => void stderr.write(gatedLines(lines, gateOf(err)));
  const print = (...lines: string[]) => void stdout.write(gatedLines(lines, gateOf(out)));
  return {
    cwd: currentFolder(),
    env,
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    out,
    err,
    redraws,
    interactive: redraws && isatty(0),
    get isReaderGone() {
      return isReaderGone;
    },
    entry,
    print,
    say,
    printJson: (value) => void stdout.write(`${gatedJson(value)}\n`),
    suggest: (command, why) => say(`${err.faint("next:")} ${err.strong(command)}${why ? err.faint(`  ${why}`) : ""}`),
    async question(text) {
      const { createInterface } = await import("node:readline/promises");
      const lines = createInterface({ input: process.stdin, output: stderr });
      try {
        return await lines.question(text);
      } finally {
        lines.close();
      }
    },
    openScreen: () => new Screen(stderr, gateOf(err)),
  };
}

/** For words on stderr before there is a terminal, or after. */
export function sayLines(lines: readonly string[]): void {
  process.stderr.write(gatedLines(lines, gateOf(styleFor(process.stderr, process.env))));
}

function gateOf(style: Style): GateOptions {
  return { colours: style !== noStyle };
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UsageError("the folder you are in no longer exists", { next: "cd to a folder that does" });
  }
}

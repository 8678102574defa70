import { UsageError } from "../problem.ts";
import { canRedraw, type Style, styleFor } from "./style.ts";

/**
 * What surrounds a command: where it was called and whom it talks to. Data goes to stdout with `print`; everything for
 * the person in front goes to stderr with `say`.
 */
export interface Terminal {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
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
  print(...lines: string[]): void;
  say(...lines: string[]): void;
  /** One JSON document on stdout. */
  printJson(value: unknown): void;
  /** The closing line of a command: what is useful next. */
  suggest(command: string, why?: string): void;
}

export function openTerminal(entry: string): Terminal {
  const { stdin, stdout, stderr, env } = process;
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
  const say = (...lines: string[]) => void stderr.write(`${lines.join("\n")}\n`);
  const print = (...lines: string[]) => void stdout.write(`${lines.join("\n")}\n`);
  return {
    cwd: currentFolder(),
    env,
    stdin,
    stdout,
    stderr,
    out: styleFor(stdout, env),
    err,
    redraws,
    interactive: redraws && stdin.isTTY === true,
    get isReaderGone() {
      return isReaderGone;
    },
    entry,
    print,
    say,
    printJson: (value) => print(JSON.stringify(value, null, 2)),
    suggest: (command, why) => say(`${err.faint("next:")} ${err.strong(command)}${why ? err.faint(`  ${why}`) : ""}`),
  };
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UsageError("the folder you are in no longer exists", { next: "cd to a folder that does" });
  }
}

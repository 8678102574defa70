import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { batonFile, type Sandbox, until } from "./sandbox.ts";

/** A real terminal (tmux) in which Baton was started. */
export interface TestTerminal {
  /** What stands on the screen now, line by line, without blanks at the ends. */
  screen(): string[];
  keys(...keys: string[]): void;
  resize(columns: number, rows: number): void;
  /** Waits until the screen shows it. */
  shows(what: RegExp): Promise<string>;
}

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
}

export function openTerminal(
  test: TestContext,
  box: Sandbox,
  args: string[],
  options: TerminalOptions = {},
): TestTerminal {
  const { columns = 90, rows = 30, env = {} } = options;
  const socket = join(box.root, ".git", "tmux");
  const tmux = (...call: string[]) =>
    execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...call], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  // A terminal has a person before it, also where the tests have none.
  const { CI: _, ...own } = box.env;
  const variables = Object.entries({ ...own, ...env }).map(([name, value]) => `${name}='${value}'`);
  const call = ["env", "-u", "CI", "-u", "NO_COLOR", ...variables, `'${batonFile}'`, ...args].join(" ");
  // The shell must outlive a Ctrl-C, and what it starts must get it.
  const shell = `trap : INT; cd '${box.root}' && ${call}; echo "ended with $?"; exec cat`;
  tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), "-s", "test", "sh", "-c", shell);
  // By its number: its socket goes away with the sandbox, before this.
  const server = Number(tmux("display-message", "-p", "#{pid}"));
  test.after(() => process.kill(server));
  const screen = () =>
    tmux("capture-pane", "-p", "-t", "test")
      .split("\n")
      .map((line) => line.trimEnd());
  return {
    screen,
    keys: (...keys) => void tmux("send-keys", "-t", "test", ...keys),
    resize: (width, height) => void tmux("resize-window", "-t", "test", "-x", String(width), "-y", String(height)),
    async shows(what) {
      let text = "";
      await until(`the terminal shows ${what}`, () => {
        text = screen().join("\n");
        return what.test(text);
      }).catch((error: Error) => {
        throw new Error(`${error.message}\n${text}`);
      });
      return text;
    },
  };
}

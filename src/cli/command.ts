import type { Command } from "commander";
import type { ExitCode } from "./problem.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** One line of the list in `commands.ts`. Only the command that is called is loaded, so that the others cost nothing. */
export interface CommandEntry {
  name: string;
  /** One line, for the list of commands. */
  summary: string;
  group: "Deliver" | "Look" | "Decide" | "Author";
  /** Works, but is not listed. */
  hidden?: true;
  load(): Promise<CommandModule>;
}

export interface CommandModule {
  /** Adds arguments, options, a description and examples. */
  describe(command: Command): void;
  run(call: CommandCall): Promise<ExitCode>;
}

export interface CommandCall {
  terminal: Terminal;
  /** Positional arguments as given; missing optional ones are undefined. */
  args: (string | undefined)[];
  /** What commander made of the options; each command names the shape it declared. */
  options: Record<string, unknown>;
}

import type { Command } from "commander";

/** Options that several commands share, so that they read the same everywhere. */
export function configOption(command: Command): Command {
  return command.option("--config <FILE>", "the definition (default: the nearest baton.config.* upwards)");
}

export function jsonOption(command: Command): Command {
  return command.option("--json", "print one JSON document instead of text");
}

export interface ConfigOptions {
  config?: string;
}

export interface JsonOptions {
  json?: true;
}

/** For an option that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Examples below the help of a command, one `command   what it does` each. */
export function examples(command: Command, lines: readonly (readonly [string, string])[]): Command {
  const width = Math.max(...lines.map(([call]) => call.length));
  const text = lines.map(([call, what]) => `  ${call.padEnd(width)}   ${what}`.trimEnd()).join("\n");
  return command.addHelpText("after", `\nExamples:\n${text}\n`);
}

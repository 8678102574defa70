import { Command, CommanderError } from "commander";
import type { CommandCall } from "./command.ts";
import { commands } from "./commands.ts";
import { type ExitCode, exitCodes } from "./problem.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { version } from "./version.ts";

/** Parses the arguments, loads the one command they name and runs it. */
export async function main(argv: string[], terminal: Terminal): Promise<ExitCode> {
  const called = commands.find((entry) => entry.name === argv.find((arg) => !arg.startsWith("-")));
  if (argv.length === 0) return await withoutCommand(terminal);
  const unknown = argv[0] === "help" && commands.every(({ name }) => name !== argv[1]) ? argv[1] : undefined;
  // What is asked for help is asked as a command, which is answered with the nearest one.
  if (unknown !== undefined && unknown !== "help" && !unknown.startsWith("-")) return await main([unknown], terminal);
  let code: ExitCode = exitCodes.clean;
  const program = describeProgram(terminal);
  // Describing a command takes time, and to one that is called no other matters.
  for (const entry of called !== undefined && argv[0] === called.name ? [called] : commands) {
    const command = program.command(entry.name, { hidden: entry.hidden === true });
    command.summary(entry.summary).description(entry.summary).helpGroup(`${entry.group}:`);
    if (entry !== called) continue;
    const module = await entry.load();
    module.describe(command);
    command.action(async () => {
      code = await module.run(callOf(command, terminal));
    });
  }
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.usage;
    throw error;
  }
  return code;
}

function callOf(command: Command, terminal: Terminal): CommandCall {
  return { terminal, args: command.processedArgs as (string | undefined)[], options: command.opts() };
}

function describeProgram(terminal: Terminal): Command {
  const program = new Command("baton");
  program
    .description("One description of a delivery made of several pipelines: check it, generate it, run it, serve it.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [COMMAND]", "show help for a command")
    .usage("COMMAND [OPTIONS]")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(...linesOf(text)),
      writeErr: (text) => terminal.say(...linesOf(text)),
      outputError: (text, write) => write(explain(text, terminal)),
    })
    .addHelpText("after", closingHelp);
  return program;
}

const linesOf = (text: string) => text.replace(/\n$/, "").split("\n");

const closingHelp = `
Examples:
  baton plan                 what would run, and why
  baton run                  run it for the environment of the current branch
  baton run --to test        run it for dev, then test
  baton run --pipeline web   only web, with what the others deployed before

Exit codes: 0 clean, 1 a run failed or something was found, 2 wrong use, 3 a mistake in Baton, 130 interrupted.
`;

/** Commander's sentence in Baton's form: `baton: unknown option '--evn'`, and where to look. */
function explain(text: string, terminal: Terminal): string {
  const [sentence, ...hints] = text
    .replace(/^error: /, "")
    .trim()
    .split("\n");
  const hint = hints.length > 0 ? ` ${hints.join(" ")}` : "";
  const help = `baton ${helpTopic(process.argv.slice(2))}--help`;
  return `${terminal.err.bad("baton:")} ${sentence}${hint}\n  ${terminal.err.faint("next:")} ${help}\n`;
}

function helpTopic(argv: string[]): string {
  const name = argv.find((arg) => commands.some((entry) => entry.name === arg));
  return name === undefined ? "" : `${name} `;
}

async function withoutCommand(terminal: Terminal): Promise<ExitCode> {
  if (terminal.interactive && terminal.stdout.isTTY) {
    const { lead } = await import("./menu.ts");
    return await lead(terminal);
  }
  return await main(["--help"], terminal);
}

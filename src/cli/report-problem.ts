import { type ExitCode, exitCodes, UsageError } from "./problem.ts";
import { problemIn } from "./refusals.ts";
import { styleFor } from "./terminal/style.ts";
import { sayLines } from "./terminal/terminal.ts";

/** Puts an error that ended a command into words on stderr and returns the exit code. */
export function reportProblem(error: unknown, argv: string[]): ExitCode {
  const problem = problemIn(error);
  if (problem === undefined) return reportBug(error, argv);
  return tell(problem, problem instanceof UsageError ? exitCodes.usage : exitCodes.failed);
}

function tell(error: Error & { next?: string | undefined }, code: ExitCode): ExitCode {
  const style = styleFor(process.stderr, process.env);
  const [first, ...rest] = error.message.split("\n");
  const lines = [`${style.bad("baton:")} ${first}`, ...rest];
  if (error.next) lines.push(...`  ${style.faint("next:")} ${error.next}`.split("\n"));
  sayLines(lines);
  return code;
}

function reportBug(error: unknown, argv: string[]): ExitCode {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = [
    "baton: this is a mistake in Baton, not in your delivery.",
    "  Nothing that had finished is lost; `baton resume` goes on where it stopped.",
    "  Please report it with these lines:",
    `    baton ${argv.map((arg) => (/^[\w./=@:-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(" ")}`,
    `    Node.js ${process.version}, ${process.platform} ${process.arch}`,
    ...stack.split("\n").map((line) => `    ${line}`),
  ];
  sayLines(lines);
  return exitCodes.bug;
}

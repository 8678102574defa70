import { answered } from "../../control/control.ts";
import type { MoveRequest } from "../../control/verbs/move.ts";
import { closedFor } from "../../control/views/windows.ts";
import { commandLine } from "../command-line.ts";
import { type DrivingOptions, type OverrideOptions, overrideOf, watching } from "../commands/drive-options.ts";
import { connected } from "../host.ts";
import { closedLines, freezeLines, openLines } from "../plan-text.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import type { Style } from "../terminal/style.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { moveLines, whereLines, wordOf } from "./move-text.ts";

export interface MoveOptions extends DrivingOptions, OverrideOptions {
  pipeline?: string[];
  dryRun?: true;
  comment?: string;
}

/** Shows what a promotion or rollback will do, has it confirmed, does it, and says what is where when it did not pass. */
export async function carryOut(
  terminal: Terminal,
  { request, options, again }: { request: MoveRequest; options: MoveOptions; again: string },
): Promise<ExitCode> {
  const { host, by } = await connected(terminal, { config: options.config });
  const planned = answered(await host.move({ ...request, secretsFile: options.secretsFile }));
  const { move, freezes } = planned;
  const closed = closedFor(planned.plan, planned.delivery, Date.now());
  const kept = (out: Style) => [...freezeLines(freezes, out), ...closedLines(closed, out)];
  const override = overrideOf(options);
  if (options.dryRun) {
    if (options.json) terminal.printJson({ ...move, freezes, closed });
    else terminal.print(...moveLines(move, terminal.out), ...kept(terminal.out));
    terminal.suggest(again, "does this");
    return exitCodes.clean;
  }
  const lines = [...moveLines(move, terminal.err), ...kept(terminal.err), ...openLines(planned.open)];
  if (options.yes !== true) {
    if (!terminal.interactive && !isAsked(planned)) {
      terminal.say(...lines);
      throw new UsageError(`nobody is asked before ${request.to} changes, and nobody can be asked here`, {
        next: `${again} --yes`,
      });
    }
    if (terminal.interactive && !options.json) {
      terminal.say(...lines);
      lines.length = 0;
      const answer = await terminal.question(`${wordOf(move)}? [y]es, [N]o `).catch(() => "");
      if (!/^y(es)?$/i.test(answer.trim())) {
        terminal.say("nothing was begun");
        return exitCodes.interrupted;
      }
    }
  }
  const how = { secretsFile: options.secretsFile, comment: options.comment, override, isWatched: terminal.interactive };
  const underway = answered(await host.start(planned, how, by));
  const { watchRun } = await import("../live/watch-run.ts");
  const code = await watchRun({ ...watching(options), terminal, host, by, underway, heading: lines, again });
  if (code === exitCodes.clean) return code;
  const ended = await host.run(underway.run);
  if (ended.ok && ended.value.conclusion !== "waiting") terminal.say(...whereLines(move, ended.value, terminal.err));
  return code;
}

/** The environment's own approval asks somebody before anything changes. */
function isAsked({ requirements }: { requirements: { approvals: readonly unknown[] } }): boolean {
  return requirements.approvals.length > 0;
}

/** The command that does it, with what was given. */
export function moveCommand(name: string, args: readonly string[], options: MoveOptions & { to?: string }): string {
  const { config, to, pipeline, comment, secretsFile, override } = options;
  return commandLine(name, { config, to, pipeline, comment, secretsFile, override }, args);
}

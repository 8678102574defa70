import { answered } from "../../control/control.ts";
import type { MoveRequest } from "../../control/verbs/move.ts";
import type { MoveView } from "../../control/views/move.ts";
import type { RunView } from "../../control/views/run.ts";
import { commandLine } from "../command-line.ts";
import { type DrivingOptions, type OverrideOptions, overrideOf, watching } from "../commands/drive-options.ts";
import { connected } from "../host.ts";
import { freezeLines } from "../plan-text.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { pipelineLines, valueText } from "./text.ts";

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
  const override = overrideOf(options);
  if (options.dryRun) {
    if (options.json) terminal.printJson({ ...move, freezes });
    else terminal.print(...moveLines(move, terminal.out), ...freezeLines(freezes, terminal.out));
    terminal.suggest(again, "does this");
    return exitCodes.clean;
  }
  const lines = [...moveLines(move, terminal.err), ...freezeLines(freezes, terminal.err)];
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
  const code = await watchRun({ ...watching(options), terminal, underway, heading: lines, again });
  if (code === exitCodes.clean) return code;
  const ended = await host.run(underway.run);
  if (ended.ok && ended.value.conclusion !== "waiting") terminal.say(...whereLines(move, ended.value, terminal.err));
  return code;
}

/** The environment's own approval asks somebody before anything changes. */
function isAsked({ requirements }: { requirements: { approvals: readonly unknown[] } }): boolean {
  return requirements.approvals.length > 0;
}

const wordOf = ({ kind, release, to }: MoveView) =>
  kind === "promotion" ? `promote release ${release} to ${to}` : `go back to release ${release} in ${to}`;

/** What goes there and what stays, with what is new in it. */
export function moveLines(move: MoveView, out: Style): string[] {
  const { commit, here, pipelines, files, changes, takesBack, takenBackBy, apart, provenIn, to, release } = move;
  const there =
    here === undefined ? "where nothing is yet" : `where ${here.isPart ? "part of " : ""}release ${here.release} is`;
  const lines = [`${out.strong(wordOf(move))} ${out.faint(`(${commit.slice(0, 7)})`)}, ${there}`];
  for (const { pipeline, goes, why } of pipelines) {
    lines.push(`  ${goes ? out.active("goes ") : out.faint("stays")} ${pipeline}  ${out.faint(why)}`);
    const change = changes?.pipelines.find((one) => one.pipeline === pipeline);
    if (goes && change !== undefined) lines.push(...pipelineLines(change, out).slice(1));
    for (const file of files.filter((one) => one.pipeline === pipeline)) {
      lines.push(`    files ${file.artifact} ${out.faint(`${file.digest.slice(0, 19)}, as in ${provenIn}`)}`);
    }
  }
  for (const { name, from, to: is } of changes?.settings ?? []) lines.push(`  ${valueText(name, from, is)}`);
  for (const { pipeline, other } of apart) {
    lines.push(
      `  ${out.warning("beware:")} ${pipeline} of release ${release} was not proven with the ${other} that is in ${to}`,
    );
  }
  if (takenBackBy !== undefined) {
    lines.push(`  ${out.warning("beware:")} release ${release} was taken back from ${to} by run ${takenBackBy}`);
  }
  if (takesBack.length > 0) lines.push(`  takes back release ${takesBack.join(", ")}`);
  return lines;
}

/** After a promotion or rollback that did not pass: of each pipeline, which version the environment has. */
export function whereLines({ to, release, here, pipelines }: MoveView, run: RunView, out: Style): string[] {
  const rows = pipelines.map(({ pipeline, goes }) => {
    const mine = run.jobs.filter(({ id }) => id.startsWith(`${pipeline}.`));
    const before = here === undefined ? "nothing" : "what was there before";
    if (!goes) return [pipeline, "stays as it was"];
    if (mine.every(({ status }) => status === "succeeded")) return [pipeline, out.good(`has release ${release}`)];
    const begun = mine.find(({ status, attempts }) => attempts > 0 && status !== "succeeded");
    if (begun === undefined) return [pipeline, `still has ${before}`];
    return [pipeline, out.bad(`may be half-way: ${begun.id} ${begun.status}`)];
  });
  return [`what ${to} has now:`, ...table(rows, "  ")];
}

/** The command that does it, with what was given. */
export function moveCommand(name: string, args: readonly string[], options: MoveOptions & { to?: string }): string {
  const { config, to, pipeline, comment, secretsFile, overrideFreeze } = options;
  return commandLine(name, { config, to, pipeline, comment, secretsFile, overrideFreeze }, args);
}

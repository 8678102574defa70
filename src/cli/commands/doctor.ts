import { connect } from "../../control/connect.ts";
import { answered } from "../../control/control.ts";
import { readinessHere } from "../../control/local/readiness/readiness.ts";
import type { Wishes } from "../../control/platform/wanted.ts";
import { findProject, type Project } from "../../control/project.ts";
import type { ReadinessView } from "../../control/views/readiness.ts";
import { count } from "../../findings/count.ts";
import type { CheckUp } from "../../platforms/live.ts";
import { platforms } from "../../platforms/platforms.ts";
import type { CommandModule } from "../command.ts";
import { inWords } from "../doctor/words.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import type { Style } from "../terminal/style.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

const askable = platforms.flatMap(({ name, live }) =>
  live?.can.includes("readiness") ? [{ name, place: live.place }] : [],
);
const names = askable.map(({ name }) => name).join(" or ");

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description(
      "Check that this machine has what the delivery needs: programs and their versions, git, secrets, the state folder and its disk.",
    )
    .option("--repair", "first keep what is whole of a damaged state folder and put the rest aside")
    .option("--on <SERVICE>", `check what putting generated pipelines there needs, and say the commands: ${names}`)
    .option("--put", "with --on: carry the commands out, one after the other, asking before each")
    .option("--yes", "with --put: ask nothing")
    .option("--layout <LAYOUT>", `with --on: as for baton generate ${names}`)
    .option("--format <FORMAT>", `with --on: as for baton generate ${names}`);
  examples(command, [
    ["baton doctor", "one line for each check, with the remedy where one is needed"],
    ["baton doctor --repair", "after a command said that the journal is damaged"],
    ...askable.map(({ name, place }): [string, string] => [
      `baton doctor --on ${name}`,
      `whether pipelines can be put on ${place} from here, and how`,
    ]),
    ...askable.map(({ name, place }): [string, string] => [
      `baton doctor --on ${name} --put`,
      `put them on ${place}, step by step`,
    ]),
  ]);
};

interface Options extends Wishes, JsonOptions {
  on?: string;
  repair?: true;
  put?: true;
  yes?: true;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as Options;
  const { json, config, on, layout, format } = options;
  if (on === undefined && (layout ?? format) !== undefined) {
    throw new UsageError(`--layout and --format say nothing without --on ${askable[0]!.name}`);
  }
  if (options.repair && on !== undefined) throw new UsageError("--repair says nothing with --on");
  if (options.repair) await repair(findProject(terminal, { config }), terminal);
  if (options.put && on === undefined) throw new UsageError(`--put says nothing without --on ${askable[0]!.name}`);
  if (options.yes && !options.put) throw new UsageError("--yes says nothing without --put");
  if (options.put && json) throw new UsageError("--put shows what the commands print, which is no JSON");
  const { checkUps, put } = await readiness(options, terminal);
  const found = checkUps.map(inWords);
  const failed = found.filter(({ verdict }) => verdict === "fail").length;
  if (json) {
    const { mends: _, ...shown } = put ?? {};
    terminal.printJson({
      version: 1,
      ...(on !== undefined && { on }),
      checks: found,
      ...shown,
    });
  } else {
    terminal.print(...found.flatMap((item) => lines(item, terminal.out)));
    if (put) terminal.print(...commandLines(put, { on: on!, style: terminal.out }));
  }
  const carriesOut = options.put && put !== undefined && put.commands.length > 0;
  if (failed > 0 && !(carriesOut && put.mends)) {
    terminal.say(`${count(failed, "check")} failed${options.put ? "; nothing was carried out" : ""}`);
    return exitCodes.failed;
  }
  if (carriesOut) {
    const { carryOut } = await import("../doctor/put.ts");
    const code = await carryOut(put, { on: on!, terminal, asks: !options.yes });
    if (code !== exitCodes.clean) return code;
    if (failed > 0) return await lookAgain(options, terminal);
  }
  const isLive = platforms.some(({ name, live }) => name === on && live?.can.includes("pipelines"));
  if (isLive) terminal.suggest(`baton status --on ${on}`, "when it is there");
  else if (on !== undefined) terminal.suggest(`baton generate ${on} --check`, "are the committed files up to date?");
  else terminal.suggest("baton plan", "this machine is ready");
  return exitCodes.clean;
};

/** What was carried out may not have been all: only what is there now says it. */
async function lookAgain(options: Options, terminal: Terminal): Promise<ExitCode> {
  const { checkUps } = await readiness(options, terminal);
  const failed = checkUps.map(inWords).filter(({ verdict }) => verdict === "fail");
  terminal.say("");
  if (failed.length === 0) {
    terminal.say("nothing fails any more");
    return exitCodes.clean;
  }
  for (const one of failed) terminal.say(...lines(one, terminal.err));
  terminal.say(`${count(failed.length, "check")} failed`);
  return exitCodes.failed;
}

async function repair(project: Project, terminal: Terminal): Promise<void> {
  const { repairState } = await import("../doctor/repair.ts");
  terminal.say(...(await repairState(project, terminal.cwd)));
}

/** This machine says what it has also where there is no delivery to ask about. */
async function readiness({ on, config, layout, format }: Options, terminal: Terminal): Promise<ReadinessView> {
  const host = await connect(terminal, { on, config, layout, format });
  if (!host.ok && on === undefined) return await readinessHere(host, terminal);
  return answered(await answered(host).readiness());
}

function commandLines(
  { does, commands, after = [] }: NonNullable<ReadinessView["put"]>,
  { on, style }: { on: string; style: Style },
): string[] {
  const place = askable.find(({ name }) => name === on)!.place;
  const what = does === "create" ? `to put it on ${place}` : `to bring ${place} up to date`;
  const listed = (title: string, all: readonly string[]) =>
    all.length === 0 ? [] : ["", style.strong(title), ...all.flatMap((command) => `  ${command}`.split("\n"))];
  return [...listed(what, commands), ...listed("when these deliver, to take away what delivers the same", after)];
}

function lines({ verdict, name, text, remedy }: CheckUp, style: Style): string[] {
  const found = `${name}: ${text}`
    .split("\n")
    .map((line, at) => (at === 0 ? `${mark(verdict, style)}  ${line}` : `      ${line}`));
  return remedy === undefined ? found : [...found, ...`      ${style.faint("remedy:")} ${remedy}`.split("\n")];
}

function mark(verdict: CheckUp["verdict"], style: Style): string {
  switch (verdict) {
    case "ok":
      return style.good("ok  ");
    case "warn":
      return style.warning("warn");
    case "fail":
      return style.bad("fail");
    default:
      return verdict satisfies never;
  }
}

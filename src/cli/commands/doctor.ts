import { findProject, type Project } from "../../control/project.ts";
import type { CodePipelineOptions } from "../codepipeline/definition.ts";
import type { CommandModule } from "../command.ts";
import type { CheckUp } from "../doctor/check-up.ts";
import { checkUps } from "../doctor/check-ups.ts";
import type { Readiness } from "../doctor/codepipeline/readiness.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { count } from "../terminal/duration.ts";
import type { Style } from "../terminal/style.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description(
      "Check that this machine has what the delivery needs: programs and their versions, git, secrets, the state folder and its disk.",
    )
    .option("--repair", "first keep what is whole of a damaged state folder and put the rest aside")
    .option("--on <SERVICE>", "check what putting generated pipelines there needs, and say the commands: codepipeline")
    .option("--layout <LAYOUT>", "with --on: as for baton generate codepipeline")
    .option("--format <FORMAT>", "with --on: as for baton generate codepipeline");
  examples(command, [
    ["baton doctor", "one line for each check, with the remedy where one is needed"],
    ["baton doctor --repair", "after a command said that the journal is damaged"],
    ["baton doctor --on codepipeline", "whether pipelines can be put on AWS from here, and how"],
  ]);
};

interface Options extends CodePipelineOptions, JsonOptions {
  on?: string;
  repair?: true;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as Options;
  const { json, config, on, layout, format } = options;
  if (on === undefined && (layout ?? format) !== undefined) {
    throw new UsageError("--layout and --format say nothing without --on codepipeline");
  }
  if (options.repair && on !== undefined) throw new UsageError("--repair says nothing with --on");
  if (options.repair) await repair(findProject(terminal, { config }), terminal);
  const ready = on === undefined ? undefined : await readiness(on, { options, terminal });
  const found = ready?.checkUps ?? (await checkUps(terminal, { config }));
  const failed = found.filter(({ verdict }) => verdict === "fail").length;
  if (json) {
    terminal.printJson({
      version: 1,
      ...(on !== undefined && { on }),
      checks: found,
      ...(ready && { does: ready.does, commands: ready.commands }),
    });
  } else {
    terminal.print(...found.flatMap((item) => lines(item, terminal.out)));
    if (ready) terminal.print(...commandLines(ready, terminal.out));
  }
  if (failed > 0) {
    terminal.say(`${count(failed, "check")} failed`);
    return exitCodes.failed;
  }
  if (ready) terminal.suggest("baton status --on codepipeline", "when it is there");
  else terminal.suggest("baton plan", "this machine is ready");
  return exitCodes.clean;
};

async function repair(project: Project, terminal: Terminal): Promise<void> {
  const { repairState } = await import("../doctor/repair.ts");
  terminal.say(...(await repairState(project, terminal.cwd)));
}

async function readiness(
  service: string,
  { options, terminal }: { options: CodePipelineOptions; terminal: Terminal },
): Promise<Readiness> {
  if (service !== "codepipeline") {
    throw new UsageError(`--on ${service}: there is no such service`, { next: "baton doctor --on codepipeline" });
  }
  const { readinessOnCodePipeline } = await import("../doctor/codepipeline/readiness.ts");
  return await readinessOnCodePipeline(options, terminal);
}

function commandLines({ does, commands }: Readiness, style: Style): string[] {
  const what = does === "create" ? "to put it on AWS" : "to bring AWS up to date";
  return ["", style.strong(what), ...commands.flatMap((command) => `  ${command}`.split("\n"))];
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

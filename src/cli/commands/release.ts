import { answered } from "../../control/control.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { releaseMarkdown } from "../release/markdown.ts";
import { diffLines, listLines, releaseLines } from "../release/text.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description("List releases and where they are, show one with what is new in it, or what is between two.")
    .argument("[ACTION]", "list (default), show or diff")
    .argument("[A]", "a release by its number (default: the newest); for diff also an environment: what it has now")
    .argument("[B]", "for diff: the other one")
    .option("--markdown", "notes to paste elsewhere: commits by pipeline, configuration, outputs, files")
    .option("--releases <N>", "how many to list", "20");
  examples(command, [
    ["baton release list", "releases, and the environments that have them"],
    ["baton release show 12", "what is in release 12, and since the one before it"],
    ["baton release diff prod 12", "what prod would get with release 12"],
    ["baton release show 12 --markdown", "release notes"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  markdown?: true;
  releases: string;
}

export const run: CommandModule["run"] = async ({ terminal, args: [action = "list", a, b], options: given }) => {
  const options = given as unknown as Options;
  const { json, markdown, config } = options;
  if (json && markdown) throw new UsageError("--json and --markdown exclude each other");
  const { host } = await connected(terminal, { config });
  const { out } = terminal;
  const now = Date.now();
  if (action === "list") {
    const most = Number(options.releases);
    if (!Number.isInteger(most) || most < 1)
      throw new UsageError(`--releases ${options.releases} is not a number from 1`);
    if (markdown) throw new UsageError("--markdown is for show and diff");
    const view = answered(await host.releases({ most }));
    if (json) terminal.printJson(view);
    else terminal.print(...listLines(view, { out, now }));
    terminal.suggest(`baton release show ${view.releases[0]?.release ?? ""}`.trim(), "what is in it");
    return exitCodes.clean;
  }
  if (action === "show") {
    const view = answered(await host.release(a));
    if (json) terminal.printJson(view);
    else if (markdown) terminal.print(...releaseMarkdown(view));
    else terminal.print(...releaseLines(view, { out, now }));
    return exitCodes.clean;
  }
  if (action !== "diff") throw new UsageError(`release ${action}: there is list, show and diff`);
  if (a === undefined || b === undefined) {
    throw new UsageError("release diff compares two: give two releases, or an environment and a release", {
      next: "baton release diff prod 12",
    });
  }
  const view = answered(await host.compare({ from: a, to: b }));
  if (json) terminal.printJson(view);
  else if (markdown) terminal.print(...releaseMarkdown(view));
  else terminal.print(...diffLines(view, { out, now }));
  return exitCodes.clean;
};

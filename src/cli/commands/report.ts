import { answered } from "../../control/control.ts";
import { parseDuration } from "../../model/duration.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { reportLines, reportMarkdown } from "../release/report-text.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description(
      "Show how often each environment was deployed to, how long commits took there, how much failed and was mended, who was " +
        "waited for, and which jobs are slow or flaky.",
    )
    .option("--since <DURATION>", "how far back: 90d, 12h", "90d")
    .option("--markdown", "to paste elsewhere");
  examples(command, [
    ["baton report", "the last 90 days"],
    ["baton report --since 30d --markdown", "a month, to be pasted"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  since: string;
  markdown?: true;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const { json, markdown, config, since } = given as unknown as Options;
  if (json && markdown) throw new UsageError("--json and --markdown exclude each other");
  const lasts = parseDuration(since);
  if (lasts === undefined)
    throw new UsageError(`--since ${since} is no duration`, { next: "90d, 12h and 1h30m are some" });
  const { host } = await connected(terminal, { config });
  const now = Date.now();
  const view = answered(await host.report({ since: now - lasts, until: now }));
  if (json) terminal.printJson(view);
  else if (markdown) terminal.print(...reportMarkdown(view));
  else if (view.jobs.length + view.environments.length === 0) terminal.say(`nothing was run in the last ${since}`);
  else terminal.print(...reportLines(view, terminal.out));
  return exitCodes.clean;
};

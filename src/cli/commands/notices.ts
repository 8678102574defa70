import { answered } from "../../control/control.ts";
import type { NoticesView, TargetView } from "../../control/views/notices.ts";
import { count } from "../../findings/count.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { clockTime, dayTime } from "../terminal/duration.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description(
      "List who is told of what happens and what did not get there, send that again, or try whether notices get to a target.",
    )
    .argument("[ACTION]", "list (default), retry or test")
    .argument("[TARGET]", "whom (default: all; test asks for one)")
    .option("--secrets-file <FILE>", "NAME=value lines with addresses; others from the environment");
  examples(command, [
    ["baton notices", "what waits, what was given up, and why"],
    ["baton notices retry team", "sends both again, at once"],
    ["baton notices test team", "sends it something to be seen there"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  secretsFile?: string;
}

export const run: CommandModule["run"] = async ({ terminal, args: [action = "list", target], options: given }) => {
  const { config, json, secretsFile } = given as Options;
  if (action !== "list" && action !== "retry" && action !== "test") {
    throw new UsageError(`notices ${action}: there is list, retry and test`);
  }
  const { host, by } = await connected(terminal, { config });
  if (action === "test") {
    if (target === undefined) throw new UsageError("notices test: whom?", { next: "baton notices test TARGET" });
    const view = answered(await host.testNotice({ target, secretsFile }, by));
    if (json) terminal.printJson(view);
    else if (view.isTaken) terminal.print(`${target} took it: look whether it is there (${view.kind})`);
    else terminal.say(`it did not get to ${target} (${view.kind}): ${view.because}`);
    if (!view.isTaken) terminal.suggest(`baton notices test ${target}`, "again, once that is put right");
    return view.isTaken ? exitCodes.clean : exitCodes.failed;
  }
  if (action === "list") {
    const view = only(answered(await host.notices({ secretsFile })), target);
    if (json) terminal.printJson(view);
    else print(terminal, view, "baton notices retry");
    return exitCodes.clean;
  }
  const view = answered(await host.retryNotices({ target, secretsFile }));
  if (json) terminal.printJson(view);
  else print(terminal, only(view, target), undefined);
  if (!json && view.delivered > 0) terminal.say(`${count(view.delivered, "notice")} delivered after all`);
  const isLeft = ({ targets, undelivered }: NoticesView) =>
    undelivered.length > 0 || targets.some(({ waiting }) => waiting.length > 0);
  return isLeft(only(view, target)) ? exitCodes.failed : exitCodes.clean;
};

function only<View extends NoticesView>(view: View, target: string | undefined): View {
  if (target === undefined) return view;
  return {
    ...view,
    targets: view.targets.filter(({ name }) => name === target),
    undelivered: view.undelivered.filter((one) => one.target === target),
  };
}

/** `again`: what sends once more what is left; undefined where that has just been tried. */
function print(terminal: Terminal, { targets, undelivered }: NoticesView, again: string | undefined): void {
  if (targets.length === 0) {
    terminal.say("nobody is told of anything: the newest run had no notices in its definition");
    terminal.suggest("baton status", "what happens");
    return;
  }
  const rows = targets.map((target) => [
    target.name,
    target.kind ?? "no more in the definition",
    target.on.join(", "),
    target.environments.length === 0 ? "everywhere" : target.environments.join(", "),
    stateOf(target),
  ]);
  terminal.print(...table(rows));
  for (const { name, waiting } of targets) {
    if (waiting.length > 0) terminal.print("", `${name} was not told yet`, ...lines(waiting));
  }
  if (undelivered.length > 0) {
    const given = undelivered.map(({ target, notice, seq, givenUpAt, failure }) => [
      dayTime(notice?.at ?? givenUpAt),
      target,
      notice?.title ?? `event ${seq}, which is gone`,
      failure,
    ]);
    terminal.print("", "given up", ...table(given, "  "));
  }
  const left = targets.filter(
    ({ name, waiting }) => waiting.length > 0 || undelivered.some(({ target }) => target === name),
  );
  const missing = [...new Set(left.flatMap((target) => target.missing))];
  if (missing.length > 0) {
    const names = missing.join(" and ");
    terminal.suggest("baton notices retry --secrets-file FILE", `with NAME=value lines for ${names}; or set ${names}`);
  } else if (left.length > 0 && again !== undefined) terminal.suggest(again, "sends them again");
  else if (left[0]) terminal.suggest(`baton notices test ${left[0].name}`, "whether it gets there by now");
}

const lines = (waiting: TargetView["waiting"]) =>
  table(
    waiting.map(({ at, title }) => [dayTime(at), title]),
    "  ",
  );

function stateOf({ waiting, missing, failure, attempts, nextAt }: TargetView): string {
  if (missing.length > 0) return `${missing.join(" and ")} not set here`;
  if (failure === undefined || waiting.length === 0)
    return waiting.length === 0 ? "told" : `${waiting.length} to be told`;
  // Nobody has tried who could: credentials or a package are not there.
  if (attempts === 0) return failure;
  const again = nextAt === undefined ? "" : `, again at ${clockTime(nextAt)}`;
  return `${failure} (tried ${count(attempts, "time")}${again})`;
}

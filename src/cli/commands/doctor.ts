import type { CommandModule } from "../command.ts";
import type { CheckUp } from "../doctor/check-up.ts";
import { checkUps } from "../doctor/check-ups.ts";
import { exitCodes } from "../problem.ts";
import { count } from "../terminal/duration.ts";
import type { Style } from "../terminal/style.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command)).description(
    "Check that this machine has what the delivery needs: programs and their versions, git, secrets, the state folder and its disk.",
  );
  examples(command, [["baton doctor", "one line for each check, with the remedy where one is needed"]]);
};

export const run: CommandModule["run"] = async ({ terminal, options }) => {
  const { json, config } = options as ConfigOptions & JsonOptions;
  const found = await checkUps(terminal, { config });
  const failed = found.filter(({ verdict }) => verdict === "fail").length;
  if (json) terminal.printJson({ version: 1, checks: found });
  else terminal.print(...found.flatMap((item) => lines(item, terminal.out)));
  if (failed > 0) {
    terminal.say(`${count(failed, "check")} failed`);
    return exitCodes.failed;
  }
  terminal.suggest("baton plan", "this machine is ready");
  return exitCodes.clean;
};

function lines({ verdict, name, text, remedy }: CheckUp, style: Style): string[] {
  const first = `${mark(verdict, style)}  ${name}: ${text}`;
  return remedy === undefined ? [first] : [first, `      ${style.faint("remedy:")} ${remedy}`];
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

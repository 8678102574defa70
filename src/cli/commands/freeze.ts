import { answered } from "../../control/control.ts";
import { parseDuration } from "../../model/duration.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { dayTime } from "../terminal/duration.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(configOption(command))
    .description(
      "Freeze an environment: until then no run begins to deploy there. What deploys now goes on to its end, and what comes " +
        "waits in line. A second freeze takes the place of the first.",
    )
    .argument("[ENV]", "the environment")
    .option(
      "--until <WHEN>",
      "2026-12-24T08:00 (local time; Z or +01:00 behind it: there), a day, or for how long: 2h, 3d",
    )
    .option("--reason <TEXT>", "for everybody who is held up by it");
  examples(command, [
    ['baton freeze prod --until 2026-12-28T08:00 --reason "Christmas"', ""],
    ['baton freeze prod --until 2h --reason "We look for a fault"', "for two hours from now"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  until?: string;
  reason?: string;
}

export const run: CommandModule["run"] = async ({ terminal, args: [environment], options: given }) => {
  const { until: when, reason, config, json } = given as Options;
  const next = 'baton freeze ENV --until WHEN --reason "WHY"';
  if (environment === undefined) throw new UsageError("freeze: which environment?", { next });
  if (when === undefined) throw new UsageError("freeze: until when?", { next });
  if (reason === undefined || reason.trim() === "") throw new UsageError("freeze: why?", { next });
  const until = timeOf(when, Date.now());
  if (until === undefined) {
    throw new UsageError(`--until ${when} is no time`, {
      next: "2026-12-24T08:00 is one, 2026-12-24 is the beginning of that day, 2h is in two hours",
    });
  }
  const { host, by } = await connected(terminal, { config });
  const frozen = answered(await host.freeze({ environment, until, reason }, by));
  if (json) terminal.printJson(frozen);
  else terminal.print(`${environment} is frozen until ${dayTime(until)}: ${reason}`);
  terminal.suggest(`baton thaw ${environment}`, "ends it before");
  return exitCodes.clean;
};

/** Milliseconds since the epoch. What names no zone is local time, a day alone as well. */
export function timeOf(text: string, now: number): number | undefined {
  const lasts = parseDuration(text);
  if (lasts !== undefined) return now + lasts;
  const [, day, time = "00:00", zone = ""] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text) ?? [];
  if (day === undefined) return undefined;
  const at = Date.parse(`${day}T${time}${zone}`);
  // The 31st of February is no day, whatever a parser makes of it.
  const isDay = new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) === true;
  return Number.isNaN(at) || !isDay ? undefined : at;
}

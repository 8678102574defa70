import { answered } from "../../control/control.ts";
import type { AuditEntry, ChainHead } from "../../control/views/audit.ts";
import { count } from "../../findings/count.ts";
import { parseDuration } from "../../model/duration.ts";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { dayTime } from "../terminal/duration.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description(
      "Show who ran, promoted, approved, cancelled, froze and rolled back what, when and why, newest first; or verify that " +
        "nobody has changed what the journal says.",
    )
    .argument("[ACTION]", "list (default) or verify")
    .argument("[HEAD]", "for verify: a head that was printed before and kept elsewhere")
    .option("--env <ENV>", "only what concerns this environment")
    .option("--since <DURATION>", "only what is not older: 90d, 12h")
    .option("--entries <N>", "how many to list", "50");
  examples(command, [
    ["baton audit --env prod --since 30d", "who did what to prod in the last 30 days"],
    ["baton audit --json --entries 100000", "all of it, for a program"],
    ["baton audit verify", "every event is what was written"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  env?: string;
  since?: string;
  entries: string;
}

export const run: CommandModule["run"] = async ({ terminal, args: [action = "list", head], options: given }) => {
  const { json, config, env, since, entries: wanted } = given as unknown as Options;
  const { host } = await connected(terminal, { config });
  if (action === "verify") {
    const verified = answered(await host.verifyAudit(head === undefined ? {} : { noted: headOf(head) }));
    if (json) terminal.printJson(verified);
    else {
      const { events, runs, head: now } = verified;
      terminal.print(`${count(events, "event")} of ${count(runs, "run")}, each as it was written`);
      if (head !== undefined) terminal.print("and the history of before, gone on");
      if (now !== undefined) terminal.print(`head ${now.seq}:${now.chain}`);
    }
    if (head === undefined && verified.head !== undefined) {
      const { seq, chain } = verified.head;
      terminal.suggest(`baton audit verify ${seq}:${chain}`, "later: whether this is still so; keep it elsewhere");
    }
    return exitCodes.clean;
  }
  if (action !== "list") throw new UsageError(`audit ${action}: there is list and verify`);
  const most = Number(wanted);
  if (!Number.isInteger(most) || most < 1) throw new UsageError(`--entries ${wanted} is not a number from 1`);
  const lasts = since === undefined ? undefined : parseDuration(since);
  if (since !== undefined && lasts === undefined) {
    throw new UsageError(`--since ${since} is no duration`, { next: "90d, 12h and 1h30m are some" });
  }
  const from = lasts === undefined ? undefined : Date.now() - lasts;
  const view = answered(await host.audit({ most, since: from, environment: env }));
  if (json) terminal.printJson(view);
  else if (view.entries.length === 0) terminal.say("nobody did anything yet");
  else terminal.print(...table(view.entries.map((entry) => row(entry, terminal.out))));
  terminal.suggest("baton audit verify", "whether all of it is as it was written");
  return exitCodes.clean;
};

function row({ at, by, deed, run, comment, override, unverified, ...entry }: AuditEntry, out: Style): string[] {
  const said = [
    ...(unverified ? ["unverified"] : []),
    ...(comment === undefined ? [] : [comment]),
    ...(override === undefined ? [] : [out.warning(`all the same: ${override}`)]),
  ];
  return [out.faint(dayTime(at)), by ?? "baton", deed, whatOf(entry), run ?? "", out.faint(said.join("; "))];
}

/** Pipelines on a line; `--json` has all. */
const mostNamed = 4;

function whatOf({ release, environments, pipelines, until, conclusion }: Partial<AuditEntry>): string {
  const where = environments?.join(", ") ?? "";
  if (conclusion !== undefined) return conclusion;
  if (until !== undefined) return `${where} until ${dayTime(until)}`;
  if (pipelines !== undefined) {
    const releases = Object.groupBy(Object.entries(pipelines), ([, number]) => number);
    const brought = Object.entries(releases).map(([number, those = []]) => {
      const names = those.map(([pipeline]) => pipeline);
      const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
      return `release ${number} to ${where}: ${names.slice(0, mostNamed).join(", ")}${more}`;
    });
    return brought.join("; ");
  }
  return [release === undefined ? "" : `release ${release}`, where].filter((part) => part !== "").join(" to ");
}

function headOf(text: string): ChainHead {
  const [, seq, chain] = /^(\d+):([\w-]+)$/.exec(text) ?? [];
  if (seq !== undefined && chain !== undefined) return { seq: Number(seq), chain };
  throw new UsageError(`${text} is no head of a journal`, { next: "baton audit verify  prints one, such as 129:pP3…" });
}

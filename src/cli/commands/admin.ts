import type { JournalCopyView } from "../../control/local/copy-to-database.ts";
import { findProject } from "../../control/project.ts";
import { count } from "../../findings/count.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type ConfigOptions, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(configOption(command))
    .description(
      "Copy the journal to a database of PostgreSQL and back, event for event: a copy that outlives this machine. Each copies only " +
        "what the other side lacks, and refuses what is not the same history. Artifacts and logs are in a backup.",
    )
    .argument("[ACTION]", "export (from here to the database) or import (from there, where no Baton runs)")
    .option(
      "--database <URL>",
      "postgres://USER@HOST/NAME (default: $BATON_DATABASE); its password from PGPASSWORD or ~/.pgpass",
    )
    .option("--delivery <NAME>", "what it is called there (default: as in the definition)")
    .option("--take-over", "export also where the copy is another state folder's, in which nothing runs any more");
  examples(command, [
    [
      "baton admin export --database postgres://baton@db.example.com/baton?sslmode=verify-full",
      "every minute, say: it sends what is new",
    ],
    [
      "baton admin import --database postgres://baton@db.example.com/baton?sslmode=verify-full",
      "on a new machine, or where the journal is lost",
    ],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  database?: string;
  delivery?: string;
  takeOver?: boolean;
}

export const run: CommandModule["run"] = async ({ terminal, args: [action], options }) => {
  const { config, json, delivery, takeOver, database: url = terminal.env.BATON_DATABASE } = options as Options;
  const next = "baton admin export --database postgres://USER@HOST/NAME";
  if (action !== "export" && action !== "import") {
    throw new UsageError(action === undefined ? "admin: what?" : `admin ${action}: there is export and import`, {
      next,
    });
  }
  if (!url) throw new UsageError(`admin ${action}: which database?`, { next: next.replace("export", action) });
  if (takeOver && action === "import") {
    throw new UsageError("admin import --take-over: who imports is the one that exports from then on", {
      next: "baton admin import",
    });
  }
  const place = { project: findProject(terminal, { config }), caller: terminal };
  const { exportJournal, importJournal } = await import("../../control/local/copy-to-database.ts");
  const view = await (action === "export" ? exportJournal : importJournal)(place, { url, delivery, takeOver });
  if (json) terminal.printJson(view);
  else tell(terminal, action, view);
  return view.lost === undefined ? exitCodes.clean : exitCodes.failed;
};

function tell(
  terminal: Terminal,
  action: "export" | "import",
  { delivery, seq, events, open, owed, lost, unprotected }: JournalCopyView,
): void {
  const to = action === "export" ? "in the database" : "here";
  terminal.print(`${delivery}: up to event ${seq} ${to}, ${count(events, "new event")}`);
  if (unprotected !== undefined)
    terminal.say(
      `Nothing protects the way to ${unprotected}: who is on it can read and change the journal. Add ?sslmode=verify-full to the address.`,
    );
  if (action === "export") return;
  if (open.length > 0)
    terminal.say(`${open.join(", ")} had not ended: whatever ran there must not run any more before it goes on here`);
  if (owed.length > 0)
    terminal.say(
      `What failed in ${owed.join(", ")} was not taken back yet: baton serve does so as soon as it starts. Look at baton status first`,
    );
  if (lost !== undefined) {
    terminal.say(`The newest events of the journal are in no copy: ${lost}.`);
    terminal.say(
      "What was deployed and approved last is not known. Put back a newer copy, or let doctor write down what is lost.",
    );
  }
  terminal.suggest(lost === undefined ? "baton doctor" : "baton doctor --repair");
}

import { askingPlatform, platformFor, readForPlatform } from "../../control/platform/wanted.ts";
import { markOf } from "../../platforms/generated.ts";
import type { Platform } from "../../platforms/platform.ts";
import { platforms } from "../../platforms/platforms.ts";
import type { WrittenPipelines } from "../../platforms/writer.ts";
import type { CommandModule } from "../command.ts";
import { UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { conclude, type GenerateOptions } from "./generate-outcome.ts";
import { configOption, examples, jsonOption } from "./options.ts";

const writers = platforms.flatMap(({ name, writing }) => (writing === undefined ? [] : [{ name, ...writing }]));

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(configOption(command))
    .argument("[SERVICE]", writers.map(({ name }) => name).join(" or "))
    .description("Write native pipelines that do what the definition says and need no Baton at run time.")
    .option("--layout <LAYOUT>", choices(writers.map(({ name, layouts }) => [name, layouts])))
    .option("--format <FORMAT>", choices(writers.map(({ name, formats }) => [name, formats])))
    .option("--out <DIR>", "root of the repository to write into (default: the definition's folder)")
    .option("--check", "write nothing; fail with a diff when a committed file is not what would be written")
    .option("--dry-run", "write nothing; print what would change as a diff")
    .option("--force", "overwrite files that Baton did not write");
  const [first] = writers;
  examples(command, [
    ...writers.flatMap((one) => one.examples),
    [`baton generate ${first!.name} --dry-run`, "look first"],
    [`baton generate ${first!.name} --check`, "in CI: are the committed files up to date?"],
  ]);
};

/** `github: orchestrated (default), chained or per-environment; codepipeline: …`, of those that have a choice. */
function choices(all: readonly (readonly [string, readonly string[]])[]): string {
  const having = all.filter(([, [, ...others]]) => others.length > 0);
  return having.map(([name, [first, ...others]]) => `${name}: ${listed([`${first} (default)`, ...others])}`).join("; ");
}

const listed = (names: readonly string[]) => `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;

export const run: CommandModule["run"] = async ({ terminal, args: [service], options: given }) => {
  if (service === undefined) {
    const next = writers.map(({ name }) => `baton generate ${name}`).join(", or ");
    throw new UsageError("for which service?", { next });
  }
  const options = given as GenerateOptions;
  const platform = platformFor(service, "writing");
  const { wanted, root } = await readForPlatform(platform, options, terminal);
  const { delivery } = wanted;
  const writer = await platform.writing.load();
  const written = await askingPlatform(delivery, terminal, () => writer.write(wanted));
  const { layout, format, files, settings, notes } = written;
  const config = options.config === undefined ? "" : ` --config ${options.config}`;
  return conclude({
    options,
    terminal,
    delivery: delivery.name,
    wanted: { root, files, mark: markOf(delivery.name) },
    command: `baton generate ${platform.name} --layout ${layout}${format === undefined ? "" : ` --format ${format}`}${config}`,
    json: () => ({ layout, ...(format && { format }), ...(settings && { settings }), ...(notes && { notes }) }),
    tell: (where) => tell(written, { where, platform, terminal }),
  });
};

function tell(
  { notes = [], settings = [], next }: WrittenPipelines,
  { where, platform, terminal }: { where: string; platform: Platform; terminal: Terminal },
): void {
  for (const note of notes) terminal.say("", ...`note: ${note}`.split("\n"));
  if (settings.length > 0) {
    terminal.say("", `Settings to make on ${platform.title} once, in the repository:`);
    for (const { why, command } of settings) terminal.say(`  ${terminal.err.faint(`# ${why}`)}`, `  ${command}`);
  }
  for (const { command, why } of next(where)) terminal.suggest(command, why);
}

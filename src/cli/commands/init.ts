import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { definitionNames } from "../../control/definition/find.ts";
import { findRepositoryRoot, readWorktree } from "../../control/local/machine.ts";
import type { CommandModule } from "../command.ts";
import type { Draft } from "../init/draft.ts";
import { starterPipelines } from "../init/draft.ts";
import { lookAround, nameFrom } from "../init/look-around.ts";
import { exitCodes, Failure, UsageError } from "../problem.ts";
import { examples } from "./options.ts";

const formats = ["ts", "yaml"] as const;

export const describe: CommandModule["describe"] = (command) => {
  command
    .description(
      "Write a first definition into this folder: a pipeline for each Terraform folder and Node.js package that is found, or a small one to start from.",
    )
    .option("--format <FORMAT>", "ts or yaml (default: ts where there is a package.json, else yaml)");
  examples(command, [
    ["baton init", "write baton.config.ts or baton.yaml"],
    ["baton init --format yaml", "write baton.yaml"],
  ]);
};

export const run: CommandModule["run"] = async ({ terminal, options }) => {
  const { cwd } = terminal;
  const format = formatFor(cwd, options.format as string | undefined);
  const existing = definitionNames.find((name) => existsSync(join(cwd, name)));
  if (existing !== undefined) {
    throw new UsageError(`${existing} is here already; nothing was written`, {
      next: "baton plan  shows what it does",
    });
  }
  const found = lookAround(cwd);
  const draft: Draft = {
    name: deliveryName(cwd),
    branch: await branchOf(cwd),
    pipelines: found.length > 0 ? found : starterPipelines,
  };
  const file = format === "ts" ? "baton.config.ts" : "baton.yaml";
  write(join(cwd, file), await textOf(draft, format));
  terminal.say(
    found.length > 0
      ? `${file}: ${found.map(({ name, folder }) => `${name} (${folder ?? "this folder"})`).join(", ")}`
      : `${file}: a small delivery to start from, as no Terraform and no package with tests or a build was found`,
  );
  if (found.length > 0) terminal.suggest("baton plan", "what it would do; read the file first, it is a draft");
  else terminal.suggest("baton run", "it only prints; then make it yours");
  return exitCodes.clean;
};

function formatFor(cwd: string, given: string | undefined): (typeof formats)[number] {
  if (given === undefined) return existsSync(join(cwd, "package.json")) ? "ts" : "yaml";
  const format = formats.find((known) => known === given);
  if (format === undefined) {
    throw new UsageError(`--format ${given}: there is no such format`, { next: `use ${formats.join(" or ")}` });
  }
  return format;
}

async function textOf(draft: Draft, format: (typeof formats)[number]): Promise<string> {
  if (format === "ts") return (await import("../init/write-typescript.ts")).writeTypescript(draft);
  return (await import("../init/write-yaml.ts")).writeYaml(draft);
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    throw new Failure(`${basename(file)} cannot be written: ${(error as Error).message}`, {
      next: "go to a folder in which you may write",
    });
  }
}

function deliveryName(cwd: string): string {
  const file = join(cwd, "package.json");
  let given = "";
  try {
    given = String((JSON.parse(readFileSync(file, "utf8")) as { name?: unknown }).name ?? "");
  } catch {
    // Without a package that can be read, the folder gives its name.
  }
  return nameFrom(given, nameFrom(basename(cwd), "shop"));
}

async function branchOf(cwd: string): Promise<string> {
  const root = findRepositoryRoot(cwd);
  return (root && (await readWorktree(root)).branch) || "main";
}

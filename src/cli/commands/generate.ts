import type { CommandModule } from "../command.ts";
import { UsageError } from "../problem.ts";
import type { GenerateOptions } from "./generate-outcome.ts";
import { configOption, examples, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(configOption(command))
    .argument("<SERVICE>", "github or codepipeline")
    .description("Write native pipelines that do what the definition says and need no Baton at run time.")
    .option(
      "--layout <LAYOUT>",
      "github: orchestrated (default), chained or per-environment; codepipeline: single (default) or separate",
    )
    .option("--format <FORMAT>", "codepipeline: cloudformation (default), terraform or cdk")
    .option("--out <DIR>", "root of the repository to write into (default: the definition's folder)")
    .option("--check", "write nothing; fail with a diff when a committed file is not what would be written")
    .option("--dry-run", "write nothing; print what would change as a diff")
    .option("--force", "overwrite files that Baton did not write");
  examples(command, [
    ["baton generate github", "one entry workflow, one called workflow for each pipeline"],
    ["baton generate github --layout chained", "one workflow for each pipeline, joined by workflow_run"],
    ["baton generate codepipeline", "one CodePipeline for each branch, as CloudFormation"],
    ["baton generate codepipeline --format terraform", "the same as Terraform"],
    ["baton generate github --dry-run", "look first"],
    ["baton generate github --check", "in CI: are the committed files up to date?"],
  ]);
};

export const run: CommandModule["run"] = async ({ terminal, args, options }) => {
  const [service] = args;
  if (service === "github") {
    const { generateGithub } = await import("./generate-github.ts");
    return await generateGithub(options as GenerateOptions, terminal);
  }
  if (service === "codepipeline") {
    const { generateCodePipeline } = await import("./generate-codepipeline.ts");
    return await generateCodePipeline(options as GenerateOptions, terminal);
  }
  throw new UsageError(`${service ?? "nothing"}: there is no such service to write for`, {
    next: "baton generate github, or baton generate codepipeline",
  });
};

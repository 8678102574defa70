import { join } from "node:path";
import { markOf } from "../../platforms/codepipeline/write/header.ts";
import type { WrittenFile } from "../../platforms/codepipeline/write/options.ts";
import { writeCodePipeline } from "../../platforms/codepipeline/write/write.ts";
import { readForCodePipeline, writing } from "../codepipeline/definition.ts";
import type { ExitCode } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { conclude, type GenerateOptions } from "./generate-outcome.ts";

/** What CloudFormation wants to be told about the roles of a template. */
const capability = ([template]: readonly WrittenFile[]) =>
  /^ +RoleName:/m.test(template!.text) ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM";

/** A larger template goes to CloudFormation by way of a bucket. */
const inlineLimitBytes = 51_200;

export async function generateCodePipeline(options: GenerateOptions, terminal: Terminal): Promise<ExitCode> {
  const { place, delivery, write } = await readForCodePipeline(options, terminal);
  const { files, notes } = writing(() => writeCodePipeline(delivery, write));
  const config = options.config === undefined ? "" : ` --config ${options.config}`;
  return conclude({
    options,
    terminal,
    delivery: delivery.name,
    wanted: { root: place.root, files, mark: markOf(delivery.name) },
    command: `baton generate codepipeline --layout ${write.layout} --format ${write.format}${config}`,
    json: () => ({ layout: write.layout, format: write.format, notes }),
    tell(where) {
      for (const note of notes) terminal.say("", `note: ${note}`);
      terminal.suggest(
        createCommand(where),
        "creates it; commit the files first, the builds read them from the source",
      );
    },
  });

  function createCommand(where: string): string {
    const place = join(where, write.folder);
    switch (write.format) {
      case "cloudformation": {
        const isLarge = Buffer.byteLength(files[0]!.text) > inlineLimitBytes;
        return `aws cloudformation deploy --stack-name ${delivery.name}-pipelines --template-file ${place}/pipeline.yaml${isLarge ? " --s3-bucket …" : ""} --capabilities ${capability(files)} --parameter-overrides ConnectionArn=… Repository=…`;
      }
      case "terraform":
        return `terraform -chdir=${place} init && terraform -chdir=${place} apply -var connection_arn=… -var repository=…`;
      case "cdk":
        return `npm install aws-cdk-lib constructs && npx cdk deploy --app 'node ${place}/app.ts' --parameters ConnectionArn=… --parameters Repository=…`;
      default:
        return write.format satisfies never;
    }
  }
}

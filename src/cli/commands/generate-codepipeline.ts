import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { markOf } from "../../platforms/codepipeline/write/header.ts";
import {
  CannotWrite,
  formats,
  layouts,
  type Settings,
  settingsSchema,
  type WriteOptions,
  type Written,
} from "../../platforms/codepipeline/write/options.ts";
import { writeCodePipeline } from "../../platforms/codepipeline/write/write.ts";
import { loadDefinition } from "../definition/load.ts";
import { findPlace } from "../place.ts";
import { type ExitCode, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { conclude, type GenerateOptions } from "./generate-outcome.ts";

/** A larger template goes to CloudFormation by way of a bucket. */
const inlineLimitBytes = 51_200;

const settingsFile = "baton.codepipeline.yaml";

export async function generateCodePipeline(options: GenerateOptions, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(terminal, options);
  const delivery = await loadDefinition(place.file, terminal);
  const { root } = place;
  const folder =
    options.out === undefined ? "codepipeline" : insideOf(root, resolve(terminal.cwd, options.out), options.out);
  const settings = readSettings(root);
  const write: WriteOptions = {
    layout: oneOf(layouts, "layout", options.layout ?? settings.layout),
    format: oneOf(formats, "format", options.format ?? settings.format),
    settings,
    root: settings.root ?? (place.repository === undefined ? "" : relative(place.repository, root)),
    folder,
  };
  const { files, notes } = written();
  const config = options.config === undefined ? "" : ` --config ${options.config}`;
  return conclude({
    options,
    terminal,
    delivery: delivery.name,
    wanted: { root, files, mark: markOf(delivery.name) },
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

  function written(): Written {
    try {
      return writeCodePipeline(delivery, write);
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error;
      throw new UsageError(error.message, error.next === undefined ? {} : { next: error.next });
    }
  }

  function createCommand(where: string): string {
    const place = join(where, folder);
    switch (write.format) {
      case "cloudformation": {
        const isLarge = Buffer.byteLength(files[0]!.text) > inlineLimitBytes;
        return `aws cloudformation deploy --stack-name ${delivery.name}-pipelines --template-file ${place}/pipeline.yaml${isLarge ? " --s3-bucket …" : ""} --capabilities CAPABILITY_IAM --parameter-overrides ConnectionArn=… Repository=…`;
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

function oneOf<T extends string>(known: readonly T[], option: string, given: string): T {
  const found = known.find((name) => name === given);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} ${given}: there is no such ${option}`, { next: `use ${known.join(", ")}` });
}

/** The builds read their commands from the source, so they must be in it. */
function insideOf(root: string, folder: string, given: string): string {
  const way = relative(root, folder);
  if (way !== "" && !way.startsWith("..")) return way;
  throw new UsageError(`--out ${given}: is not a folder below the definition's, ${root}`, {
    next: "name a folder below the definition: the builds read their commands from the source",
  });
}

function readSettings(root: string): Settings {
  const file = join(root, settingsFile);
  let content: unknown = {};
  if (existsSync(file)) {
    try {
      content = parse(readFileSync(file, "utf8")) ?? {};
    } catch (error) {
      throw new UsageError(`${settingsFile} cannot be read: ${(error as Error).message}`);
    }
  }
  const read = settingsSchema.safeParse(content);
  if (read.success) return read.data;
  throw new UsageError(`${settingsFile} is not accepted:\n${z.prettifyError(read.error)}`);
}

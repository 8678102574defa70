/** The programs of separate pipelines: what keeps builds, and the function that releases, with the plan of a delivery in it. */

import { readFileSync } from "node:fs";
import { sourceAction } from "../fixed-names.ts";
import { functionProgram, variableOf } from "../functions/function-program.ts";
import type { Source } from "../sources.ts";
import type { Plan } from "./program/releases.cjs";

/** Variable of a deploying CodePipeline: which release a person wants. */
export const releaseVariable = "BATON_RELEASE";

const folder = new URL("./program/", import.meta.url);

/** For bash. */
export const keepProgram = (): string => readFileSync(new URL("keep.sh", folder), "utf8");

/** Reads `BUCKET` and `TOPIC` from its environment. */
export const releasesProgram = (
  plan: Plan,
  { revisionType, chats = false }: Pick<Source, "revisionType"> & { chats?: boolean },
): string =>
  functionProgram({
    folder,
    chats,
    files: ["selection.cjs", "records.cjs", "retention.cjs", "releases.cjs", "aws.cjs"],
    clients: { s3: "S3Client", codepipeline: "CodePipelineClient", sns: "SNSClient" },
    plan,
    settings: {
      source: JSON.stringify(sourceAction),
      revisionType: JSON.stringify(revisionType),
      variable: JSON.stringify(releaseVariable),
      bucket: variableOf("BUCKET"),
      topic: variableOf("TOPIC"),
      region: variableOf("AWS_REGION"),
      now: "Date.now",
    },
  });

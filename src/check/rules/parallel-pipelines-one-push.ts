import { identity, readable, readableIdentity } from "../../facts/staged.ts";
import type { Place } from "../../findings/source.ts";
import type { Claim } from "../../simulation/claim.ts";
import {
  bucketOf,
  coStart,
  coStartOf,
  jobOf,
  type PipelineView,
  pipelineViews,
  type ResourceUse,
  samePipeline,
  whereOf,
} from "../analysis/cross-platform.ts";
import { type Overlap, overlapOf } from "../analysis/overlap.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Rule } from "../rule.ts";

export const parallelPipelinesOnePush: Rule = {
  id: "parallel-pipelines-one-push",
  severity: "error",
  kind: "race",
  title: "two pipelines start on one push and one reads what the other deploys",
  why: "Nothing orders two pipelines: the reader may be done before the writer has begun, and then uses what the last push left, or finds nothing at all on the first one.",
  url: awsDocumentation.executions,
  *find(analysis) {
    const views = pipelineViews(analysis);
    for (const writer of views) {
      for (const reader of views) {
        if (samePipeline(writer, reader) || (writer.platform === "jobs" && reader.platform === "jobs")) continue;
        const link = coStart(writer, reader) && linkOf(writer, reader);
        if (!link) continue;
        const doings = [
          [writer, link.last],
          [reader, link.first],
        ] as const;
        const start = coStartOf(analysis, ...doings);
        const overlap = start && overlapOf(analysis, start, doings);
        if (!overlap) continue;
        yield {
          message: `${reader.label} reads ${link.what} while ${writer.label} may still deploy it: both start on one push and nothing orders them`,
          at: link.readAt,
          related: [
            { at: link.writtenAt, message: `${writer.label} deploys it: ${link.writer}` },
            { at: start.a.at, message: `${writer.label} starts on ${start.words} (${start.a.by})` },
            { at: start.b.at, message: `${reader.label} starts on the same push (${start.b.by})` },
          ],
          confidence: start.apart ? "low" : "high",
          severity: start.apart ? "warning" : "error",
          schedule: [overlap.line, `${link.reader} reads ${link.what}`, `${link.writer} has not deployed it yet`],
          claim: readsFirst(overlap),
          help: `Put both into one pipeline, or start ${reader.label} when ${writer.label} has succeeded (an EventBridge rule on its state, or an action that starts it) and not by the push.`,
        };
      }
    }
  },
};

/** Both do their part, the reader first. */
function readsFirst({ scenario, jobs: [writer, reader] }: Overlap): Claim {
  return {
    scenario,
    schedule: [
      { kind: "job-ended", job: reader },
      { kind: "job-ended", job: writer },
    ],
    bad: { kind: "before", first: reader, second: writer },
  };
}

interface Link {
  readonly what: string;
  readonly writer: string;
  readonly reader: string;
  readonly writtenAt: Place;
  readonly readAt: Place;
  readonly first: ResourceUse["job"];
  readonly last: ResourceUse["job"];
}

function linkOf(writer: PipelineView, reader: PipelineView): Link | undefined {
  for (const [name, taker] of reader.imports) {
    const maker = writer.exports.get(name);
    if (!maker) continue;
    return {
      what: `the export "${readableIdentity(name)}"`,
      writer: whereOf(maker),
      reader: whereOf(taker),
      writtenAt: maker.nameAt,
      readAt: taker.nameAt,
      first: jobOf(taker),
      last: jobOf(maker),
    };
  }
  for (const read of reader.uses) {
    if (read.access.mode !== "read" && !usesAsTarget(read)) continue;
    const written = writer.uses.find((use) => makesFor(use, read));
    if (!written) continue;
    return {
      what: `the ${read.access.resource}${read.access.key.length > 0 ? ` "${readable(read.access.key)}"` : ""}`,
      writer: written.where,
      reader: read.where,
      writtenAt: written.access.at,
      readAt: read.access.at,
      first: read.job,
      last: written.job,
    };
  }
  return undefined;
}

/** A deployment into a bucket or function that the other side's stack makes. */
function usesAsTarget({ access }: ResourceUse): boolean {
  return (access.resource === "bucket" || access.resource === "function") && access.tool !== "CloudFormation";
}

function makesFor({ access: write }: ResourceUse, { access: read }: ResourceUse): boolean {
  if (write.mode === "read" || write.resource !== read.resource) return false;
  if (write.effect !== "deploy" && write.effect !== "hand-off") return false;
  if (usesAsTarget({ access: read } as ResourceUse) && read.mode !== "read" && write.tool !== "CloudFormation")
    return false;
  const [made, wanted] = [identity(write.key), identity(read.key)];
  if (made === undefined || wanted === undefined) return false;
  // Terraform's state has no name in its commands; of one repository it is most likely one.
  if (write.resource === "terraform-state") return made === wanted;
  if (made === "" || wanted === "") return false;
  // A stack makes the bucket, whatever is put where in it.
  if (write.resource === "bucket" && write.tool === "CloudFormation") return made === bucketOf(wanted);
  return made === wanted || (read.resource === "parameter" && wanted.endsWith("/") && made.startsWith(wanted));
}

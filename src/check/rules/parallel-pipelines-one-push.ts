import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { identity, readable, readableIdentity } from "../../facts/written.ts";
import type { Place } from "../../findings/source.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { Analysis } from "../analysis/analysis.ts";
import {
  bucketOf,
  isOneDefinition,
  onePush,
  pipelinesBesideStages,
  type ResourceUse,
  usesOf,
  whereOf,
} from "../analysis/beside.ts";
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
    const pipelines = pipelinesBesideStages(analysis);
    for (const writer of pipelines) {
      for (const reader of pipelines) {
        if (isOneDefinition(writer, reader) || (!isStaged(writer) && !isStaged(reader))) continue;
        const link = linkOf(analysis, writer, reader);
        const start = link && onePush(analysis, [writer, reader], [link.writer, link.reader]);
        const overlap = start && overlapOf(analysis, start, [link.writer, link.reader]);
        if (!overlap) continue;
        const [writes, reads] = [whereOf(link.writer), whereOf(link.reader)];
        yield {
          message: `${reader.label} reads ${link.what} while ${writer.label} may still deploy it: both start on one push and nothing orders them`,
          at: link.readAt,
          related: [
            { at: link.writtenAt, message: `${writer.label} deploys it: ${writes}` },
            { at: start.a.start.at, message: `${writer.label} starts on ${start.words} (${start.a.start.event})` },
            { at: start.b.start.at, message: `${reader.label} starts on the same push (${start.b.start.event})` },
          ],
          confidence: start.apart ? "low" : "high",
          severity: start.apart ? "warning" : "error",
          schedule: [overlap.line, `${reads} reads ${link.what}`, `${writes} has not deployed it yet`],
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
  readonly writer: JobFacts;
  readonly reader: JobFacts;
  readonly writtenAt: Place;
  readonly readAt: Place;
}

function linkOf(analysis: Analysis, writer: Pipeline, reader: Pipeline): Link | undefined {
  const makers = isStaged(writer) ? writer.actions : [];
  for (const taker of isStaged(reader) ? reader.actions : []) {
    for (const name of taker.imports) {
      const maker = makers.findLast(({ exports }) => exports.includes(name));
      if (!maker) continue;
      const what = `the export "${readableIdentity(name)}"`;
      return { what, writer: maker, reader: taker, writtenAt: maker.keyAt, readAt: taker.keyAt };
    }
  }
  for (const read of usesOf(analysis, reader)) {
    if (read.access.mode !== "read" && !usesAsTarget(read)) continue;
    const written = usesOf(analysis, writer).find((use) => makesFor(use, read));
    if (!written) continue;
    return {
      what: `the ${read.access.resource}${read.access.key.length > 0 ? ` "${readable(read.access.key)}"` : ""}`,
      writer: written.job,
      reader: read.job,
      writtenAt: written.access.at,
      readAt: read.access.at,
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

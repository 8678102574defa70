import { isStaged } from "../../facts/stages.ts";
import { identity, readable } from "../../facts/written.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import {
  follows,
  isOneDefinition,
  onePush,
  pipelinesBesideStages,
  type ResourceUse,
  usesOf,
  whereOf,
} from "../analysis/beside.ts";
import { isMutableTag, tagOf } from "../analysis/images.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A pipeline that uses a moving tag which another pipeline, or a workflow, pushes on the same event. */
export function* tagsBeingPushed(analysis: Analysis): Generator<Candidate> {
  const pipelines = pipelinesBesideStages(analysis);
  const seen = new Set<object>();
  for (const reader of pipelines) {
    for (const writer of pipelines) {
      if (isOneDefinition(reader, writer) || (!isStaged(reader) && !isStaged(writer))) continue;
      const pair = imagePair(usesOf(analysis, reader), usesOf(analysis, writer));
      const together = pair && !follows(reader, writer) ? onePush(analysis, [writer, reader]) : undefined;
      if (!pair || !together || together.apart || seen.has(pair.read.access.at)) continue;
      seen.add(pair.read.access.at);
      const { a, b, words } = together;
      const [first, second] = [jobPattern(pair.read.job, b), jobPattern(pair.write.job, a)];
      const image = readable(pair.write.access.key);
      yield {
        message: `${reader.label} uses ${image} while ${writer.label} is pushing it`,
        at: pair.read.access.at,
        related: [
          { at: pair.write.access.at, message: `Pushed by ${writer.label} on the same event; nothing orders the two` },
        ],
        confidence: "high",
        schedule: [
          `${words} -> ${writer.label} starts; ${reader.label} starts`,
          `${whereOf(pair.read.job)} takes ${image}: still the old image`,
          `${whereOf(pair.write.job)} pushes the new one`,
        ],
        url: awsDocumentation.executions,
        help: "Tag images with the commit, use that tag, and start the one when the other has succeeded.",
        claim: analysis.claim(
          [a, b],
          [
            { kind: "job-ended", job: first },
            { kind: "job-ended", job: second },
          ],
          { kind: "before", first, second },
        ),
      };
    }
  }
}

function imagePair(
  reading: readonly ResourceUse[],
  writing: readonly ResourceUse[],
): { read: ResourceUse; write: ResourceUse } | undefined {
  for (const read of reading) {
    const name = read.access.mode === "read" ? movingName(read) : undefined;
    if (name === undefined) continue;
    const write = writing.find((use) => use.access.mode !== "read" && movingName(use) === name);
    if (write) return { read, write };
  }
  return undefined;
}

/** Name of an image whose tag moves with every push. */
function movingName({ access }: ResourceUse): string | undefined {
  if (access.resource !== "image" || access.binding.kind === "given-digest") return undefined;
  const tag = tagOf(access.key);
  return tag !== undefined && isMutableTag(tag) ? identity(access.key) : undefined;
}

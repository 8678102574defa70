import { identity, readable } from "../../facts/staged.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { coStart, pipelineViews, type ResourceUse, samePipeline, startsAfter } from "../analysis/cross-platform.ts";
import { isMutableTag, tagOf } from "../analysis/images.ts";
import { stagedScenario } from "../analysis/staged-claims.ts";
import { stagedPipelines } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A pipeline that uses a moving tag which another pipeline, or a workflow, pushes on the same event. */
export function* tagsBeingPushed(analysis: Analysis): Generator<Candidate> {
  const views = pipelineViews(analysis);
  const seen = new Set<object>();
  for (const reader of views) {
    for (const writer of views) {
      if (samePipeline(reader, writer) || (reader.platform === "jobs" && writer.platform === "jobs")) continue;
      const pair = imagePair(reader.uses, writer.uses);
      const together = pair && !startsAfter(reader, writer) ? coStart(writer, reader) : undefined;
      if (!pair || !together || together.apart || seen.has(pair.read.access.at)) continue;
      seen.add(pair.read.access.at);
      const { push, choices, words } = together;
      const [first, second] = [pair.read, pair.write].map(({ job }) => ({
        run: { pipeline: job.pipeline, event: push.id },
        path: job.path,
      }));
      const image = readable(pair.write.access.key);
      const pipelines = stagedPipelines(analysis).filter(({ id }) => id === reader.id || id === writer.id);
      yield {
        message: `${reader.label} uses ${image} while ${writer.label} is pushing it`,
        at: pair.read.access.at,
        related: [
          { at: pair.write.access.at, message: `Pushed by ${writer.label} on the same event; nothing orders the two` },
        ],
        confidence: "high",
        schedule: [
          `${words} -> ${writer.label} starts; ${reader.label} starts`,
          `${pair.read.where} takes ${image}: still the old image`,
          `${pair.write.where} pushes the new one`,
        ],
        url: awsDocumentation.executions,
        help: "Tag images with the commit, use that tag, and start the one when the other has succeeded.",
        claim: {
          scenario: stagedScenario(analysis, { events: [push], choices, pipelines }),
          schedule: [
            { kind: "job-ended", job: first! },
            { kind: "job-ended", job: second! },
          ],
          bad: { kind: "before", first: first!, second: second! },
        },
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

import { showKey } from "../../facts/show-key.ts";
import { can, jobPattern } from "../analysis/analysis.ts";
import { imagesOf, isMutableTag, tagOf, usesInCommands } from "../analysis/images.ts";
import { fileName, jobName, sameKey } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { tagsBeingPushed } from "../staged/mutable-tag-race.ts";

export const mutableTagRace: Rule = {
  id: "mutable-tag-race",
  severity: "error",
  kind: "race",
  title: "uses a moving tag that another workflow pushes on the same event",
  why: "Both start together. What the tag points to when it is read depends on who is faster: the image of this commit or of the one before.",
  url: documentation.trigger,
  *find(analysis) {
    yield* tagsBeingPushed(analysis);
    const writes = imagesOf(analysis, "write");
    const seen = new Set<object>();
    for (const read of [...imagesOf(analysis, "read"), ...usesInCommands(analysis, writes)]) {
      const tag = tagOf(read.name);
      if (tag === undefined || !isMutableTag(tag) || seen.has(read.step.at) || analysis.waitsOrAsks(read.job)) continue;
      for (const write of writes) {
        if (!sameKey(read.name, write.name) || write.job === read.job || analysis.before(write.job, read.job)) continue;
        const together =
          write.pipeline === read.pipeline
            ? analysis.chains(read.pipeline).map((chain) => ({ a: chain, b: chain }))
            : analysis.together(write.pipeline, read.pipeline);
        const pair = together.find(
          ({ a, b }) =>
            can(analysis.stepRuns(write.job, write.step, a.circumstances)) &&
            can(analysis.stepRuns(read.job, read.step, b.circumstances)),
        );
        if (!pair) continue;
        seen.add(read.step.at);
        const { a: chain, b: readChain } = pair;
        yield {
          message: `"${jobName(read.job)}" uses ${showKey(read.name)} while "${jobName(write.job)}" in ${fileName(write.pipeline.id)} is pushing it`,
          at: read.step.at,
          related: [{ at: write.step.at, message: "Pushed here on the same event; nothing orders the two" }],
          confidence: "high",
          schedule: [
            `${chain.described} -> ${fileName(write.pipeline.id)} starts; ${fileName(read.pipeline.id)} starts`,
            `"${jobName(read.job)}" takes ${showKey(read.name)}: still the old image`,
            `"${jobName(write.job)}" pushes the new one`,
          ],
          help: "Tag images with the commit (`github.sha`), use that tag, and let the use need the push.",
          claim: analysis.claim(
            [chain],
            [
              { kind: "job-ended", job: jobPattern(read.job, readChain) },
              { kind: "job-ended", job: jobPattern(write.job, chain) },
            ],
            { kind: "before", first: jobPattern(read.job, readChain), second: jobPattern(write.job, chain) },
          ),
        };
        break;
      }
    }
  },
};

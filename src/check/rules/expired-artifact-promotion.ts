import { jobPattern } from "../analysis/analysis.ts";
import { artifactsOf, mayMean } from "../analysis/artifacts.ts";
import { lastingEffects } from "../analysis/purpose.ts";
import { fileName, jobName, keyText, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

/** Days within which somebody who promotes by hand may well come too late. */
const SHORT_DAYS = 7;

export const expiredArtifactPromotion: Rule = {
  id: "expired-artifact-promotion",
  severity: "note",
  kind: "broken hand-off",
  title: "what is promoted by hand may have expired",
  why: "An artifact is deleted when its retention is over. A promotion that somebody starts later finds nothing, and a rollback to it is no longer possible.",
  url: documentation.uploads,
  *find(analysis) {
    const { uploads, downloads } = artifactsOf(analysis);
    const seen = new Set<object>();
    for (const download of downloads) {
      const { pipeline, job, step, access } = download;
      if (access.binding.kind !== "given-run" || seen.has(step.at) || lastingEffects(job).length === 0) continue;
      const way = analysis.ways(pipeline).find((each) => each.start.cause.kind === "dispatch");
      if (!way || !access.binding.run.some((part) => part.kind === "expression" && /inputs\./.test(part.text)))
        continue;
      for (const upload of uploads) {
        const days = upload.step.parameter("retention-days");
        const kept = days && Number(literalText(days.value));
        if (upload.pipeline === pipeline || !mayMean(download, upload) || !kept || kept > SHORT_DAYS) continue;
        seen.add(step.at);
        yield {
          message: `"${jobName(job)}" promotes by hand what ${fileName(upload.pipeline.id)} keeps for ${kept} day${kept === 1 ? "" : "s"}`,
          at: days.at,
          related: [{ at: step.at, message: `Downloads "${keyText(download.name)}" of a run that somebody names` }],
          confidence: "medium",
          schedule: [
            `${fileName(upload.pipeline.id)} uploads "${keyText(upload.name)}"`,
            `${kept + 1} days pass: it is deleted`,
            `${way.described} -> "${jobName(job)}" finds nothing`,
          ],
          help: "Keep it at least as long as a promotion or a rollback may take, or promote from a store that does not forget.",
          claim: analysis.claim([way], [{ kind: "job-started", job: jobPattern(job, way) }], {
            kind: "runs",
            job: jobPattern(job, way),
            step: step.index,
          }),
        };
        break;
      }
    }
  },
};

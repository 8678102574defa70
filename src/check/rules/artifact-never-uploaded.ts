import { showKey } from "../../facts/show-key.ts";
import { nearestName } from "../../findings/nearest-name.ts";
import { can } from "../analysis/analysis.ts";
import { artifactsOf, mayMean, mayUploadUnseen } from "../analysis/artifacts.ts";
import { findsNothing } from "../analysis/found-claims.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const artifactNeverUploaded: Rule = {
  id: "artifact-never-uploaded",
  severity: "warning",
  kind: "broken hand-off",
  title: "downloads an artifact that nothing uploads",
  why: "No step of the repository uploads an artifact of this name, so the download fails, or finds nothing, every time.",
  url: documentation.artifacts,
  *find(analysis) {
    const { uploads, downloads } = artifactsOf(analysis);
    if (analysis.facts.unreadable.length > 0) return;
    const seen = new Set<object>();
    for (const download of downloads) {
      const { pipeline, job, step, access } = download;
      const name = literalText(download.name);
      if (name === undefined || name === "" || download.pattern || step.failureIgnored || seen.has(step.at)) continue;
      if (pipeline.callable || uploads.some((upload) => mayMean(download, upload))) continue;
      if (access.details.has("repository")) continue;
      const own = access.binding.kind === "this-run";
      // The run that is searched may be of any workflow; only when all of them are seen is it certain.
      const searched = own ? [pipeline] : analysis.facts.pipelines;
      if (searched.some((each) => mayUploadUnseen(each, name)) || (!own && access.binding.kind === "unknown")) continue;
      const chain = analysis.chains(pipeline).find((each) => can(analysis.stepRuns(job, step, each.circumstances)));
      if (!chain) continue;
      seen.add(step.at);
      const names = uploads.flatMap((upload) => literalText(upload.name) ?? []);
      const meant = nearestName(name, names);
      const similar = uploads.find((upload) => literalText(upload.name) === meant && meant !== undefined);
      yield {
        message: `"${jobName(job)}" downloads "${name}", which nothing uploads${meant ? `; did you mean "${meant}"?` : ""}`,
        at: step.at,
        related: similar ? [{ at: similar.step.at, message: `Uploads "${showKey(similar.name)}"` }] : [],
        confidence: "high",
        schedule: [
          `${chain.described} -> ${fileName(pipeline.id)} starts`,
          `"${jobName(job)}" looks for "${name}": there is none`,
        ],
        help: "Upload it under this name, or download what is uploaded.",
        claim: findsNothing(analysis, { job, step, chain }),
      };
    }
  },
};

import { showKey } from "../../facts/show-key.ts";
import { type Analysis, jobPattern, strongest } from "../analysis/analysis.ts";
import { type ArtifactAccess, artifactsOf } from "../analysis/artifacts.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

const FIRST_IMMUTABLE = 4;

export const immutableNameCollision: Rule = {
  id: "immutable-name-collision",
  severity: "warning",
  kind: "broken hand-off",
  title: "two uploads of one run use the same artifact name",
  why: "Since version 4 an artifact cannot be written twice in one run: the second upload of the name fails.",
  url: documentation.uploads,
  *find(analysis) {
    const uploads = artifactsOf(analysis).uploads.filter(isImmutable);
    const seen = new Set<object>();
    for (const upload of uploads) {
      const { job, step, pipeline } = upload;
      if (seen.has(step.at)) continue;
      const legs = job.matrix?.legs?.length ?? 0;
      const chain = analysis
        .chains(pipeline)
        .find((each) => analysis.stepRuns(job, step, each.circumstances) === "yes");
      if (!chain) continue;
      if (legs > 1 && !variesByLeg(analysis, upload)) {
        seen.add(step.at);
        yield {
          message: `All ${legs} legs of "${jobName(job)}" upload an artifact named "${showKey(upload.name) || "artifact"}": only the first succeeds`,
          at: step.at,
          related: [{ at: job.matrix!.at, message: `${legs} legs` }],
          confidence: "high",
          schedule: [
            `${chain.described} -> ${legs} legs of "${jobName(job)}" start`,
            "the first uploads the artifact",
            "the second finds the name taken and fails",
          ],
          help: "Put the matrix into the name, or upload once in a job after them.",
          claim: analysis.claim(
            [chain],
            [
              { kind: "job-ended", job: { ...jobPattern(job, chain), leg: 0 } },
              { kind: "job-started", job: { ...jobPattern(job, chain), leg: 1 } },
            ],
            { kind: "runs-times", job: jobPattern(job, chain), times: 2 },
          ),
        };
        continue;
      }
      const name = literalText(upload.name);
      if (name === undefined || legs > 1) continue;
      const other = uploads.find(
        (each) =>
          each.pipeline === pipeline &&
          each.job !== job &&
          each.step.at !== step.at &&
          literalText(each.name) === name &&
          analysis.stepRuns(each.job, each.step, chain.circumstances) === "yes" &&
          pipeline.jobs.indexOf(each.job) > pipeline.jobs.indexOf(job),
      );
      if (!other || seen.has(other.step.at)) continue;
      seen.add(other.step.at);
      yield {
        message: `"${jobName(job)}" and "${jobName(other.job)}" upload an artifact named "${name}" in one run of ${fileName(pipeline.id)}: the second upload fails`,
        at: other.step.at,
        related: [{ at: step.at, message: `Also uploaded by "${jobName(job)}"` }],
        confidence: "high",
        schedule: [
          `${chain.described} -> "${jobName(job)}" uploads "${name}"`,
          `"${jobName(other.job)}" finds the name taken and fails`,
        ],
        help: "Give each artifact a name of its own.",
        claim: analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: jobPattern(job, chain) },
            { kind: "job-ended", job: jobPattern(other.job, chain) },
          ],
          { kind: "runs", job: jobPattern(other.job, chain), step: other.step.index },
        ),
      };
    }
  },
};

function isImmutable({ access, step }: ArtifactAccess): boolean {
  if (!/^actions\/upload-artifact/.test(access.tool) && step.action !== "actions/upload-artifact") return false;
  if ((step.actionVersion ?? 0) < FIRST_IMMUTABLE || step.failureIgnored) return false;
  const overwrite = step.parameter("overwrite");
  return !overwrite || literalText(overwrite.value) === "false";
}

/** The name, or whether it is uploaded at all, depends on the leg; or on something only the run knows. */
function variesByLeg(analysis: Analysis, { name, step, job }: ArtifactAccess): boolean {
  if (literalText(name) === undefined) return true;
  if (step.condition) return true;
  if (job.condition?.reads.some((path) => path.startsWith("matrix."))) return true;
  // With fail-fast or an empty path only some legs may get here; if all may, two do.
  const runs = analysis.chains(analysis.facts.pipeline(job.pipeline)!).map((chain) => job.runs(chain.circumstances));
  return (
    strongest(runs) !== "yes" ||
    job.steps.some((each) => each === step && /if-no-files-found:\s*ignore/.test(each.text))
  );
}

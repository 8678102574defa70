import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { artifactsOf } from "../analysis/artifacts.ts";
import { type Effect, lastingEffects } from "../analysis/purpose.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const latestSuccessfulArtifact: Rule = {
  id: "latest-successful-artifact",
  severity: "error",
  kind: "race",
  title: "deploys the newest artifact of any branch or pull request",
  why: "The download takes whatever run was the last, not the one this deployment belongs to: another branch, another pull request, or a newer commit.",
  url: documentation.artifacts,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job, step, access } of artifactsOf(analysis).downloads) {
      if (access.binding.kind !== "latest" || access.binding.branch || seen.has(step.at)) continue;
      if (step.failureIgnored || access.details.has("repository")) continue;
      const effect = effectAfter(analysis, job);
      if (!effect) continue;
      const way = analysis
        .ways(pipeline)
        .find((each) => each.start.cause.kind !== "call" && can(analysis.stepRuns(job, step, each.circumstances)));
      if (!way) continue;
      const named = access.details.get("workflow");
      const workflow = named && literalText(step.resolve(named));
      const producer = analysis.facts.pipelines.find(
        (each) => workflow && (fileName(each.id) === fileName(workflow) || each.name === workflow),
      );
      // A workflow that runs for one branch only has one newest run.
      if (producer && oneBranchOnly(producer)) continue;
      seen.add(step.at);
      yield {
        message: `"${jobName(job)}" takes the newest artifact of ${workflow ? fileName(workflow) : "any run"}, whoever's it is, and "${jobName(effect.job)}" ${effect.kind === "publish" ? "publishes" : "deploys"} it`,
        at: step.at,
        related: [
          ...(producer
            ? [
                {
                  at: producer.starts[0]?.at ?? producer.at,
                  message: `${fileName(producer.id)} also runs for other branches or pull requests`,
                },
              ]
            : []),
          ...(effect.step ? [{ at: effect.step.at, message: `Here: ${effect.tool}` }] : []),
        ],
        confidence: "high",
        schedule: [
          `somebody else's run of ${workflow ? fileName(workflow) : "the workflow"} completes`,
          `${way.described} -> ${fileName(pipeline.id)} starts`,
          `"${jobName(job)}" downloads the newest artifact: somebody else's`,
          `"${jobName(effect.job)}" ${effect.kind === "publish" ? "publishes" : "deploys"} it`,
        ],
        help: `Name the run or the commit: \`run_id: \${{ github.event.workflow_run.id }}\`, or \`commit: \${{ github.sha }}\`; at least the branch and the event.`,
        claim: analysis.claim([way], [{ kind: "job-started", job: jobPattern(job, way) }], {
          kind: "runs",
          job: jobPattern(job, way),
          step: step.index,
        }),
      };
    }
  },
};

/** What happens to it: in the job itself, or in one that comes after. */
function effectAfter(analysis: Analysis, job: JobFacts): Effect | undefined {
  const { jobs } = analysis.facts.pipeline(job.pipeline)!;
  for (const each of [job, ...jobs.filter((other) => analysis.before(job, other))]) {
    const [effect] = lastingEffects(each);
    if (effect) return effect;
  }
  return undefined;
}

function oneBranchOnly(pipeline: Pipeline): boolean {
  return pipeline.starts.every(
    ({ cause }) =>
      cause.kind === "dispatch" ||
      cause.kind === "call" ||
      cause.kind === "schedule" ||
      (cause.kind === "push" && cause.branches.literals?.length === 1),
  );
}

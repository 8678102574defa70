import { can, jobPattern, runPattern } from "../analysis/analysis.ts";
import { isDocumentation, isPreview, lastingEffects, reportsOrCleans } from "../analysis/purpose.ts";
import { checkoutsOf, movesToTestedCommit, takesBuiltFiles } from "../analysis/sources.ts";
import type { Way } from "../analysis/ways.ts";
import { expression, fileName, jobName } from "../analysis/wording.ts";
import { addParameters } from "../edits.ts";
import { documentation, type Rule } from "../rule.ts";

export const checkoutDefaultHeadInWorkflowRun: Rule = {
  id: "checkout-default-head-in-workflow-run",
  severity: "error",
  kind: "race",
  title: "deploys the tip of the default branch, not the commit that was tested",
  why: "In a run that workflow_run started, a checkout without `ref` takes the default branch as it is now. When something was pushed since, that is not what the workflow before has tested.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      const effects = lastingEffects(job).filter((effect) => effect.step);
      if (effects.length === 0 || isPreview(job) || reportsOrCleans(job)) continue;
      if (movesToTestedCommit(job) || takesBuiltFiles(analysis, job) || pinnedToCommit(effects)) continue;
      const ways = analysis
        .ways(pipeline)
        .filter((way) => way.upstream && runsTestedCode(way) && can(analysis.effectRuns(job, way.circumstances)));
      const [way] = ways;
      if (!way) continue;
      const [checkout] = checkoutsOf(analysis, job).filter(
        ({ step, ref }) =>
          (ref === "" || ref === "github.sha" || ref === "github.ref") && can(step.runs(way.circumstances)),
      );
      if (!checkout || seen.has(checkout.step.at)) continue;
      seen.add(checkout.step.at);
      const upstream = way.circumstances.upstream!.pipeline;
      const only = pipeline.starts.every((start) => start.cause.kind === "completion");
      const value = only
        ? expression("github.event.workflow_run.head_sha")
        : expression("github.event.workflow_run.head_sha || github.sha");
      const edits =
        checkout.step.edit && checkout.ref === "" && job.file === pipeline.id
          ? [addParameters(checkout.step.edit, [`ref: ${value}`])]
          : undefined;
      const [effect] = effects;
      yield {
        message: `"${jobName(job)}" checks out the default branch as it is now, not the commit that ${fileName(upstream)} has tested`,
        at: checkout.step.at,
        related: [
          { at: way.start.at, message: `Started when ${fileName(upstream)} has completed` },
          {
            at: effect!.step!.at,
            message: `What it then ${effect!.kind === "publish" ? "publishes" : "deploys"}: ${effect!.tool}`,
          },
        ],
        confidence: "high",
        ...(isDocumentation(effect!) ? { severity: "warning" as const } : {}),
        schedule: [
          `${way.described} (commit A) -> ${fileName(upstream)} tests A`,
          "push of commit B while it runs",
          `${fileName(upstream)} completes for A -> ${fileName(pipeline.id)} starts`,
          `"${jobName(job)}" checks out B, which nothing has tested, and ${effect!.kind === "publish" ? "publishes" : "deploys"} it`,
        ],
        help: `Check out \`${value}\`.`,
        ...(edits ? { edits } : {}),
        claim: analysis.claim(
          [way],
          [
            { kind: "run-ended", run: runPattern(upstream, way) },
            { kind: "job-started", job: jobPattern(job, way) },
          ],
          { kind: "runs", job: jobPattern(job, way), step: checkout.step.index },
        ),
      };
    }
  },
};

/** Runs that began with somebody's pull request must use the trusted branch: taking its commit would be the bug. */
function runsTestedCode(way: Way): boolean {
  const { event } = way.circumstances.upstream!;
  return event === "push" || event === "release" || (event === "workflow_run" && way.root.kind === "push");
}

/** What is deployed is named by the tested commit; the checkout brings only the means. */
function pinnedToCommit(effects: ReturnType<typeof lastingEffects>): boolean {
  return effects.every(({ step }) => step !== undefined && /head_sha/.test(step.text));
}

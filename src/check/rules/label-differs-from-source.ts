import { showKey } from "../../facts/show-key.ts";
import { can } from "../analysis/analysis.ts";
import { effectsOf } from "../analysis/effects.ts";
import { momentOfPush, takesNewerCommit } from "../analysis/found-claims.ts";
import { checkoutsOf, movesToTestedCommit, takesBuiltFiles } from "../analysis/sources.ts";
import { expression, fileName, jobName } from "../analysis/wording.ts";
import { addParameters } from "../edits.ts";
import { documentation, type Rule } from "../rule.ts";

export const labelDiffersFromSource: Rule = {
  id: "label-differs-from-source",
  severity: "error",
  kind: "race",
  title: "labelled with the tested commit, built from another one",
  why: "The image or package carries the commit of the run before, but its sources come from the tip of the default branch. Whoever looks up the label finds other code than what runs.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      const labelled = effectsOf(job).find(
        ({ step, access }) =>
          access &&
          step &&
          (access.resource === "image" || access.resource === "package" || access.resource === "release") &&
          /workflow_run\.head_sha/.test(showKey(step.resolve(access.key))),
      );
      if (!labelled || movesToTestedCommit(job) || takesBuiltFiles(analysis, job)) continue;
      const chain = analysis
        .chains(pipeline)
        .find((each) => each.upstream && can(analysis.effectRuns(job, each.circumstances)));
      const checkout = checkoutsOf(analysis, job).find(({ ref }) => ref === "");
      if (
        !chain ||
        !checkout ||
        seen.has(checkout.step.at) ||
        job.steps.indexOf(checkout.step) > job.steps.indexOf(labelled.step!)
      )
        continue;
      seen.add(checkout.step.at);
      yield {
        message: `"${jobName(job)}" labels with the tested commit what it builds from the tip of the default branch`,
        at: labelled.step!.at,
        related: [{ at: checkout.step.at, message: "Checks out the default branch as it is now" }],
        confidence: "high",
        schedule: [
          `${chain.described} (commit A) -> ${fileName(chain.circumstances.upstream!.pipeline)} tests A`,
          `push of commit B ${momentOfPush(analysis, chain)}`,
          `"${jobName(job)}" builds B and labels it A`,
        ],
        help: `Check out \`\${{ github.event.workflow_run.head_sha }}\`.`,
        ...(checkout.step.edit && job.file === pipeline.id
          ? { edits: [addParameters(checkout.step.edit, [`ref: ${expression("github.event.workflow_run.head_sha")}`])] }
          : {}),
        claim: takesNewerCommit(analysis, analysis.defaultBranch, { job, step: checkout.step, chain }),
      };
    }
  },
};

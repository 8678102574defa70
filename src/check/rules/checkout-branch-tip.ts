import { can } from "../analysis/analysis.ts";
import { lastingEffects, reportsOrCleans } from "../analysis/effects.ts";
import { momentOfPush, takesNewerCommit } from "../analysis/found-claims.ts";
import { checkoutsOf } from "../analysis/sources.ts";
import { expression, fileName, jobName } from "../analysis/wording.ts";
import { replaceScalar } from "../edits.ts";
import { documentation, type Rule } from "../rule.ts";

export const checkoutBranchTip: Rule = {
  id: "checkout-branch-tip",
  severity: "error",
  kind: "race",
  title: "deploys the tip of the tested branch, which may have moved",
  why: "head_branch is a name, not a commit. Whatever was pushed to it since the tests began is checked out and deployed.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      const [effect] = lastingEffects(job);
      if (!effect || reportsOrCleans(job)) continue;
      for (const { step, ref } of checkoutsOf(analysis, job)) {
        if (!/^(refs\/heads\/)?github\.event\.workflow_run\.head_branch(\s*\|\|.*)?$/.test(ref) || seen.has(step.at))
          continue;
        // Whoever pushes back to the branch needs its tip.
        if (
          job.steps.some((each) => /git push|git-auto-commit|create-pull-request/.test(`${each.text} ${each.action}`))
        )
          continue;
        const chain = analysis
          .chains(pipeline)
          .find(
            (each) =>
              each.circumstances.upstream?.outsider === false && can(analysis.effectRuns(job, each.circumstances)),
          );
        if (!chain) continue;
        const branch = chain.circumstances.upstream!.branch ?? analysis.defaultBranch;
        seen.add(step.at);
        const given = step.parameter("ref");
        const edits = given && replaceScalar(given.at, expression("github.event.workflow_run.head_sha"));
        const upstream = fileName(chain.circumstances.upstream!.pipeline);
        yield {
          message: `"${jobName(job)}" checks out the tip of the branch, which may be newer than the commit that ${upstream} has tested`,
          at: given?.at ?? step.at,
          related: [{ at: chain.start.at, message: `Started when ${upstream} has completed` }],
          confidence: "high",
          schedule: [
            `${chain.described} (commit A) -> ${upstream} tests A`,
            `push of commit B to the same branch ${momentOfPush(analysis, chain)}`,
            `${upstream} completes for A -> "${jobName(job)}" checks out B`,
          ],
          help: "Check out `github.event.workflow_run.head_sha`.",
          ...(edits ? { edits } : {}),
          claim: takesNewerCommit(analysis, branch, { job, step, chain }),
        };
      }
    }
  },
};

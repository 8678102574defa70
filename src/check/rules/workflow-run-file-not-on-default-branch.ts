import { runPattern } from "../analysis/analysis.ts";
import { fileName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const workflowRunFileNotOnDefaultBranch: Rule = {
  id: "workflow-run-file-not-on-default-branch",
  severity: "warning",
  kind: "dead edge",
  title: "workflow_run works only from the default branch",
  why: "GitHub reads workflows with workflow_run from the default branch only. On another branch the file changes nothing until it is merged.",
  url: documentation.workflowRun,
  *find(analysis) {
    const { facts } = analysis;
    const { onDefaultBranch } = facts;
    if (!onDefaultBranch) return;
    for (const pipeline of facts.pipelines) {
      if (onDefaultBranch.has(pipeline.id)) continue;
      const start = pipeline.starts.find((each) => each.cause.kind === "completion");
      if (!start) continue;
      const chain = analysis.chains(pipeline).find((each) => each.start === start);
      if (!chain) continue;
      const others = pipeline.starts.some((each) => each.cause.kind !== "completion");
      yield {
        message: `${fileName(pipeline.id)} is not on ${facts.defaultBranch}: there its workflow_run does not exist yet`,
        at: start.at,
        confidence: "medium",
        ...(others ? { severity: "note" as const } : {}),
        schedule: [
          "the workflow before completes on this branch",
          `GitHub looks on ${facts.defaultBranch}: no such file`,
          `${fileName(pipeline.id)} is not started`,
        ],
        help: `Merge the file to ${facts.defaultBranch} before you count on it; until then start it by hand.`,
        claim: {
          scenario: { ...analysis.scenario([chain]), notOnDefaultBranch: [pipeline.id] },
          schedule: [{ kind: "run-ended", run: runPattern(chain.circumstances.upstream!.pipeline, chain) }],
          bad: { kind: "refused", pipeline: pipeline.id },
        },
      };
    }
  },
};

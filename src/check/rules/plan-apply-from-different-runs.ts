import { showKey } from "../../facts/show-key.ts";
import { can, jobPattern } from "../analysis/analysis.ts";
import { artifactsOf } from "../analysis/artifacts.ts";
import { effectsOf } from "../analysis/effects.ts";
import { takesSomebodyElses, takesThoseOf } from "../analysis/found-claims.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const planApplyFromDifferentRuns: Rule = {
  id: "plan-apply-from-different-runs",
  severity: "warning",
  kind: "race",
  title: "applies a plan that was made for another commit or state",
  why: "A plan fits the commit and the state it was made from. Applied from another run it may undo what was applied in between, or be refused as stale.",
  url: documentation.artifacts,
  *find(analysis) {
    const seen = new Set<object>();
    for (const download of artifactsOf(analysis).downloads) {
      const { pipeline, job, step, access, name } = download;
      if (access.binding.kind !== "latest" && access.binding.kind !== "given-run") continue;
      if (seen.has(step.at) || !/plan/i.test(showKey(name))) continue;
      const apply = effectsOf(job).find(
        (effect) => effect.access?.resource === "terraform-state" && effect.kind === "deploy",
      );
      if (!apply?.step) continue;
      const chain = analysis
        .chains(pipeline)
        .find(
          (each) =>
            can(analysis.stepRuns(job, step, each.circumstances)) &&
            (access.binding.kind === "latest" || (each.upstream?.root.kind === "pull-request") === true),
        );
      if (!chain) continue;
      const claim =
        access.binding.kind === "latest"
          ? takesSomebodyElses(analysis, { download, chain, producer: undefined })
          : takesThoseOf(analysis, { job, step, chain });
      if (!claim) continue;
      seen.add(step.at);
      yield {
        message: `"${jobName(job)}" applies a plan of ${access.binding.kind === "latest" ? "whatever run was the last" : "a pull request's run"}, not of what is deployed now`,
        at: step.at,
        related: [{ at: apply.step.at, message: `Applied here: ${apply.tool}` }],
        confidence: "medium",
        schedule: [
          "a plan is made",
          "something else is merged and applied",
          `${chain.described} -> ${fileName(pipeline.id)} applies the old plan`,
        ],
        help: "Plan again in the run that applies, for the commit that is deployed, and apply that plan.",
        claim: {
          ...claim,
          schedule: [...claim.schedule, { kind: "step", job: jobPattern(job, chain), step: apply.step.index }],
        },
      };
    }
  },
};

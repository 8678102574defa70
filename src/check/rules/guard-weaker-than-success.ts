import type { TextEdit } from "../../findings/finding.ts";
import type { Place } from "../../findings/source.ts";
import { jobPattern, runPattern } from "../analysis/analysis.ts";
import { effectsAfterBadRuns } from "../analysis/gates.ts";
import { fileName, jobName, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { rootJob } from "./no-conclusion-guard.ts";

export const guardWeakerThanSuccess: Rule = {
  id: "guard-weaker-than-success",
  severity: "warning",
  kind: "missing gate",
  title: "guard lets cancelled or skipped runs through",
  why: "A test for `!= 'failure'` is also true for a run that was cancelled, skipped or timed out: nothing has passed, and the deployment goes out.",
  url: documentation.workflowRun,
  *find(analysis) {
    for (const { pipeline, job, effect, chain, conclusions } of effectsAfterBadRuns(analysis)) {
      if (conclusions.length === 0 || conclusions.includes("failure")) continue;
      const root = rootJob(analysis, job);
      const upstream = chain.circumstances.upstream!.pipeline;
      const [first] = conclusions;
      // On another event there is no conclusion: there the job would not run any more.
      const isOnlyAfterRuns = pipeline.starts.every(({ cause }) => cause.kind === "completion");
      const edits = isOnlyAfterRuns && root.condition ? asksForSuccess(root.condition.at) : undefined;
      yield {
        message: `The guard of "${jobName(job)}" stops at failed runs of ${fileName(upstream)}, but not at ${list(conclusions.map((each) => each.replace("_", " ")))} ones`,
        at: root.condition?.at ?? root.keyAt,
        related: effect.step ? [{ at: effect.step.at, message: `What then happens: ${effect.tool}` }] : [],
        confidence: "high",
        schedule: [
          `${chain.described} -> ${fileName(upstream)} starts`,
          `${fileName(upstream)} ends as ${first!.replace("_", " ")}`,
          `-> "${jobName(job)}" runs`,
        ],
        help: "Test for what is wanted: `github.event.workflow_run.conclusion == 'success'`.",
        ...(edits ? { edits } : {}),
        claim: analysis.claim(
          [chain],
          [
            { kind: "run-ended", run: runPattern(upstream, chain), conclusion: first! },
            { kind: "job-started", job: jobPattern(job, chain) },
          ],
          { kind: "runs-after-run", run: runPattern(upstream, chain), conclusions, follower: jobPattern(job, chain) },
          (analysis.facts.pipeline(upstream)?.jobs ?? []).map((each) => ({
            job: { run: runPattern(upstream, chain), path: each.path },
            outcome: "cancelled" as const,
          })),
        ),
      };
    }
  },
};

/** In the one place where another conclusion is ruled out. */
function asksForSuccess({ source, start, end }: Place): readonly TextEdit[] | undefined {
  const written = source.text.slice(start, end);
  const found = [...written.matchAll(/(github\.event\.workflow_run\.conclusion\s*)!=(\s*)'failure'/g)];
  const [first] = found;
  if (!first || found.length > 1 || written.includes("||")) return undefined;
  const at = start + first.index;
  return [{ file: source.path, start: at, end: at + first[0].length, text: `${first[1]}==${first[2]}'success'` }];
}

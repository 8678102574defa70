import { can } from "../analysis/analysis.ts";
import { plain } from "../analysis/locks.ts";
import { effectsOf } from "../analysis/purpose.ts";
import { fileName, keyText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const workflowRunGroupByRef: Rule = {
  id: "workflow-run-group-by-ref",
  severity: "warning",
  kind: "wrong lock",
  title: "group by github.ref puts all branches into one group under workflow_run",
  why: "In a run that workflow_run started, github.ref is always the default branch. All branches and pull requests share one group and cancel each other.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<object>();
    for (const pipeline of analysis.facts.pipelines) {
      const ways = analysis.ways(pipeline).filter((way) => way.upstream && way.depth === 1);
      if (ways.length === 0) continue;
      for (const lock of [...pipeline.locks, ...pipeline.jobs.flatMap((job) => job.locks)]) {
        if (seen.has(lock.at) || !lock.reads.some((path) => path === "github.ref" || path === "github.ref_name"))
          continue;
        if (
          lock.reads.some((path) => /workflow_run\.|run_id|run_number|head_sha|github\.sha|inputs\.|needs\./.test(path))
        )
          continue;
        const several = ways.filter((way) => pipeline.jobs.some((job) => can(job.runs(way.circumstances))));
        const branches = new Set(several.map((way) => way.circumstances.upstream!.branch));
        const open =
          several.some((way) => way.root.kind === "pull-request") ||
          (branches.size > 1 && several.some((way) => way.root.kind === "push"));
        const [way] = several;
        if (!open || !way) continue;
        const cancels = lock.cancels(way.circumstances) === "yes";
        if (!cancels && !pipeline.jobs.some((job) => effectsOf(job).length > 0)) continue;
        if (plain(lock.groupUnder(way.circumstances)) === "") continue;
        // Filtered to one branch, one group is right.
        const { cause } = way.start;
        if (cause.kind === "completion" && cause.branches.literals?.length === 1) continue;
        seen.add(lock.at);
        const upstream = fileName(way.circumstances.upstream!.pipeline);
        yield {
          message: `The group ${keyText(lock.group)} is the same for every branch: after ${upstream} github.ref is always the default branch`,
          at: lock.at,
          related: [{ at: way.start.at, message: "Started by workflow_run" }],
          confidence: "high",
          schedule: [
            `${upstream} completes for one branch -> ${fileName(pipeline.id)} starts`,
            `${upstream} completes for another branch -> ${fileName(pipeline.id)} starts in the same group`,
            cancels ? "the first is cancelled" : "a third one drops the one that waits",
          ],
          help: "Use `github.event.workflow_run.head_branch` (with the head repository for forks) in the group.",
        };
      }
    }
  },
};

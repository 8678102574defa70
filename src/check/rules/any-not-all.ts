import { isStaged } from "../../facts/stages.ts";
import { can, jobPattern, runPattern, sameRoot } from "../analysis/analysis.ts";
import { lastingEffects, reportsOrCleans } from "../analysis/effects.ts";
import { fileName, jobName, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { startedByAny } from "../staged/any-not-all.ts";

export const anyNotAll: Rule = {
  id: "any-not-all",
  severity: "error",
  kind: "missing gate",
  title: "workflow_run with several names starts after any one of them",
  why: "Several names in `workflows:` mean OR. The deployment starts after the first of them that completes, while the others still run or fail, and again after each of the others.",
  url: documentation.workflowRun,
  *find(analysis) {
    yield* startedByAny(analysis);
    const seen = new Set<string>();
    for (const { pipeline, job } of analysis.work()) {
      if (isStaged(pipeline)) continue;
      if (!pipeline.starts.some(({ cause }) => cause.kind === "completion")) continue;
      const [effect] = lastingEffects(job);
      if (!effect || reportsOrCleans(job) || seen.has(pipeline.id) || analysis.waitsOrAsks(job)) continue;
      const chains = analysis
        .chains(pipeline)
        .filter((chain) => chain.upstream && chain.depth === 1 && can(analysis.effectRuns(job, chain.circumstances)));
      // Which workflow has ended is asked somewhere: the jobs are told apart.
      if (job.condition?.reads.some((path) => /workflow_run\.(name|path|workflow_id)$/.test(path))) continue;
      const pair = chains
        .flatMap((a) => chains.map((b) => ({ a, b })))
        .find(
          ({ a, b }) =>
            a.circumstances.upstream!.pipeline < b.circumstances.upstream!.pipeline &&
            sameRoot(a, b) &&
            [a, b].every(({ upstream }) => {
              const { cause } = upstream!.start;
              return (
                (cause.kind === "push" || cause.kind === "pull-request") &&
                (cause.paths.kind === "all" || cause.paths.inverted)
              );
            }),
        );
      if (!pair) continue;
      seen.add(pipeline.id);
      const { a, b } = pair;
      const [first, second] = [a, b].map((chain) => chain.circumstances.upstream!.pipeline) as [string, string];
      const { cause } = a.start;
      const names = cause.kind === "completion" ? cause.names.map((name) => `"${name.value}"`) : [];
      yield {
        message: `"${jobName(job)}" starts after any one of ${list(names)}, not after all of them`,
        at: cause.kind === "completion" ? (cause.names[1]?.at ?? a.start.at) : a.start.at,
        related: [{ at: job.keyAt, message: `Job "${jobName(job)}": ${effect.tool}` }],
        confidence: "high",
        schedule: [
          `${a.described} -> ${fileName(first)} starts; ${fileName(second)} starts`,
          `${fileName(first)} succeeds -> ${fileName(pipeline.id)} starts`,
          `"${jobName(job)}" runs while ${fileName(second)} still runs`,
          `${fileName(second)} fails`,
        ],
        help: "Join the workflows in one that calls them and needs them all, or ask for the results of the others before deploying.",
        claim: analysis.claim(
          [a],
          [
            { kind: "run-created", run: runPattern(second, a) },
            { kind: "run-ended", run: runPattern(first, a) },
            { kind: "job-started", job: jobPattern(job, a) },
            { kind: "run-ended", run: runPattern(second, a) },
          ],
          { kind: "runs", job: jobPattern(job, a) },
        ),
      };
    }
  },
};

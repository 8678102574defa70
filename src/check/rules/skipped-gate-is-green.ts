import { can, jobPattern, runPattern, strongest } from "../analysis/analysis.ts";
import { lastingEffects, reportsOrCleans } from "../analysis/effects.ts";
import { withConclusion } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const skippedGateIsGreen: Rule = {
  id: "skipped-gate-is-green",
  severity: "warning",
  kind: "missing gate",
  title: "a run whose guarded jobs were skipped counts as success",
  why: "A skipped job does not fail its run. When another job of the run succeeds, the run is green although what should have been proven was skipped.",
  url: documentation.workflowRun,
  *find(analysis) {
    const { facts } = analysis;
    const seen = new Set<string>();
    for (const { pipeline, job } of analysis.work()) {
      const [effect] = lastingEffects(job);
      if (!effect || reportsOrCleans(job) || analysis.waitsOrAsks(job)) continue;
      for (const chain of analysis.chains(pipeline)) {
        const middle = chain.upstream;
        if (!middle?.upstream || seen.has(pipeline.id) || !can(analysis.effectRuns(job, chain.circumstances))) continue;
        const gate = facts.pipeline(middle.start.pipeline)!;
        const failed = withConclusion(middle, "failure").circumstances;
        const work = gate.jobs.filter((each) => each.kind !== "call");
        const guarded = work.filter((each) => each.runs(failed) === "no" && can(each.runs(middle.circumstances)));
        const running = work.filter((each) => can(each.runs(failed)));
        if (guarded.length === 0 || strongest(running.map((each) => each.runs(failed))) !== "yes") continue;
        seen.add(pipeline.id);
        const first = fileName(middle.upstream.start.pipeline);
        yield {
          message: `"${jobName(job)}" runs after a green ${fileName(gate.id)}, which is green too when ${first} failed and "${jobName(guarded[0]!)}" was skipped`,
          at: job.condition?.at ?? job.keyAt,
          related: [
            { at: guarded[0]!.keyAt, message: `Skipped when ${first} failed` },
            { at: running[0]!.keyAt, message: "Runs all the same and makes the run green" },
          ],
          confidence: "medium",
          schedule: [
            `${chain.described} -> ${first} fails`,
            `-> ${fileName(gate.id)}: "${jobName(guarded[0]!)}" is skipped, "${jobName(running[0]!)}" succeeds: the run is green`,
            `-> ${fileName(pipeline.id)}: "${jobName(job)}" runs`,
          ],
          help: `Guard every job of ${fileName(gate.id)} in the same way, or let it fail when what it needs was skipped.`,
          claim: analysis.claim(
            [chain],
            [
              { kind: "run-ended", run: runPattern(middle.upstream.start.pipeline, chain), conclusion: "failure" },
              { kind: "job-started", job: jobPattern(job, chain) },
            ],
            {
              kind: "runs-after-run",
              run: runPattern(middle.upstream.start.pipeline, chain),
              conclusions: ["failure"],
              follower: jobPattern(job, chain),
            },
            facts.pipeline(middle.upstream.start.pipeline)!.jobs.map((each) => ({
              job: { run: runPattern(middle.upstream!.start.pipeline, chain), path: each.path },
              outcome: "failure" as const,
            })),
          ),
        };
      }
    }
  },
};

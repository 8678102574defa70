import { can, jobPattern } from "../analysis/analysis.ts";
import { isDocumentation, isPreview, lastingEffects, reportsOrCleans } from "../analysis/effects.ts";
import { isUniquePerRun, locksOf } from "../analysis/locks.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { addJobConcurrency } from "../edits.ts";
import { documentation, type Rule } from "../rule.ts";
import { olderRunWins } from "../staged/retriggered-older-run-wins.ts";

/** What a tool itself serialises or makes immutable does not end with the older version. */
const inPlace = new Set(["service", "function", "bucket", "machine", "database", "terraform-state"]);

export const retriggeredOlderRunWins: Rule = {
  id: "retriggered-older-run-wins",
  severity: "warning",
  kind: "race",
  title: "two deployments run at once and the older one may finish last",
  why: "Nothing keeps two runs of this deployment apart. When the run of an older commit is slower, or somebody runs it again, it overwrites the newer version, and nothing is red.",
  url: documentation.concurrency,
  *find(analysis) {
    yield* olderRunWins(analysis);
    for (const pipeline of analysis.facts.pipelines) {
      const found = pipeline.jobs
        .filter((job) => job.kind === "work" && !isPreview(job) && !reportsOrCleans(job))
        .flatMap((job) =>
          lastingEffects(job)
            .filter(
              (effect) =>
                effect.access &&
                effect.confidence === "high" &&
                inPlace.has(effect.access.resource) &&
                // Named by its commit or run it is something new each time, which no other run writes over.
                !isUniquePerRun(effect.step?.resolve(effect.access.key) ?? []) &&
                !isDocumentation(effect),
            )
            .map((effect) => ({ job, effect })),
        )
        .find(({ job }) => locksOf(analysis, job).length === 0);
      if (!found) continue;
      const { job, effect } = found;
      const chain = analysis
        .chains(pipeline)
        .find(
          (each) =>
            each.root.kind === "push" &&
            each.root.ref.kind === "branch" &&
            can(analysis.effectRuns(job, each.circumstances)),
        );
      if (!chain) continue;
      const edits = job.file === pipeline.id ? addJobConcurrency(job, `deploy-${job.key}`) : undefined;
      yield {
        message: `Two pushes run "${jobName(job)}" at the same time (${effect.tool}): the older one may finish last and stay`,
        at: job.keyAt,
        related: [{ at: chain.start.at, message: `Every ${chain.described} starts one more run` }],
        confidence: "medium",
        schedule: [
          `${chain.described} (commit A) -> ${fileName(pipeline.id)} starts`,
          `${chain.described} (commit B) -> ${fileName(pipeline.id)} starts again`,
          `"${jobName(job)}" of B deploys`,
          `"${jobName(job)}" of A, which was slower, deploys over it`,
        ],
        help: "Give the deployment a concurrency group without cancel-in-progress.",
        ...(edits ? { edits } : {}),
        claim: {
          scenario: {
            ...analysis.scenario([chain]),
            events: [
              chain.root,
              { ...chain.root, id: "push-2", ...(chain.root.kind === "push" ? { commit: "c2" } : {}) },
            ],
          },
          schedule: [
            { kind: "job-started", job: jobPattern(job, chain) },
            { kind: "job-ended", job: { ...jobPattern(job, chain), run: { pipeline: pipeline.id, event: "push-2" } } },
            { kind: "job-ended", job: jobPattern(job, chain) },
          ],
          bad: {
            kind: "before",
            first: { ...jobPattern(job, chain), run: { pipeline: pipeline.id, event: "push-2" } },
            second: jobPattern(job, chain),
          },
        },
      };
    }
  },
};

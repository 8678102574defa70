import type { Pipeline } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { type Analysis, can, jobPattern, runPattern, sameRoot } from "../analysis/analysis.ts";
import { pathsApart } from "../analysis/beside.ts";
import { lastingEffects, reportsOrCleans } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { jobName, list } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { documentation, type Rule } from "../rule.ts";

export const anyNotAll: Rule = {
  id: "any-not-all",
  severity: "error",
  kind: "missing gate",
  title: "workflow_run with several names starts after any one of them",
  why: "Several names in `workflows:` mean OR. The deployment starts after the first of them that completes, while the others still run or fail, and again after each of the others.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<string>();
    for (const { pipeline, job } of analysis.work()) {
      if (!pipeline.starts.some(({ cause }) => cause.kind === "completion")) continue;
      // With a push as well it is started twice, which is another mistake.
      if (isStaged(pipeline) && pipeline.starts.some(({ cause }) => cause.kind === "push")) continue;
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
            meet(a.upstream!, b.upstream!),
        );
      if (!pair) continue;
      seen.add(pipeline.id);
      const { a, b } = pair;
      const [first, second] = [a, b].map(
        ({ circumstances }) => analysis.facts.pipeline(circumstances.upstream!.pipeline)!,
      ) as [Pipeline, Pipeline];
      const { cause } = a.start;
      const isOneStart = cause.kind === "completion" && cause.names.length > 1;
      yield {
        message: `"${jobName(job)}" starts after any one of ${list(namesBefore(analysis, pipeline))}, not after all of them`,
        at: isOneStart ? cause.names[1]!.at : b.start.at,
        related: [
          ...(isOneStart ? [] : [{ at: a.start.at, message: `Starts after ${first.label}` }]),
          { at: job.keyAt, message: `Job "${jobName(job)}": ${effect.tool}` },
        ],
        confidence: "high",
        schedule: [
          `${a.upstream!.described} -> ${first.label} starts; ${second.label} starts`,
          `${first.label} succeeds -> ${pipeline.label} starts`,
          `"${jobName(job)}" runs while ${second.label} still runs`,
          `${second.label} fails`,
        ],
        ...(isStaged(pipeline)
          ? inStages
          : {
              help: "Join the workflows in one that calls them and needs them all, or ask for the results of the others before deploying.",
            }),
        claim: analysis.claim(
          [a, b],
          [
            { kind: "run-created", run: runPattern(second.id, a) },
            { kind: "run-ended", run: runPattern(first.id, a) },
            { kind: "job-started", job: jobPattern(job, a) },
            { kind: "run-ended", run: runPattern(second.id, a) },
          ],
          { kind: "runs", job: jobPattern(job, a) },
        ),
      };
    }
  },
};

function namesBefore({ facts }: Analysis, pipeline: Pipeline): string[] {
  const causes = pipeline.starts.flatMap(({ cause }) => (cause.kind === "completion" ? [cause] : []));
  const names = isStaged(pipeline)
    ? causes.flatMap(({ upstream }) => upstream.map((each) => facts.pipeline(each.pipeline)!.label))
    : causes.flatMap((cause) => cause.names.map(({ value }) => value));
  return [...new Set(names)].map((name) => `"${name}"`);
}

/** One event starts both runs before, whatever it touches. */
function meet(a: TriggerChain, b: TriggerChain): boolean {
  return [a, b].every(({ start: { cause } }) => {
    if (cause.kind === "push" && cause.source) return !pathsApart(a, b);
    return (
      (cause.kind === "push" || cause.kind === "pull-request") && (cause.paths.kind === "all" || cause.paths.inverted)
    );
  });
}

const inStages = {
  why: "Each event starts a run of its own. The deployment goes out after the first of the pipelines before it has succeeded, while the others still run or fail, and again after each of the others.",
  url: awsDocumentation.events,
  help: "Put what must be done before into one pipeline, as actions of one stage, or let the first stage ask for the state of the others.",
};

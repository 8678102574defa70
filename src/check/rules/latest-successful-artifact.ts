import type { Key, ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { type Analysis, can } from "../analysis/analysis.ts";
import { type ArtifactAccess, artifactsOf } from "../analysis/artifacts.ts";
import { type Effect, effectsOf, isTrial } from "../analysis/effects.ts";
import { takesSomebodyElses } from "../analysis/found-claims.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const latestSuccessfulArtifact: Rule = {
  id: "latest-successful-artifact",
  severity: "error",
  kind: "race",
  title: "deploys the newest artifact of any branch or pull request",
  why: "The download takes whatever run was the last, not the one this deployment belongs to: another branch, another pull request, or a newer commit.",
  url: documentation.artifacts,
  *find(analysis) {
    const seen = new Set<object>();
    for (const download of artifactsOf(analysis).downloads) {
      const { pipeline, job, step, access } = download;
      if (access.binding.kind !== "latest" || access.binding.branch || seen.has(step.at)) continue;
      if (step.failureIgnored || isNarrowed(access) || isElsewhere(analysis, download)) continue;
      const chains = analysis
        .chains(pipeline)
        .filter((each) => each.start.cause.kind !== "call" && can(analysis.stepRuns(job, step, each.circumstances)));
      const [chain] = chains;
      if (!chain) continue;
      const producer = producerOf(analysis, download, chain);
      // A workflow that runs for one branch only has one newest run.
      if (producer && oneBranchOnly(producer, access.details.get("event"))) continue;
      const effect = effectAfter(analysis, job);
      // Whoever is started by a run means its artifact, whatever is done with it.
      const meant = producer && chain.circumstances.upstream?.pipeline === producer.id;
      if (!effect && !meant) continue;
      const claim = takesSomebodyElses(analysis, { download, chain, producer });
      if (!claim) continue;
      seen.add(step.at);
      const named = access.details.get("workflow");
      const source = producer ? fileName(producer.id) : (named && literalText(step.resolve(named))) || "any run";
      const use = effect
        ? `"${jobName(effect.job)}" ${effect.kind === "publish" ? "publishes" : "deploys"} it`
        : `"${jobName(job)}" works with it`;
      yield {
        message: `"${jobName(job)}" takes the newest artifact of ${source}, whoever's it is, and ${effect ? use : "not the one of the run that started it"}`,
        at: step.at,
        related: [
          ...(producer
            ? [
                {
                  at: producer.starts[0]?.at ?? producer.at,
                  message: `${fileName(producer.id)} also runs for other branches or pull requests`,
                },
              ]
            : []),
          ...(effect?.step ? [{ at: effect.step.at, message: `Here: ${effect.tool}` }] : []),
        ],
        confidence: "high",
        ...(effect ? {} : { severity: "warning" as const }),
        schedule: [
          `somebody else's run of ${source === "any run" ? "the workflow" : source} completes`,
          `${chain.described} -> ${fileName(pipeline.id)} starts`,
          `"${jobName(job)}" downloads the newest artifact: somebody else's`,
          use,
        ],
        help: `Name the run or the commit: \`run_id: \${{ github.event.workflow_run.id }}\`, or \`commit: \${{ github.sha }}\`; at least the branch and the event.`,
        claim,
      };
    }
  },
};

/** The newest of one pull request is what people mean. */
function isNarrowed({ details }: ResourceAccess): boolean {
  return details.has("pr") || details.has("pattern");
}

function isElsewhere({ facts }: Analysis, { access, step }: ArtifactAccess): boolean {
  const given = access.details.get("repository") ?? access.details.get("repo");
  if (!given) return false;
  const name = step.resolve(given);
  const [only] = name;
  if (only?.kind === "expression" && name.length === 1) return only.text.trim() !== "github.repository";
  return facts.repository === undefined || literalText(name) !== facts.repository;
}

/** The workflow that is searched, by file, name, or as the one that has just completed. */
function producerOf(
  { facts }: Analysis,
  { access, step }: ArtifactAccess,
  { circumstances }: TriggerChain,
): Pipeline | undefined {
  const named = access.details.get("workflow");
  if (!named) return undefined;
  const given = step.resolve(named);
  const workflow = literalText(given);
  if (workflow !== undefined) {
    return facts.pipelines.find((each) => fileName(each.id) === fileName(workflow) || each.name === workflow);
  }
  const before = given.some(
    (part) => part.kind === "expression" && /workflow_run\.(workflow_id|name|path)/.test(part.text),
  );
  return before && circumstances.upstream ? facts.pipeline(circumstances.upstream.pipeline) : undefined;
}

/** What happens to it: in the job itself, or in one that comes after. */
function effectAfter(analysis: Analysis, job: JobFacts): Effect | undefined {
  const { jobs } = analysis.facts.pipeline(job.pipeline)!;
  for (const each of [job, ...jobs.filter((other) => analysis.before(job, other))]) {
    // A preview of somebody else's change is as wrong.
    const effect = effectsOf(each).find(({ kind }) => kind !== "destroy");
    if (effect && !isTrial(each)) return effect;
  }
  return undefined;
}

function oneBranchOnly(pipeline: Pipeline, event: Key | undefined): boolean {
  const named = event && literalText(event);
  return pipeline.starts
    .filter((start) => named === undefined || start.event === named)
    .every(
      ({ cause }) =>
        cause.kind === "dispatch" ||
        cause.kind === "call" ||
        cause.kind === "schedule" ||
        (cause.kind === "push" && cause.branches.literals?.length === 1),
    );
}

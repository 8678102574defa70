import { type EnvironmentKind, environmentKindIn, isTrial } from "../../facts/environment-kind.ts";
import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { type Analysis, can, jobPattern, weakest } from "../analysis/analysis.ts";
import { type Effect, isPreview, lastingEffects } from "../analysis/effects.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { rootJob } from "./no-conclusion-guard.ts";

export const envOrderSkipped: Rule = {
  id: "env-order-skipped",
  severity: "error",
  kind: "missing gate",
  title: "production is deployed beside staging, not after it",
  why: "One event deploys both, and production does not wait for staging. What staging would have shown is seen in production at the same time.",
  url: documentation.environments,
  *find(analysis) {
    for (const pipeline of analysis.facts.pipelines) {
      if (isStaged(pipeline)) continue;
      const deployed = [...stagesOf(analysis, pipeline)];
      const hit = firstHit(analysis, pipeline, deployed);
      if (!hit) continue;
      const { staging, production, chain } = hit;
      const mayBeHeld = production.job.environment && analysis.environmentSettings(production.job)?.approval !== false;
      yield {
        message: `"${jobName(production.job)}" deploys to production without waiting for "${jobName(staging.job)}"`,
        at: rootJob(analysis, production.job).keyAt,
        related: [
          {
            at: rootJob(analysis, staging.job).keyAt,
            message: "Deploys to staging on the same event; nothing orders the two",
          },
        ],
        confidence: mayBeHeld ? "low" : "medium",
        ...(mayBeHeld ? { severity: "warning" as const } : {}),
        schedule: [
          `${chain.described} -> ${fileName(pipeline.id)} starts`,
          `"${jobName(production.job)}" deploys to production`,
          `"${jobName(staging.job)}" fails`,
        ],
        help: `Let "${production.job.path[0]}" need "${staging.job.path[0]}".${mayBeHeld ? " Required reviewers of the environment, if it has any, hold it until somebody agrees, but not until staging has succeeded." : ""}`,
        claim: analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: jobPattern(production.job, chain) },
            { kind: "job-ended", job: jobPattern(staging.job, chain) },
          ],
          { kind: "before", first: jobPattern(production.job, chain), second: jobPattern(staging.job, chain) },
        ),
      };
    }
  },
};

interface Deployed {
  readonly job: JobFacts;
  readonly effect: Effect;
  readonly stage: EnvironmentKind;
}

function* stagesOf(analysis: Analysis, pipeline: Pipeline): Generator<Deployed> {
  for (const job of pipeline.jobs) {
    if (job.kind === "call" || isPreview(job) || job.matrix) continue;
    const effect = lastingEffects(job).find((each) => each.kind === "deploy");
    const stage = effect && stageThrough(analysis, job);
    if (effect && stage) yield { job, effect, stage };
  }
}

/** From the environment, the job's own name, or the caller's. */
function stageThrough(analysis: Analysis, job: JobFacts): EnvironmentKind | undefined {
  const environment = job.environment && literalText(job.environment.name);
  if (environment) return environmentKindIn(environment);
  for (let at: JobFacts | undefined = job; at; at = at.caller ? analysis.facts.job(at.caller) : undefined) {
    const stage = environmentKindIn(`${at.key} ${at.label}`);
    if (stage) return stage;
  }
  return undefined;
}

function firstHit(analysis: Analysis, pipeline: Pipeline, deployed: readonly Deployed[]) {
  for (const production of deployed) {
    if (production.stage !== "production") continue;
    const before = deployed.filter((each) => isTrial(each.stage) && sameThing(each, production));
    // After some earlier stage it is in a chain already; which stages count is the team's choice.
    if (before.length === 0 || before.some((each) => analysis.before(each.job, production.job))) continue;
    for (const staging of before) {
      if (analysis.before(production.job, staging.job)) continue;
      const chain = analysis
        .chains(pipeline)
        .find(
          (each) =>
            each.start.cause.kind !== "call" &&
            each.root.kind !== "dispatch" &&
            can(
              weakest(
                analysis.effectRuns(staging.job, each.circumstances),
                analysis.effectRuns(production.job, each.circumstances),
              ),
            ),
        );
      if (chain) return { staging, production, chain };
    }
  }
  return undefined;
}

/** The same work for another environment: the same called workflow, or the same tool under nearly the same name. */
function sameThing(a: Deployed, b: Deployed): boolean {
  if (a.job.keyAt === b.job.keyAt) return true;
  const bare = (each: Deployed) =>
    each.job.path
      .join(" ")
      .toLowerCase()
      .replace(/pre-?prod(uction)?|prod(uction)?|prd|live|staging|stage|stg|qa|uat|test(ing)?/g, "")
      .replace(/[^a-z]+/g, " ")
      .trim();
  return (
    a.effect.tool.replace(/\W*(staging|stage|stg|qa|uat|test|prod\w*|prd|live)\W*/gi, "") ===
      b.effect.tool.replace(/\W*(staging|stage|stg|qa|uat|test|prod\w*|prd|live)\W*/gi, "") && bare(a) === bare(b)
  );
}

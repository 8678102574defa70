import type { Key, ResourceAccess } from "../../facts/access.ts";
import { type EnvironmentKind, environmentKindIn } from "../../facts/environment-kind.ts";
import type { JobFacts, StepFacts } from "../../facts/facts.ts";
import { type ActionFacts, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { identity, readable } from "../../facts/written.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { effectsOf } from "../analysis/effects.ts";
import { beginning } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const envMislabelled: Rule = {
  id: "env-mislabelled",
  severity: "error",
  kind: "missing gate",
  title: "the job names one environment and deploys to another",
  why: "The environment decides who approves and which secrets are given. When the command goes elsewhere, production is changed under staging's rules, or never changed at all.",
  url: documentation.environments,
  *find(analysis) {
    yield* deployedElsewhere(analysis);
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      const environment = job.environment && literalText(job.environment.name);
      const named = environment ? environmentKindIn(environment) : undefined;
      if (!environment || !named || job.matrix) continue;
      const effects = effectsOf(job).filter((effect) => effect.step && effect.access && effect.kind === "deploy");
      for (const { step, tool } of effects) {
        const told = step && stageOfCommand(step);
        if (!told || !step || seen.has(step.at) || !conflict(named, told.stage) || agreesElsewhere(job, step, named))
          continue;
        const chain = analysis.chains(pipeline).find((each) => can(analysis.stepRuns(job, step, each.circumstances)));
        if (!chain) continue;
        seen.add(step.at);
        yield {
          message: `"${jobName(job)}" is in the environment ${environment}, but ${tool} goes to ${told.value} (\`${told.text}\`)`,
          at: step.at,
          related: [{ at: job.environment!.at, message: `Environment ${environment}` }],
          confidence: "high",
          schedule: [
            `${chain.described} -> ${fileName(pipeline.id)}: "${jobName(job)}" runs under the rules of ${environment}`,
            `${tool} changes ${told.value}`,
          ],
          help: `Write the same environment in both places.`,
          claim: analysis.claim([chain], [{ kind: "step", job: jobPattern(job, chain), step: step.index }], {
            kind: "runs",
            job: jobPattern(job, chain),
            step: step.index,
          }),
        };
      }
    }
  },
};

/** Only production against the rest is certain to be a mistake; names of the lower stages vary. */
function conflict(a: EnvironmentKind, b: EnvironmentKind): boolean {
  return a !== b && (a === "production" || b === "production");
}

const flag =
  /(?:^|\s)((?:--stage|--env|--environment|--stack-env|-s|--context env|-c env|-var environment|-var env|--target-env)[= ]["']?([\w-]+)["']?|-var-file[= ]["']?([\w./-]+)["']?|(?:STAGE|ENVIRONMENT|DEPLOY_ENV|TARGET_ENV)=["']?([\w-]+)["']?)(?=\s|$)/g;

/** Build modes that are called production for every environment. */
const buildTools =
  /\b(vercel|netlify|ng|vite|webpack|next|nuxt|expo|eas|railway|flyctl|heroku|wrangler|npm|yarn|pnpm|composer|bundle)\b/;

function stageOfCommand(
  step: StepFacts,
): { readonly stage: EnvironmentKind; readonly value: string; readonly text: string } | undefined {
  const found: { stage: EnvironmentKind; value: string; text: string }[] = [];
  for (const line of step.text.replace(/\\\n\s*/g, " ").split("\n")) {
    if (/^\s*#|\becho\b/.test(line) || buildTools.test(line.replace(/\bnpx\b/, ""))) continue;
    for (const [, text, ...values] of line.matchAll(flag)) {
      const value = values.find((each) => each !== undefined)!;
      const stage = environmentKindIn(value);
      if (stage) found.push({ stage, value, text: text!.trim() });
    }
  }
  const stages = new Set(found.map(({ stage }) => stage));
  return stages.size === 1 ? found[0] : undefined;
}

/** Another deploying step of the job goes where its environment says: both are wanted. */
function agreesElsewhere(job: JobFacts, step: StepFacts, named: EnvironmentKind): boolean {
  return job.steps.some((other) => other !== step && stageOfCommand(other)?.stage === named);
}

/** A stage that is called by one environment and deploys to what is called by another. */
function* deployedElsewhere(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    for (const action of pipeline.actions) {
      const named = environmentKindIn(action.stageLabel) ?? environmentKindIn(action.label);
      const access = named && action.accesses.find((each): each is ResourceAccess => goesElsewhere(each, named));
      if (!access || !named || isDeployedByOthers(pipeline, action, access)) continue;
      const target = `${access.resource} "${readable(access.key)}"`;
      const chain = analysis.clearest(pipeline);
      const job = jobPattern(action, chain);
      yield {
        message: `"${action.label}" in stage "${action.stageLabel}" is ${named} by its name, and deploys the ${target}`,
        at: access.at,
        related: [{ at: action.keyAt, message: `Stage "${action.stageLabel}"` }],
        confidence: "medium",
        schedule: [
          beginning(chain, pipeline),
          `stage "${action.stageLabel}" -> "${action.label}" changes the ${target}`,
        ],
        why: "The stage decides what has been tried and who has approved before. When its action goes elsewhere, production is changed under staging's rules, or never changed at all.",
        url: awsDocumentation.structure,
        help: "Let the stage and what it deploys to speak of the same environment.",
        claim: analysis.claim([chain], [{ kind: "job-ended", job }], { kind: "runs", job }),
      };
    }
  }
}

/** Only production against the rest is certain to be a mistake; names of the lower stages vary. */
function goesElsewhere(access: ActionFacts["accesses"][number], named: EnvironmentKind): boolean {
  if (access.kind !== "resource" || access.mode === "read" || access.effect !== "deploy") return false;
  const told = environmentKindIn(wordsOf(access.key));
  return told !== undefined && told !== named && (told === "production" || named === "production");
}

/** What only a deployment knows may be the environment's name, too. */
function wordsOf(key: Key): string {
  return key.every((part) => part.kind === "text") ? readable(key) : "";
}

/** Two stages that deploy one thing are another mistake. */
function isDeployedByOthers({ actions }: StagedPipeline, own: ActionFacts, { key, resource }: ResourceAccess): boolean {
  return actions.some(
    (action) =>
      action !== own &&
      action.accesses.some(
        (access) =>
          access.kind === "resource" && access.resource === resource && identity(access.key) === identity(key),
      ),
  );
}

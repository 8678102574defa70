import type { Cause, JobFacts, Pipeline } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { isStaged } from "../../facts/stages.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { type Effect, isCalledDocumentation, isGuess, lastingEffects, reportsOrCleans } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { jobName } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";
import { matchesBranch } from "../settings.ts";

/** A branch that no file speaks of. */
const anyBranch = "some-feature";

export const deploysAnyBranch: Rule = {
  id: "deploys-any-branch",
  severity: "warning",
  kind: "missing gate",
  title: "a push to any branch deploys",
  why: "The push trigger has no branch filter, and no condition asks for the branch. Whatever somebody pushes to a branch of their own is deployed where the others' work is.",
  url: documentation.trigger,
  *find(analysis) {
    for (const pipeline of analysis.facts.pipelines) {
      const hit = hitOf(analysis, pipeline);
      if (!hit) continue;
      const { job, effect, chain } = hit;
      const mayBeHeld = job.environment && analysis.environmentSettings(job)?.branches === undefined;
      const protectedPlace = mayBeHeld
        ? " Deployment branches of its environment, if that has any, may hold it back."
        : "";
      yield {
        message: `"${jobName(job)}" in ${pipeline.label} deploys (${effect.tool}) on a push to any branch`,
        at: chain.start.at,
        related: [{ at: effect.step?.at ?? job.keyAt, message: "Here it deploys; nothing asks for the branch" }],
        confidence: mayBeHeld || effect.confidence !== "high" ? "low" : "medium",
        schedule: [
          `push to ${anyBranch} -> ${pipeline.label} starts`,
          `"${jobName(job)}" deploys what is on ${anyBranch}`,
        ],
        ...(isStaged(pipeline)
          ? inStages(analysis.defaultBranch)
          : {
              help: `Name the branches that are deployed: \`branches: [${analysis.defaultBranch}]\` below \`push:\`, or test \`github.ref\` in the job.${protectedPlace}`,
            }),
        claim: analysis.claim([chain], [{ kind: "job-started", job: jobPattern(job, chain) }], {
          kind: "runs",
          job: jobPattern(job, chain),
        }),
      };
    }
  },
};

function inStages(branch: string): Pick<Candidate, "why" | "url" | "help"> {
  return {
    why: "The branch of the source action is that of runs started by hand where a trigger has filters, and these name no branch. Whatever somebody pushes to a branch of their own is deployed where the others' work is.",
    url: awsDocumentation.triggers,
    help: `Name the branches that are deployed in each push filter of the trigger, beside its file paths: \`Branches: { Includes: [${branch}] }\`.`,
  };
}

interface Hit {
  readonly job: JobFacts;
  readonly effect: Effect;
  readonly chain: TriggerChain;
}

function hitOf(analysis: Analysis, pipeline: Pipeline): Hit | undefined {
  const found = analysis
    .chains(pipeline)
    .find(({ upstream, start: { cause } }) => !upstream && cause.kind === "push" && takesAnyBranch(cause));
  if (found?.root.kind !== "push") return undefined;
  const root = { ...found.root, ref: { kind: "branch" as const, name: anyBranch } };
  const circumstances = { start: found.start, branch: anyBranch };
  const chain: TriggerChain = { ...found, root, circumstances, described: `push to ${anyBranch}` };
  for (const job of pipeline.jobs) {
    const allowed = analysis.environmentSettings(job)?.branches ?? "all";
    if (reportsOrCleans(job) || (allowed !== "all" && !matchesBranch(allowed, anyBranch))) continue;
    const effect = lastingEffects(job).find(
      (each) => each.kind === "deploy" && !isCalledDocumentation(each) && !isGuess(each),
    );
    if (effect && can(analysis.effectRuns(job, circumstances)) && !followsBranch(analysis, job))
      return { job, effect, chain };
  }
  return undefined;
}

/** Without filters a source fetches its one branch, known or not; buckets and images have none. */
function takesAnyBranch({ branches, paths, source }: Extract<Cause, { kind: "push" }>): boolean {
  return branches.kind === "all" && (!source || (source.filterable && paths.kind === "patterns"));
}

const branchText = /github\.(ref|ref_name|head_ref)\b|GITHUB_(REF|REF_NAME|HEAD_REF)\b|\bbranch\b/i;
const asksBranch = (text: string): boolean => branchText.test(text.replace(/^\s*#.*$/gm, ""));

/** Where it goes, or whether it goes at all, is told by the branch. */
function followsBranch(analysis: Analysis, job: JobFacts): boolean {
  const name = job.environment ? showKey(job.environment.name) : "";
  const jobs = [job, ...analysis.jobsBefore(job)];
  return (
    name.includes("${{") ||
    jobs.some(({ steps }) => steps.some(({ text, opened }) => asksBranch(text) || asksBranch(opened)))
  );
}

/** Who pushes commits of its own to the branch that its run is of. */

import type { KeyPart } from "../../facts/access.ts";
import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import type { Analysis } from "./analysis.ts";
import { literalText } from "./wording.ts";

/** Names that stand for the branch of the run, as expressions or variables of the platform. */
const ownBranch =
  /^(?:github\.(?:ref_name|ref|event\.repository\.default_branch|base_ref)|GITHUB_REF_NAME|GITHUB_BASE_REF)$/;

/** To the branch that the run is of: without a name, by its own name, or by that of the default branch. */
export function pushesBranch(analysis: Analysis, step: StepFacts): boolean {
  return step.accesses.some((access) => {
    if (access.kind !== "resource" || access.resource !== "source" || access.mode === "read") return false;
    if (
      access.details.has("remote") ||
      access.details.has("repository") ||
      /merge|create-pull-request/.test(access.tool)
    )
      return false;
    const name = literalText(step.resolve(access.key));
    return name === "" || name === analysis.defaultBranch;
  });
}

export interface BranchPush {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly step: StepFacts;
}

/** Pushes that are refused when somebody else has pushed meanwhile: neither forced nor repeated on top of the newer commit. */
export function refusablePushes(analysis: Analysis): BranchPush[] {
  const found: BranchPush[] = [];
  for (const { pipeline, job } of analysis.work()) {
    const step = job.steps.find((each) => isRefusable(analysis, each));
    if (step && !takesNewerIn(job, step)) found.push({ pipeline, job, step });
  }
  return found;
}

/** They commit a version and push it by themselves. */
const pushingTools =
  /\bnx release(?! (?:version|changelog|publish|plan)\b)(?![^\n]*--dry-run)|\blerna (?:version|publish)\b(?![^\n]*(?:from-(?:git|package)|--no-push|--no-git))|\brelease-it\b(?![^\n]*(?:--no-git|--dry-run))/;

function isRefusable(analysis: Analysis, step: StepFacts): boolean {
  if (step.failureIgnored) return false;
  if (step.kind === "command" && (pushingTools.test(step.text) || pushingTools.test(step.opened))) return true;
  return step.accesses.some((access) => {
    if (access.kind !== "resource" || access.resource !== "source" || access.mode !== "write") return false;
    if (access.details.has("repository") || /merge|create-pull-request|pr-push|pr-submit/.test(access.tool))
      return false;
    const remote = access.details.get("remote");
    if (
      remote &&
      !remote.some((part) => part.kind !== "text" && /github\.repository$|GITHUB_REPOSITORY/.test(hole(part)))
    )
      return false;
    const key = step.resolve(access.key);
    const name = literalText(key);
    const [only] = key;
    if (name === undefined) return key.length === 1 && only !== undefined && ownBranch.test(hole(only));
    return name === "" || name === analysis.defaultBranch;
  });
}

function hole(part: KeyPart): string {
  return part.kind === "variable" ? part.name : part.text;
}

/** `git pull`, a rebase or a reset to the branch as it is now: what somebody else has pushed is taken in first. */
const takesNewer =
  /\bgit\b[^\n;&|]*\s(?:pull|rebase|merge\s+(?:--\S+\s+)*["']?origin|reset\s+--hard\s+["']?(?:origin|FETCH_HEAD))/;
const triesAgain = /\b(?:until|while|for)\b[^\n]*\n?[\s\S]*\bgit\b[^\n]*\spush\b|\bgit\b[^\n]*\spush\b[^\n]*\|\|/;

function takesNewerIn(job: JobFacts, push: StepFacts): boolean {
  const own = `${push.text}\n${push.opened}`;
  if (triesAgain.test(own)) return true;
  const until = job.steps.slice(0, job.steps.indexOf(push) + 1);
  return until.some(({ text, opened }) => takesNewer.test(text) || takesNewer.test(opened));
}

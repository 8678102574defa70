import type { Pipeline } from "../../facts/facts.ts";
import { isAction, stagedPipelines } from "../../facts/stages.ts";
import { identity } from "../../facts/written.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import {
  changes,
  follows,
  nameOfTarget,
  type OnePush,
  onePush,
  pairsBesideStages,
  type ResourceUse,
  targetOf,
  usesOf,
  whereOf,
} from "../analysis/beside.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** Stacks have a rule of their own. */
const kinds = new Set(["terraform-state", "function", "service", "bucket", "database"]);

/** Two pipelines, or a pipeline and a workflow, that change one thing on one push. */
export function* changedByTwo(analysis: Analysis): Generator<Candidate> {
  for (const [a, b] of pairsBesideStages(analysis)) {
    if (follows(a, b) || follows(b, a)) continue;
    const together = onePush(analysis, [a, b]);
    const shared = together && sharedTarget(analysis, a, b);
    if (shared) yield candidate(analysis, { a, b, together, ...shared });
  }
}

interface Shared {
  readonly first: ResourceUse;
  readonly second: ResourceUse;
}

function sharedTarget(analysis: Analysis, a: Pipeline, b: Pipeline): Shared | undefined {
  const isKnown = (use: ResourceUse) => isDeployment(use) && isOfOneSource(analysis, use);
  for (const first of usesOf(analysis, a).filter(isKnown)) {
    const target = targetOf(first);
    const second = target && usesOf(analysis, b).find((use) => isKnown(use) && targetOf(use) === target);
    if (second && isSameVariant(first, second)) return { first, second };
  }
  return undefined;
}

/** A state is named by its folder in the source: of which one must be certain. */
function isOfOneSource({ facts }: Analysis, { access, job }: ResourceUse): boolean {
  if (access.resource !== "terraform-state" || !isAction(job)) return true;
  return stagedPipelines(facts).find(({ id }) => id === job.pipeline)?.sources.length === 1;
}

/** With other values for its variables one folder most likely has another state. */
function isSameVariant({ access: a }: ResourceUse, { access: b }: ResourceUse): boolean {
  const [x, y] = [a, b].map(({ details }) => identity(details.get("var-file") ?? []));
  return x !== undefined && x === y;
}

/** What a stack makes on its way is its own affair: other commands put code or files into it. */
function isDeployment(use: ResourceUse): boolean {
  const { resource, tool, effect, confidence } = use.access;
  if (!kinds.has(resource) || tool === "CloudFormation" || confidence === "low") return false;
  return effect === "deploy" && changes(use);
}

interface Found extends Shared {
  readonly a: Pipeline;
  readonly b: Pipeline;
  readonly together: OnePush;
}

function candidate(analysis: Analysis, { a, b, together, first, second }: Found): Candidate {
  const { words, apart } = together;
  const [one, other] = [jobPattern(first.job, together.a), jobPattern(second.job, together.b)];
  const isState = first.access.resource === "terraform-state";
  return {
    message: `${a.label} and ${b.label} both change the ${nameOfTarget(first)} and nothing keeps them apart`,
    at: second.access.at,
    related: [
      { at: first.access.at, message: `${a.label} changes it: ${whereOf(first.job)}` },
      { at: together.a.start.at, message: `${a.label} starts on ${words}` },
      { at: together.b.start.at, message: `${b.label} starts on the same push` },
    ],
    confidence: apart || isState ? "medium" : "high",
    ...(apart ? { severity: "warning" as const } : {}),
    schedule: [
      `${words}${apart ? " that touches the paths of both" : ""} -> ${a.label} starts; ${b.label} starts`,
      `${whereOf(first.job)} and ${whereOf(second.job)} change the ${nameOfTarget(first)} at the same time`,
      isState
        ? "one of them fails at the lock of the state, or undoes what the other has planned"
        : "whoever is last decides what it is",
    ],
    why: "Stages keep the runs of one pipeline apart, not two pipelines, and no lock of a workflow reaches a pipeline. Whoever ends last decides, whichever is right.",
    url: awsDocumentation.executions,
    help: "Let one of them own it, and start the other when it has succeeded.",
    claim: analysis.claim(
      [together.a, together.b],
      [
        { kind: "job-started", job: one },
        { kind: "job-started", job: other },
        { kind: "job-ended", job: one },
      ],
      { kind: "overlap", first: one, second: other },
    ),
  };
}

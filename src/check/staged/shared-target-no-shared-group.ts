import { identity } from "../../facts/staged.ts";
import type { Analysis } from "../analysis/analysis.ts";
import {
  type CoStart,
  changes,
  coStart,
  nameOfTarget,
  type PipelineView,
  pipelineViews,
  type ResourceUse,
  samePipeline,
  startsAfter,
  targetOf,
} from "../analysis/cross-platform.ts";
import { stagedScenario } from "../analysis/staged-claims.ts";
import { stagedPipelines } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** Stacks have a rule of their own. */
const kinds = new Set(["terraform-state", "function", "service", "bucket", "database"]);

/** Two pipelines, or a pipeline and a workflow, that change one thing on one push. */
export function* changedByTwo(analysis: Analysis): Generator<Candidate> {
  const views = pipelineViews(analysis);
  for (const [i, a] of views.entries()) {
    for (const b of views.slice(i + 1)) {
      if (samePipeline(a, b) || (a.platform === "jobs" && b.platform === "jobs")) continue;
      if (startsAfter(a, b) || startsAfter(b, a)) continue;
      const together = coStart(a, b);
      const shared = together && sharedTarget(analysis, a, b);
      if (shared) yield candidate(analysis, { a, b, together, ...shared });
    }
  }
}

interface Shared {
  readonly first: ResourceUse;
  readonly second: ResourceUse;
}

function sharedTarget(analysis: Analysis, a: PipelineView, b: PipelineView): Shared | undefined {
  const isKnown = (use: ResourceUse) => isDeployment(use) && isOfOneSource(analysis, use);
  for (const first of a.uses.filter(isKnown)) {
    const target = targetOf(first);
    const second = target && b.uses.find((use) => isKnown(use) && targetOf(use) === target);
    if (second && isSameVariant(first, second)) return { first, second };
  }
  return undefined;
}

/** A state is named by its folder in the source: of which one must be certain. */
function isOfOneSource(analysis: Analysis, { access, action }: ResourceUse): boolean {
  if (access.resource !== "terraform-state" || !action) return true;
  return stagedPipelines(analysis).find(({ id }) => id === action.pipeline)?.sources.length === 1;
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
  readonly a: PipelineView;
  readonly b: PipelineView;
  readonly together: CoStart;
}

function candidate(analysis: Analysis, { a, b, together, first, second }: Found): Candidate {
  const { push, choices, words, apart } = together;
  const [one, other] = [first, second].map(({ job }) => ({
    run: { pipeline: job.pipeline, event: push.id },
    path: job.path,
  }));
  const isState = first.access.resource === "terraform-state";
  const pipelines = stagedPipelines(analysis).filter(({ id }) => id === a.id || id === b.id);
  return {
    message: `${a.label} and ${b.label} both change the ${nameOfTarget(first)} and nothing keeps them apart`,
    at: second.access.at,
    related: [
      { at: first.access.at, message: `${a.label} changes it: ${first.where}` },
      { at: together.a.at, message: `${a.label} starts on ${words}` },
      { at: together.b.at, message: `${b.label} starts on the same push` },
    ],
    confidence: apart || isState ? "medium" : "high",
    ...(apart ? { severity: "warning" as const } : {}),
    schedule: [
      `${words}${apart ? " that touches the paths of both" : ""} -> ${a.label} starts; ${b.label} starts`,
      `${first.where} and ${second.where} change the ${nameOfTarget(first)} at the same time`,
      isState
        ? "one of them fails at the lock of the state, or undoes what the other has planned"
        : "whoever is last decides what it is",
    ],
    why: "Stages keep the runs of one pipeline apart, not two pipelines, and no lock of a workflow reaches a pipeline. Whoever ends last decides, whichever is right.",
    url: awsDocumentation.executions,
    help: "Let one of them own it, and start the other when it has succeeded.",
    claim: {
      scenario: stagedScenario(analysis, { events: [push], choices, pipelines }),
      schedule: [
        { kind: "job-started", job: one! },
        { kind: "job-started", job: other! },
        { kind: "job-ended", job: one! },
      ],
      bad: { kind: "overlap", first: one!, second: other! },
    },
  };
}

import { own } from "../model/own.ts";
import type { ResolvedJob, ResolvedPipeline } from "../model/resolved-delivery.ts";
import { affected, definedIn, holds } from "./affected.ts";
import type { Decisions, PlacedPipeline, Verdict } from "./decisions.ts";
import { inTarget } from "./excluded.ts";
import type { Deployed, Reason } from "./plan.ts";
import { originOf } from "./plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { closedTarget, refusedEvent } from "./triggers.ts";

export interface PipelineQuestion {
  context: PlanContext;
  placed: PlacedPipeline;
  /** Everything it needs is decided. */
  decisions: Decisions;
  neededBy: NeededBy;
  /** Why it runs when it has no reason of its own, be it selected or not. */
  otherwise?: Reason | undefined;
}

/** For each pipeline that was not selected, in one target: a selected one, or one that it keeps running, that needs it. */
export type NeededBy = ReadonlyMap<ResolvedPipeline, ResolvedPipeline>;

export function decidePipeline({ context, placed, decisions, neededBy, otherwise }: PipelineQuestion): Verdict {
  const { resolved, target, handsOver } = placed;
  const { name } = resolved.pipeline;
  const closed = closedTarget(context, target);
  if (closed !== undefined) return { decision: "skip", reason: closed };
  const deployed = usable(context, placed);
  const filtered = refusedEvent(context, resolved);
  if (filtered !== undefined) return insteadOfRun(filtered, deployed);
  if (placed.isEmpty) return insteadOfRun(emptyReason(placed), deployed);
  if (isOutside(context, name)) {
    const reason: Reason = { code: "not-in-release", text: `the release that comes holds no ${name}`, because: [] };
    return insteadOfRun(reason, deployed);
  }
  const needs = resolved.needs.map((need) => decisions.get(need)!.placed[target.index]!);
  let cause: Reason | undefined;
  if (context.selected.size > 0 && !context.selected.has(name) && otherwise === undefined) {
    const list = [...context.selected].join(", ");
    const reason: Reason = { code: "not-selected", text: `not among the selected pipelines (${list})`, because: [] };
    const consumer = neededBy.get(resolved);
    if (consumer === undefined) return { decision: "skip", reason };
    if (deployed !== undefined && context.request.force !== "all") return insteadOfRun(reason, deployed);
    cause = neededReason(context, placed, consumer);
  } else {
    const runs = (job: ResolvedJob) => !placed.excluded.has(job) && !decisions.get(resolved)!.release.excluded.has(job);
    const jobs = [...resolved.releaseJobs, ...resolved.environmentJobs].filter(runs);
    cause =
      affected({ context, resolved, target, handsOver, jobs }) ?? upstream({ context, placed, needs }) ?? otherwise;
  }
  const missing = context.isPullRequest ? undefined : needs.find((need) => isMissing(need, cause));
  if (missing !== undefined) {
    const need = missing.resolved.name;
    const text = `needs ${need}, which does not run${inTarget(target)}: ${missing.verdict.reason.text}`;
    return { decision: "skip", reason: { code: "upstream-skipped", text, because: [need] } };
  }
  if (cause === undefined) return unchanged(context, placed);
  // What is deployed stays the source of whatever this plan does not make anew.
  const before =
    (context.isBack ? own(context.request.release ?? {}, name) : undefined) ?? context.deployedIn(target, name);
  return { decision: "run", reason: cause, ...(before === undefined ? {} : { reused: before }) };
}

/** A release that is moved brings what it holds and nothing else. */
function isOutside({ isMove, request: { release } }: PlanContext, pipeline: string): boolean {
  return isMove && release !== undefined && !Object.hasOwn(release, pipeline);
}

/** Whether nothing comes from a pipeline that is needed. One that had to run and could not holds up even what has no cause of its own. */
function isMissing({ verdict, isEmpty }: PlacedPipeline, cause: Reason | undefined): boolean {
  if (verdict.decision !== "skip" || isEmpty) return false;
  return cause !== undefined || verdict.reason.code === "upstream-skipped" || verdict.reason.code === "not-proven";
}

/** What is deployed here, when it has all that consumers take. */
export function usable(context: PlanContext, { resolved, target, handsOver }: PlacedPipeline): Deployed | undefined {
  const deployed = context.deployedIn(target, resolved.name);
  return deployed !== undefined && handsOver.every((handOff) => holds(deployed, handOff)) ? deployed : undefined;
}

function insteadOfRun(reason: Reason, deployed: Deployed | undefined): Verdict {
  if (deployed === undefined) return { decision: "skip", reason };
  const text = `${reason.text}; outputs of release ${originOf(deployed)} reused`;
  return { decision: "reuse", reason: { ...reason, text }, reused: deployed };
}

function emptyReason({ resolved, target, excluded }: PlacedPipeline): Reason {
  const [first] = excluded.values();
  const text = `no job of ${resolved.name} can run${inTarget(target)}`;
  return {
    code: first?.code ?? "condition-false",
    text: first === undefined ? text : `${text}: ${first.text}`,
    because: [],
  };
}

function neededReason(context: PlanContext, { resolved, target }: PlacedPipeline, consumer: ResolvedPipeline): Reason {
  const { name } = consumer;
  const deployed = context.deployedIn(target, resolved.name);
  const state =
    deployed === undefined
      ? `was never deployed${target.name === undefined ? "" : ` to ${target.name}`}`
      : context.request.force === "all"
        ? "is asked to run as well"
        : `has not published all that is taken from it in release ${originOf(deployed)}`;
  return { code: "needed-by", text: `${name} needs it, and it ${state}`, because: [name] };
}

interface UpstreamQuestion {
  context: PlanContext;
  placed: PlacedPipeline;
  needs: readonly PlacedPipeline[];
}

/** Why it runs for the sake of what it needs: that runs now, or has run here since this was deployed last. */
function upstream({ context, placed, needs }: UpstreamQuestion): Reason | undefined {
  const { name } = placed.resolved.pipeline;
  const running = needs.filter(({ verdict }) => verdict.decision === "run").map(({ resolved }) => resolved.name);
  if (running.length > 0) {
    const text = `${running.join(", ")} ${running.length === 1 ? "runs" : "run"}, which ${name} needs`;
    return { code: "upstream-runs", text, because: running };
  }
  const deployed = context.deployedIn(placed.target, name);
  if (deployed === undefined || context.isPullRequest) return undefined;
  for (const { resolved } of needs) {
    const need = resolved.name;
    const there = context.deployedIn(placed.target, need);
    if (there === undefined || there.release <= deployed.release) continue;
    const text = `${need} was deployed to ${placed.target.name} in release ${originOf(there)}, after ${name} in release ${originOf(deployed)}`;
    return { code: "upstream-deployed", text, because: [need] };
  }
  return undefined;
}

function unchanged(context: PlanContext, { resolved, target }: PlacedPipeline): Verdict {
  const deployed = context.deployedIn(target, resolved.name);
  if (deployed === undefined) {
    return { decision: "skip", reason: { code: "unchanged", text: "nothing it owns is changed", because: [] } };
  }
  const release = originOf(deployed);
  const isUnknown = context.request.made !== undefined && definedIn(context, deployed.release) === undefined;
  const text = context.isPullRequest
    ? `nothing it owns is changed: outputs of release ${release} reused`
    : `unchanged since release ${release}${isUnknown ? ", whose definition is not known" : ""}: outputs reused`;
  return { decision: "reuse", reason: { code: "unchanged", text, because: [] }, reused: deployed };
}

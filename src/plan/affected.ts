import type { Delivery } from "../model/delivery.ts";
import { own } from "../model/own.ts";
import type { HandOff, ResolvedJob, ResolvedPipeline } from "../model/resolved-delivery.ts";
import { definitionChange } from "./definition-change.ts";
import type { Deployed, Reason } from "./plan.ts";
import { originOf } from "./plan.ts";
import type { PlanContext, Target } from "./plan-context.ts";
import { namesRead } from "./reads.ts";

/** A reason lists at most this many paths; the text has the number of all. */
const listedPaths = 10;
const listedPatterns = 3;

export interface AffectedQuestion {
  context: PlanContext;
  resolved: ResolvedPipeline;
  target: Target;
  /** What other pipelines take from this one and some job of it makes in this target. */
  handsOver: readonly HandOff[];
  /** Its jobs that run there whenever it does. */
  jobs: readonly ResolvedJob[];
}

/**
 * Why a pipeline must run in a target for its own sake: it is forced or scheduled, was never deployed there, or what it owns has
 * changed since. Of several reasons the first one. A further changed path can only turn no reason into one.
 */
export function affected({ context, resolved, target, handsOver, jobs }: AffectedQuestion): Reason | undefined {
  const { request, isPullRequest, isMove } = context;
  const { name, triggers } = resolved.pipeline;
  const where = target.name ?? "";
  const { change } = request;
  if (isForced(context, resolved)) {
    return { code: "forced", text: "asked to run whether it changed or not", because: [] };
  }
  if (change.event === "schedule") {
    return { code: "scheduled", text: `runs by its schedule (${triggers.schedules.join(", ")} UTC)`, because: [] };
  }
  const deployed = context.deployedIn(target, name);
  if (isPullRequest && change.base !== undefined) return changed({ context, resolved, base: change.base });
  if (deployed === undefined) {
    const text = target.name === undefined ? "there is nothing deployed to compare with" : `never deployed to ${where}`;
    return { code: "never-deployed", text, because: [] };
  }
  const missing = handsOver.find((handOff) => !holds(deployed, handOff));
  if (missing !== undefined && !isPullRequest) {
    const what = `${missing.kind} ${missing.name}`;
    return {
      code: "not-published",
      text: `release ${originOf(deployed)} in ${where} has no ${what}, which other pipelines take from it`,
      because: [`${name}.${missing.name}`],
    };
  }
  return (
    changed({ context, resolved, base: deployed.commit, deployed, where }) ??
    (isMove ? otherResults({ context, resolved, deployed, where }) : undefined) ??
    otherDefinition({ context, resolved, target, jobs, deployed }) ??
    otherParameter({ context, resolved, deployed }) ??
    halfDeployed({ context, resolved, deployed, where })
  );
}

/** Something that came later began there and did not pass: nobody knows what it left, so what was proven goes there again. */
function halfDeployed({ context, resolved, deployed, where }: Required<Omit<Comparison, "base">>): Reason | undefined {
  const begun = own(own(context.request.history.begun ?? {}, where) ?? {}, resolved.name) ?? 0;
  if (begun <= deployed.release || context.isPullRequest) return undefined;
  const text = `something newer than release ${originOf(deployed)} began to be deployed to ${where} and has not passed there`;
  return { code: "half-deployed", text, because: [resolved.name] };
}

/** Whether somebody asked for it to run whatever has changed. */
export function isForced({ request, selected }: PlanContext, { pipeline }: ResolvedPipeline): boolean {
  return request.force === "all" || (request.force === "named-pipelines" && selected.has(pipeline.name));
}

/** Whether a deployment published the output or left the artifact. */
export function holds(deployed: Deployed, { kind, name }: Pick<HandOff, "kind" | "name">): boolean {
  return Object.hasOwn(kind === "output" ? deployed.outputs : deployed.artifacts, name);
}

interface Comparison {
  context: PlanContext;
  resolved: ResolvedPipeline;
  base: string;
  deployed?: Deployed;
  where?: string;
}

function changed({ context, resolved, base, deployed, where }: Comparison): Reason | undefined {
  const diff = context.changedSince(base);
  if (diff === undefined) {
    const whose =
      deployed === undefined ? "the pull request's base" : `deployed to ${where} in release ${originOf(deployed)}`;
    const text = base.endsWith(uncommittedMark)
      ? `files that were not committed were ${whose}`
      : `git does not know commit ${base.slice(0, 12)}, ${whose}`;
    return { code: "base-unknown", text, because: [base] };
  }
  const patterns = resolved.pipeline.triggers.paths;
  const paths = diff.matching(patterns);
  if (paths.length === 0) return undefined;
  const uncommitted = context.uncommitted.matching(patterns).length;
  const note = uncommitted === 0 ? "" : `, ${uncommitted} of them not committed`;
  const text = `${paths.length} ${paths.length === 1 ? "file" : "files"} changed${under(patterns)}${note}`;
  return { code: "paths-changed", text, because: paths.slice(0, listedPaths) };
}

/**
 * The sources are the same, but what was proven is not what is in place: a release moves as it was proven. Going on, only what
 * was made once for it is the same everywhere; going back, all of it was here once, and is to be again.
 */
function otherResults({ context, resolved, deployed, where }: Required<Omit<Comparison, "base">>): Reason | undefined {
  const moved = own(context.request.release ?? {}, resolved.name);
  if (moved === undefined) return undefined;
  const { artifacts, outputs } = moved;
  const isBack = context.request.change.event === "rollback";
  const files = isBack ? Object.keys(artifacts) : resolved.releaseJobs.flatMap(({ job }) => Object.keys(job.artifacts));
  const values = isBack ? Object.keys(outputs) : [];
  const other =
    files.find((name) => own(artifacts, name)?.digest !== own(deployed.artifacts, name)?.digest) ??
    values.find((name) => outputs[name] !== own(deployed.outputs, name));
  if (other === undefined) return undefined;
  const text = `${other} in ${where} (release ${originOf(deployed)}) is not that of the release that comes`;
  return { code: "new-release", text, because: [`${resolved.name}.${other}`] };
}

/** The sources are the same, but it is defined in another way than it was then. */
function otherDefinition(
  options: Pick<AffectedQuestion, "context" | "resolved" | "target" | "jobs"> & { deployed: Deployed },
): Reason | undefined {
  const { context, resolved, target, jobs, deployed } = options;
  const before = definedIn(context, deployed.release);
  if (before === undefined) return undefined;
  const { pipeline } = resolved;
  const part = definitionChange({ before, now: context.delivery, pipeline, environment: target.name, jobs });
  if (part === undefined) return undefined;
  const text = `its definition changed since release ${originOf(deployed)}: ${part}`;
  return { code: "other-definition", text, because: [resolved.name] };
}

/** The definition with which a release was made; undefined: nobody knows. */
export function definedIn({ request }: PlanContext, release: number): Delivery | undefined {
  return request.made?.find((set) => set.release === release)?.delivery;
}

/** The sources are the same, but what its jobs read is not what it was then. What nobody wrote down is no difference. */
function otherParameter(options: {
  context: PlanContext;
  resolved: ResolvedPipeline;
  deployed: Deployed;
}): Reason | undefined {
  const { context, resolved, deployed } = options;
  const { parameters: now, made = [] } = context.request;
  const then = made.find(({ release }) => release === deployed.release)?.parameters ?? {};
  for (const name of namesRead("parameter", [...resolved.releaseJobs, ...resolved.environmentJobs])) {
    const [asked, had] = [own(now, name), own(then, name)];
    if (asked === undefined || had === undefined || asked === had) continue;
    const text = `parameter ${name} is ${shown(asked)}, release ${originOf(deployed)} had ${shown(had)}`;
    return { code: "other-parameter", text, because: [name] };
  }
  return undefined;
}

function shown(value: string): string {
  return /^[\w.:/@+-]{1,60}$/.test(value)
    ? value
    : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

const uncommittedMark = "+uncommitted";

/** What to record as the commit of a deployment. */
export function deployedCommit({ request, uncommitted }: PlanContext, resolved: ResolvedPipeline): string {
  const isMixed = uncommitted.matching(resolved.pipeline.triggers.paths).length > 0;
  return isMixed ? `${request.change.commit}${uncommittedMark}` : request.change.commit;
}

function under(patterns: readonly string[]): string {
  if (patterns.length === 0) return "";
  const more = patterns.length > listedPatterns ? ", …" : "";
  return ` under ${patterns.slice(0, listedPatterns).join(", ")}${more}`;
}

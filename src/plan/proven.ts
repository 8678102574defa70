import { own } from "../model/own.ts";
import type { HandOff } from "../model/resolved-delivery.ts";
import type { DecidedPipeline, PlacedPipeline } from "./decisions.ts";
import type { Deployed, Reason } from "./plan.ts";
import type { PlanContext } from "./plan-context.ts";

/**
 * What was proven is what goes on: an environment never gets files or values that an environment right before it does not
 * have. What is the same in all environments are the results of per-release jobs, as far as jobs in environments take them.
 * An environment in which no job of the pipeline can run is looked past.
 */
export interface Unproven {
  /** It would get them. */
  to: PlacedPipeline;
  /** The environment before, which has others, and the pipeline there when it is part of this plan. */
  before: string;
  placed: PlacedPipeline | undefined;
  /** `files that are made anew`. */
  what: string;
}

/** Whether somewhere it would go past an environment before that is not part of this plan: there nothing can be made good. */
export function skipsAnEnvironment(context: PlanContext, decided: DecidedPipeline): boolean {
  return decided.placed.some(
    (to) =>
      isGetting(to) &&
      before(context, decided, to).some(({ placed, has }) => placed === undefined && has !== undefined),
  );
}

/** Where that would happen; the pipeline's jobs per release are decided. Nobody knows where runs know nothing of each other. */
export function unproven(context: PlanContext, decided: DecidedPipeline): Unproven[] {
  if (context.request.made === undefined || context.isPullRequest || context.isMove) return [];
  const { placed } = decided;
  if (!placed.some(isGetting)) return [];
  const comes = resultsOf(context, decided);
  if (comes.length === 0) return [];
  return placed.filter(isGetting).flatMap((to) =>
    before(context, decided, to).flatMap(({ name, placed: there, has }): Unproven[] => {
      if (there?.verdict.decision === "run") return [];
      // Whether it has passed where it was never deployed is another question, and asked before.
      if (has === undefined && there === undefined) return [];
      const other = comes.find(({ handOff, value }) => value === undefined || valueIn(has, handOff) !== value);
      if (other === undefined) return [];
      const kind = other.handOff.kind === "output" ? "values" : "files";
      const what = other.release === undefined ? `${kind} that are made anew` : `${kind} of release ${other.release}`;
      return [{ to, before: name, placed: there, what }];
    }),
  );
}

/** Why the pipeline runs in the environment before as well. */
export function throughReason({ to, before, what }: Unproven, isLost: boolean): Reason {
  const text = `${to.target.name} gets ${what}: they go through ${before} first`;
  return { code: isLost ? "not-kept" : "not-proven", text, because: [] };
}

/** Why it does not run where the environment before cannot have it. */
export function heldReason({ to, before, what }: Unproven): Reason {
  const text = `${to.target.name} would get ${what}, which ${before} does not have`;
  return { code: "not-proven", text, because: [`${to.resolved.name}@${before}`] };
}

/** The value, or the digest, is undefined, and so is the release, as long as nobody has made it. */
interface Result {
  handOff: HandOff;
  value: string | undefined;
  release: number | undefined;
}

/** What the per-release jobs bring to environments in this plan. */
function resultsOf({ handed }: PlanContext, { release }: DecidedPipeline): Result[] {
  return Array.from(release.jobs).flatMap(([job, { decision, reused }]) =>
    (handed.get(job) ?? []).flatMap((handOff): Result[] => {
      if (decision === "run") return [{ handOff, value: undefined, release: undefined }];
      const value = decision === "skip" ? undefined : valueIn(reused, handOff);
      return value === undefined ? [] : [{ handOff, value, release: reused!.release }];
    }),
  );
}

function valueIn(deployed: Deployed | undefined, { kind, name }: HandOff): string | undefined {
  if (deployed === undefined) return undefined;
  return kind === "output" ? own(deployed.outputs, name) : own(deployed.artifacts, name)?.digest;
}

/** A pipeline without jobs in environments is there where it was made for it. */
function hasNothingToDo({ resolved, excluded }: PlacedPipeline): boolean {
  return resolved.environmentJobs.length > 0 && excluded.size === resolved.environmentJobs.length;
}

function isGetting(placed: PlacedPipeline): boolean {
  return placed.target.name !== undefined && placed.verdict.decision === "run" && !hasNothingToDo(placed);
}

interface Before {
  name: string;
  /** Undefined: it is not part of this plan. */
  placed: PlacedPipeline | undefined;
  has: Deployed | undefined;
}

/** The environments right before, past those in which it has nothing to do. */
function before({ delivery, request }: PlanContext, { placed, resolved }: DecidedPipeline, { target }: PlacedPipeline) {
  const after = (name: string) => delivery.environments.find((environment) => environment.name === name)?.after ?? [];
  const names = new Set(after(target.name!));
  const found: Before[] = [];
  for (const name of names) {
    const there = placed.find((one) => one.target.name === name);
    if (there !== undefined && hasNothingToDo(there)) for (const further of after(name)) names.add(further);
    else found.push({ name, placed: there, has: own(own(request.history.deployed, name) ?? {}, resolved.name) });
  }
  return found;
}

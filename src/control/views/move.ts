import type { Delivery } from "../../model/delivery.ts";
import type { Deployed } from "../../plan/plan.ts";
import { irreversibleIn, type Move } from "../../release/moves.ts";
import type { Policies } from "../../release/todays-policies.ts";
import type { RunId } from "./events.ts";
import type { Plan } from "./plan.ts";
import type { ReleaseDiffView } from "./releases.ts";

/** What a promotion or rollback would do, before it begins. */
export interface MoveView {
  version: 1;
  kind: Move["kind"];
  release: number;
  commit: string;
  /** The environment that gets it. */
  to: string;
  /** Where it was proven with exactly this set. */
  provenIn: string;
  /** What is there now; absent: nothing. */
  here?: { release: number; isPart?: true };
  /** Releases that are no target any more by themselves once this has begun. */
  takesBack: number[];
  /** The run that once took this release back from there. */
  takenBackBy?: RunId;
  /** What goes there and what stays, by pipeline, and why. */
  pipelines: { pipeline: string; goes: boolean; why: string }[];
  /** Files that are deployed as they are, by digest. */
  files: { pipeline: string; artifact: string; digest: string; sizeBytes: number }[];
  /** What no rollback undoes: what a rollback leaves done, and what a promotion does. Jobs by release. */
  irreversible: { release: number; job: string; does: string }[];
  /** Jobs that undo what releases left there, in the order in which they run, before all others; of a rollback. */
  undoes: { release: number; job: string }[];
  policies: Policies;
  /** Pipelines that will stand beside another version than the one they were proven with. */
  apart: { pipeline: string; other: string }[];
  /** What will be another one; absent where nothing is there yet. */
  changes?: ReleaseDiffView;
  plan: Plan;
}

/** What somebody looks at before it is done: without the plan's inside. */
export type MovePreview = Omit<MoveView, "plan">;

export function moveView(
  { kind, release, to, provenIn, here, takesBack, crosses, takenBackBy, set }: Move,
  {
    plan,
    changes,
    ...also
  }: { plan: Plan; changes: ReleaseDiffView | undefined } & Pick<MoveView, "apart" | "policies">,
): MoveView {
  const isPart = here !== undefined && (here.outcome !== "whole" || here.only.length > 0);
  return {
    version: 1,
    kind,
    release: release.number,
    commit: release.facts.plan.change.commit,
    to,
    provenIn,
    ...(here && { here: { release: here.release, ...(isPart && { isPart: true as const }) } }),
    takesBack,
    ...(takenBackBy !== undefined && { takenBackBy }),
    pipelines: plan.pipelines.map(({ pipeline, decision, reason }) => ({
      pipeline,
      goes: decision === "run",
      why: reason.text,
    })),
    files: filesOf(plan, { set, makerOf: (artifact, pipeline) => makerIn(release.facts.delivery, artifact, pipeline) }),
    irreversible:
      kind === "rollback"
        ? crosses
        : irreversibleIn({ delivery: release.facts.delivery, plan }, runningIn(plan)).map((one) => ({
            release: release.number,
            ...one,
          })),
    undoes: plan.jobs.flatMap(({ id, undoes }) => (undoes ? [{ release: undoes.release, job: id }] : [])),
    ...also,
    ...(changes && { changes }),
    plan,
  };
}

function runningIn({ jobs }: Plan): Set<string> {
  return new Set(jobs.flatMap(({ id, decision }) => (decision === "run" ? [id] : [])));
}

function makerIn({ pipelines }: Delivery, artifact: string, pipeline: string): string | undefined {
  const jobs = pipelines.find(({ name }) => name === pipeline)?.jobs ?? {};
  return Object.keys(jobs).find((job) => Object.hasOwn(jobs[job]!.artifacts, artifact));
}

/** Of what goes there, those that a job which does not run has made. */
function filesOf(
  plan: Plan,
  { set, makerOf }: { set: Record<string, Deployed>; makerOf(artifact: string, pipeline: string): string | undefined },
): MoveView["files"] {
  return plan.pipelines.flatMap(({ pipeline, decision }) => {
    const version = set[pipeline];
    if (decision !== "run" || version === undefined) return [];
    return Object.entries(version.artifacts).flatMap(([artifact, { digest, sizeBytes }]) => {
      const maker = makerOf(artifact, pipeline);
      const isKept = plan.jobs.some(
        (one) => one.pipeline === pipeline && one.job === maker && one.decision === "reuse",
      );
      return isKept ? [{ pipeline, artifact, digest, sizeBytes }] : [];
    });
  });
}

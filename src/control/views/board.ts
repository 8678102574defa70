import { isFrozen } from "../../engine/policies/freeze.ts";
import { hasEnded, type JobState, type RunState } from "../../engine/state.ts";
import { isOpen, opensAt } from "../../model/change-windows.ts";
import type { ChangeWindow, Delivery } from "../../model/delivery.ts";
import { standing } from "../../model/previews.ts";
import { originOf } from "../../plan/plan.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import type { DeployedView } from "./deployed.ts";
import { type BoardDrift, driftIn, driftOf } from "./drift.ts";
import type { FreezeView } from "./freezes.ts";
import { type LockFacts, type LockHolder, type LockWaiter, lockOf, nameOf, type RunName } from "./locks.ts";

/** What is where, by pipeline and environment, and what keeps each environment. Times: milliseconds since the epoch. */
export interface BoardView {
  version: 1;
  delivery: string;
  /** In promotion order. */
  environments: BoardEnvironment[];
  /** Each behind those that it needs. */
  pipelines: BoardPipeline[];
}

export interface BoardEnvironment {
  name: string;
  /** Those that a release must have passed before. */
  after: string[];
  /** Who is asked before something is deployed here; nobody: nobody is asked. */
  reviewers: string[];
  /** Who deploys here now. */
  holder?: LockHolder;
  /** Who stands in line behind, first come first. */
  queue: LockWaiter[];
  asks: (RunName & { expiresAt?: number })[];
  /** While nothing begins to be deployed here. */
  freeze?: Omit<FreezeView, "environment">;
  /** Whether one of its change windows is open, and when the next one opens. Absent: it has none. */
  window?: { isOpen: boolean; opensAt?: number };
  /** What somebody found who looked whether it is still as it was deployed; the worst of what is there. Absent: nobody has looked. */
  drift?: BoardDrift;
}

export interface BoardPipeline {
  name: string;
  description?: string;
  needs: string[];
  /** By environment; absent: nothing was ever deployed there and nothing is on its way. */
  in: Record<string, BoardCell>;
}

export interface BoardCell {
  /** `number`: of the run that brought it, which may have moved a release of before. */
  deployed?: { release: number; number: number; commit: string; at: number };
  /** A release on its way here: jobs of it run, or have not started yet. */
  coming?: RunName & { status: "running" | "waiting" };
  /** A newer release than the one deployed, which failed here. */
  failed?: RunName & { job: string; at: number };
}

/** `runs`: all that are open, and the finished ones whose failures may still matter, newest first. */
export function boardView(
  whole: Delivery,
  facts: LockFacts & {
    runs: readonly RunState[];
    deployed: DeployedView;
    journal: Pick<JournalReader, "newestDriftLooks" | "ofTypes"> | undefined;
  },
): BoardView {
  const { state, runs, deployed, now, journal, until } = facts;
  const delivery = standing(whole);
  const looks = driftIn(journal, until);
  const open = runs.filter(({ finished }) => finished === undefined);
  return {
    version: 1,
    delivery: delivery.name,
    environments: delivery.environments.map(({ name, after, approval, windows }) => {
      const lock = state.environments.get(name);
      const { holder, queue } = lockOf(facts, name);
      const drift = driftOf(looks.get(name) ?? [], deployed[name] ?? {});
      return {
        name,
        after,
        reviewers: approval?.reviewers ?? [],
        ...(holder && { holder }),
        queue,
        asks: open.flatMap((run) => {
          const asked = run.environments.get(name)?.approval;
          if (asked?.status !== "requested") return [];
          return [{ ...nameOf(run), ...(asked.expiresAt !== undefined && { expiresAt: asked.expiresAt }) }];
        }),
        ...(isFrozen(lock?.freeze, now) && { freeze: lock.freeze }),
        ...(windows !== undefined && { window: windowAt(windows, now) }),
        ...(drift && { drift }),
      };
    }),
    pipelines: inOrderOfNeed(delivery.pipelines).map(({ name, description, needs }) => ({
      name,
      ...(description !== undefined && { description }),
      needs: [...needs],
      in: Object.fromEntries(
        delivery.environments.flatMap((environment) => {
          const cell = cellOf(runs, name, environment.name, deployed[environment.name]?.[name]);
          return cell === undefined ? [] : [[environment.name, cell]];
        }),
      ),
    })),
  };
}

function windowAt(windows: readonly ChangeWindow[], now: number): NonNullable<BoardEnvironment["window"]> {
  return isOpen(windows, now) ? { isOpen: true } : { isOpen: false, opensAt: opensAt(windows, now) };
}

function cellOf(
  runs: readonly RunState[],
  pipeline: string,
  environment: string,
  record: DeployedView[string][string] | undefined,
): BoardCell | undefined {
  const isNewer = ({ release }: RunState) => record === undefined || release > record.release;
  const jobsHere = (run: RunState) =>
    run.list.filter(({ planned }) => planned.pipeline === pipeline && planned.environment === environment);
  const coming = runs.find((run) => run.finished === undefined && jobsHere(run).some((job) => !hasEnded(job)));
  const tried = runs.find((run) => isNewer(run) && jobsHere(run).some(({ status }) => status === "failed"));
  const broken = tried && jobsHere(tried).find(({ status }) => status === "failed");
  if (record === undefined && coming === undefined && tried === undefined) return undefined;
  return {
    ...(record && { deployed: deployedOf(record) }),
    ...(coming && { coming: { ...nameOf(coming), status: jobsHere(coming).some(isAtIt) ? "running" : "waiting" } }),
    ...(tried && broken && { failed: { ...nameOf(tried), job: broken.id, at: broken.endedAt ?? tried.createdAt } }),
  };
}

function deployedOf(record: DeployedView[string][string]) {
  return { release: originOf(record), number: record.release, commit: record.commit, at: record.at };
}

const isAtIt = ({ status }: JobState) => status === "running" || status === "backing-off";

/** Depth first, so that what needs only one other stands right below it. */
function inOrderOfNeed<P extends { name: string; needs: readonly string[] }>(pipelines: readonly P[]): P[] {
  const placed = new Set<string>();
  const order: P[] = [];
  const place = (one: P) => {
    if (placed.has(one.name) || one.needs.some((need) => !placed.has(need))) return;
    placed.add(one.name);
    order.push(one);
    for (const next of pipelines) if (next.needs.includes(one.name)) place(next);
  };
  for (const one of pipelines) place(one);
  return order;
}

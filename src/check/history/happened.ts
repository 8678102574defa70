/** How often the bad order of a claim took place in runs of the past, as far as whole runs can tell. */

import type { Happened } from "../../findings/print/report.ts";
import type { BadState, Claim } from "../../simulation/claim.ts";
import type { PastRun } from "./past-runs.ts";

/** A run that another one starts begins within this time of its end. */
const MAX_PAUSE_MS = 10 * 60_000;

/** Runs named at most. */
const MAX_NAMED = 100;

/** Runs of the past, by pipeline. */
export type History = ReadonlyMap<string, readonly PastRun[]>;

/** Undefined where whole runs do not tell it: what happens inside of one, or what never happens at all. */
export function happened({ bad, scenario }: Claim, history: History): Happened | undefined {
  const of = (pipeline: string) => history.get(pipeline) ?? [];
  switch (bad.kind) {
    case "overlap":
      return isOne(bad) ? told(of(bad.first.run.pipeline), besideEarlier) : together(bad, history);
    case "before": {
      if (isOne(bad)) return told(of(bad.first.run.pipeline), endsAfterNewer);
      const isFailing = scenario.outcomes.some(
        ({ job, outcome }) => outcome === "failure" && job.run.pipeline === bad.second.run.pipeline,
      );
      return inOrder(bad, history, isFailing);
    }
    case "runs-after-run": {
      const follows = (run: PastRun) => {
        const before = startedBy(run, of(bad.run.pipeline));
        return before !== undefined && bad.conclusions.some((each) => each === before.conclusion);
      };
      return told(started(of(bad.follower.run.pipeline)), (run) => follows(run));
    }
    case "reads-other-commit": {
      const moved = (run: PastRun) => {
        const before = startedBy(run, of(bad.insteadOf.pipeline));
        return before !== undefined && before.commit !== run.commit;
      };
      return told(started(of(bad.job.run.pipeline)), (run) => moved(run));
    }
    case "dropped":
    case "cancelled":
      return told(
        of(bad.run.pipeline),
        (run, all) => run.conclusion === "cancelled" && all.some((other) => cutsOff(other, run)),
      );
    case "runs-times":
      return told(of(bad.job.run.pipeline), (run, all) => countOf(run, all) >= bad.times);
    case "run-times":
      return told(of(bad.run.pipeline), (run, all) => countOf(run, all) >= bad.times);
    default:
      return undefined;
  }
}

type Pair = Extract<BadState, { readonly kind: "overlap" | "before" }>;

/** Both are the same pipeline, run by two events. */
function isOne({ first, second }: Pair): boolean {
  return first.run.pipeline === second.run.pipeline;
}

function told(
  runs: readonly PastRun[],
  isBad: (run: PastRun, all: readonly PastRun[]) => boolean,
): Happened | undefined {
  if (runs.length === 0) return undefined;
  const found = runs.filter((run) => isBad(run, runs));
  return { times: found.length, of: runs.length, runs: found.slice(-MAX_NAMED).map(({ id }) => id) };
}

/** What did something: not those that were skipped, stopped or are not over. */
function acted({ conclusion }: PastRun): boolean {
  return conclusion === "success" || conclusion === "failure";
}

/** Runs of a branch one after another are few at a time, so those near by are all that matters. */
function near(run: PastRun, runs: readonly PastRun[]): readonly PastRun[] {
  const at = position(run, runs);
  return runs.slice(Math.max(0, at - 50), at + 51).filter((each) => each !== run && each.branch === run.branch);
}

/** By its beginning, in a list that is sorted by it. */
function position({ begin }: Pick<PastRun, "begin">, runs: readonly PastRun[]): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.begin < begin) low = middle + 1;
    else high = middle;
  }
  return low;
}

function besideEarlier(run: PastRun, all: readonly PastRun[]): boolean {
  return acted(run) && near(run, all).some((each) => acted(each) && each.begin < run.begin && each.end! > run.begin);
}

function endsAfterNewer(run: PastRun, all: readonly PastRun[]): boolean {
  return acted(run) && near(run, all).some((each) => acted(each) && each.begin > run.begin && each.end! < run.end!);
}

function cutsOff(other: PastRun, run: PastRun): boolean {
  return other !== run && other.begin >= run.begin && run.end !== undefined && other.begin <= run.end;
}

/** Runs of the same commit, which one push should have started once. */
function countOf(run: PastRun, all: readonly PastRun[]): number {
  return run.commit === "" ? 0 : near(run, all).filter(({ commit }) => commit === run.commit).length + 1;
}

function together({ first, second }: Pair, history: History): Happened | undefined {
  const others = history.get(second.run.pipeline) ?? [];
  if (others.length === 0) return undefined;
  return told(
    history.get(first.run.pipeline) ?? [],
    (run) =>
      acted(run) && around(run, others).some((each) => acted(each) && each.begin < run.end! && each.end! > run.begin),
  );
}

/** Of one commit: the first ended before the second; where that should fail, it did, and the first did not. */
function inOrder({ first, second }: Pair, history: History, isFailing: boolean): Happened | undefined {
  const others = history.get(second.run.pipeline) ?? [];
  if (others.length === 0) return undefined;
  return told(
    (history.get(first.run.pipeline) ?? []).filter(({ commit }) => commit !== ""),
    (run) =>
      run.conclusion === "success" &&
      around(run, others).some(
        (each) =>
          each.commit === run.commit &&
          (isFailing ? each.conclusion === "failure" : acted(each) && each.begin < run.end! && run.end! < each.end!),
      ),
  );
}

/** Those of another pipeline that began at about the same time. */
function around(run: PastRun, others: readonly PastRun[]): readonly PastRun[] {
  const at = position(run, others);
  return others.slice(Math.max(0, at - 50), at + 51);
}

/** Runs that another run's end has started, and that did something. */
function started(runs: readonly PastRun[]): readonly PastRun[] {
  return runs.filter((run) => run.event === "workflow_run" && acted(run));
}

/** The run whose end started this one: the last that ended before. */
function startedBy(run: PastRun, upstream: readonly PastRun[]): PastRun | undefined {
  const ended = around(run, upstream).filter(
    ({ end }) => end !== undefined && end <= run.begin && run.begin - end <= MAX_PAUSE_MS,
  );
  return ended.reduce<PastRun | undefined>(
    (last, each) => (last === undefined || each.end! > last.end! ? each : last),
    undefined,
  );
}

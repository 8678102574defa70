/** Who excludes whom. */

import type { Key } from "../../facts/access.ts";
import type { Circumstances, JobFacts, Lock } from "../../facts/facts.ts";
import type { Analysis } from "./analysis.ts";

/** All locks that are held while the job runs: its own, its callers' and its run's. */
export function locksOf(analysis: Analysis, job: JobFacts): Lock[] {
  const locks = [...job.locks];
  for (let at = job.caller; at; ) {
    const caller = analysis.facts.job(at)!;
    locks.push(...caller.locks);
    at = caller.caller;
  }
  return [...locks, ...analysis.facts.pipeline(job.pipeline)!.locks];
}

const perRun =
  /github\.(run_id|run_number|run_attempt)|github\.sha|workflow_run\.(id|head_sha)|event\.after|head_commit/;

/** The group is another one in every run, so it excludes nothing. */
export function isUniquePerRun(group: Key): boolean {
  return group.some((part) => part.kind === "expression" && perRun.test(part.text));
}

/** Whether two groups have the same value in the given runs: `unknown` where holes may differ. */
export function sameGroup(a: Key, b: Key): "yes" | "no" | "unknown" {
  const [x, y] = [plain(a), plain(b)];
  const holes = [...a, ...b].some((part) => part.kind !== "text");
  if (!holes) return x === y ? "yes" : "no";
  if (x === y) return isUniquePerRun(a) ? "unknown" : "yes";
  return beginApart(a, b) || beginApart(a.toReversed(), b.toReversed(), "end") ? "no" : "unknown";
}

/** Whatever the holes hold, the texts before the first of them (after the last one) differ. */
function beginApart([x]: Key, [y]: Key, side: "start" | "end" = "start"): boolean {
  if (x?.kind !== "text" || y?.kind !== "text") return false;
  const [p, q] = [x.text.toLowerCase(), y.text.toLowerCase()];
  return side === "start" ? !p.startsWith(q) && !q.startsWith(p) : !p.endsWith(q) && !q.endsWith(p);
}

export function plain(key: Key): string {
  return key
    .map((part) =>
      part.kind === "text" ? part.text : `\u0000${part.kind === "variable" ? part.name : part.text}\u0000`,
    )
    .join("")
    .toLowerCase();
}

/** A lock that both hold under these circumstances. */
export function sharedLock(
  analysis: Analysis,
  a: { readonly job: JobFacts; readonly under: Circumstances },
  b: { readonly job: JobFacts; readonly under: Circumstances },
): "yes" | "no" | "unknown" {
  let answer: "no" | "unknown" = "no";
  for (const x of locksOf(analysis, a.job)) {
    for (const y of locksOf(analysis, b.job)) {
      const same = sameGroup(x.groupUnder(a.under), y.groupUnder(b.under));
      if (same === "yes") return "yes";
      if (same === "unknown") answer = "unknown";
    }
  }
  return answer;
}

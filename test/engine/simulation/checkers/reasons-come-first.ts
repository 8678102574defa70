import type { LedgerJob, LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/**
 * A job that is skipped for what it requires names what failed first; something that only stood down (superseded, not
 * approved) is named when nothing failed.
 */
export function reasonsComeFirst(): Checker {
  return {
    name: "reasons come first",
    see(entry, ledger) {
      if (entry.kind !== "durable" || entry.recorded.event.type !== "job.skipped") return undefined;
      const { event } = entry.recorded;
      if (event.code !== "gate" || event.text.includes("was not reached")) return undefined;
      const run = ledger.runs.get(event.run)!;
      const first = firstOf(causesBefore(run, run.jobs.get(event.job)!.planned.requires, new Map()));
      if (first === undefined || first.roots.has(event.because)) return undefined;
      return `${event.job} of ${run.id} is skipped because of ${event.because}, and not of ${[...first.roots].join(" or ")}`;
    },
  };
}

interface Cause {
  /** When it was known. */
  seq: number;
  failed: boolean;
  /** What may be named: more than one where several became known with the same event. */
  roots: Set<string>;
}

/** What is known of a job by now. Many ways may lead to it. */
type Known = Map<string, Cause | undefined>;

function causesBefore(run: LedgerRun, ids: readonly string[], known: Known): Cause[] {
  return ids.flatMap((id) => {
    if (!known.has(id)) known.set(id, causeOf(run, id, known));
    return known.get(id) ?? [];
  });
}

function causeOf(run: LedgerRun, id: string, known: Known): Cause | undefined {
  if (run.endedWell(id)) return undefined;
  const job = run.jobs.get(id);
  if (job === undefined) {
    const join = run.joins.get(id)!;
    const first = firstOf(causesBefore(run, join.requires, known));
    return first && { ...first, seq: endOf(run, id) };
  }
  const root = job.skipCode === "gate" && job.status === "skipped" ? job.because! : id;
  // Of an environment that was not reached nobody was even asked: it stood down, whatever the reason.
  const failed = root === id ? job.status === "failed" : !job.unreached && failedBefore(run, job, known);
  return { seq: job.since, failed, roots: new Set([root]) };
}

/** What is left out because of something that stood down has stood down itself. */
function failedBefore(run: LedgerRun, { planned }: LedgerJob, known: Known): boolean {
  return firstOf(causesBefore(run, planned.requires, known))?.failed === true;
}

/** A join ends with the last thing before it. */
function endOf(run: LedgerRun, id: string): number {
  const job = run.jobs.get(id);
  return job?.since ?? Math.max(...run.joins.get(id)!.after.map((before) => endOf(run, before)));
}

function firstOf(causes: readonly Cause[]): Cause | undefined {
  const failed = causes.filter((cause) => cause.failed);
  const counting = failed.length > 0 ? failed : causes;
  const seq = Math.min(...counting.map((cause) => cause.seq));
  const first = counting.filter((cause) => cause.seq === seq);
  if (first.length === 0) return undefined;
  return { seq, failed: failed.length > 0, roots: new Set(first.flatMap(({ roots }) => [...roots])) };
}

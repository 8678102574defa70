/** Edits that give two jobs one group, where nobody else is put into it and nothing is cancelled that was not before. */

import type { JobFacts, Lock, Pipeline } from "../../facts/facts.ts";
import type { TextEdit } from "../../findings/finding.ts";
import { addJobConcurrency, replaceGroup } from "../edits.ts";
import type { Analysis } from "./analysis.ts";
import { deploysOwnChangesOnly } from "./changed-files.ts";
import { locksOf, plain } from "./locks.ts";
import { literalText } from "./wording.ts";

export interface LockHolder {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
}

/** A name that needs no quotes and means nothing else. */
const simple = /^[A-Za-z][\w./-]*$/;

/** One group for both: that of one of them where it is its own, else a new one by the target's name. */
export function commonGroup(
  analysis: Analysis,
  [a, b]: readonly [LockHolder, LockHolder],
  target: string,
): readonly TextEdit[] | undefined {
  if (![a, b].every(({ pipeline, job }) => job.file === pipeline.id && !job.matrix)) return undefined;
  const [x, y] = [ownLock(analysis, a), ownLock(analysis, b)];
  if (x === "shared" || y === "shared") return undefined;
  const group = [x, y].flatMap((lock) => (lock && literalText(lock.group)) || []).find((name) => simple.test(name));
  const name = group ?? target.toLowerCase().replace(/[^\w./-]+/g, "-");
  if (!simple.test(name) || (group === undefined && isTaken(analysis, name))) return undefined;
  const edits = [
    [a, x],
    [b, y],
  ] as const;
  const made = edits.map(([{ job }, lock]) => {
    if (!lock) return addJobConcurrency(job, { group: name, keepsAll: deploysOwnChangesOnly(analysis, job) });
    return literalText(lock.group) === name ? [] : replaceGroup(lock.at, name);
  });
  return made.some((edit) => edit === undefined) ? undefined : made.flatMap((edit) => edit ?? []);
}

/** The group becomes `name`; not where that is in use, where the group is shared, or where it cancels. */
export function renamedGroup(analysis: Analysis, holder: LockHolder, name: string): readonly TextEdit[] | undefined {
  if (holder.job.file !== holder.pipeline.id || holder.job.matrix) return undefined;
  const lock = ownLock(analysis, holder);
  if (!lock || lock === "shared" || !simple.test(name) || isTaken(analysis, name)) return undefined;
  return replaceGroup(lock.at, name);
}

/** The only lock of the job, held by nobody else and cancelling nobody; `shared` where that is not so. */
function ownLock(analysis: Analysis, { pipeline, job }: LockHolder): Lock | "shared" | undefined {
  const [lock, ...more] = locksOf(analysis, job);
  if (!lock) return undefined;
  if (more.length > 0 || (lock.scope === "run" && pipeline.jobs.length > 1)) return "shared";
  if (analysis.chains(pipeline).some((chain) => lock.cancels(chain.circumstances) !== "no")) return "shared";
  const others = everyLock(analysis).filter((each) => each.at !== lock.at);
  return others.some((each) => plain(each.group) === plain(lock.group)) ? "shared" : lock;
}

function isTaken(analysis: Analysis, name: string): boolean {
  return everyLock(analysis).some((lock) => plain(lock.group) === name.toLowerCase());
}

function everyLock({ facts }: Analysis): Lock[] {
  return facts.pipelines.flatMap(({ locks, jobs }) => [...locks, ...jobs.flatMap((job) => job.locks)]);
}

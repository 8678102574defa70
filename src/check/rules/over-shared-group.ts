import type { Circumstances, JobFacts, Lock, Pipeline } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import type { Moment } from "../../simulation/schedule.ts";
import { type Analysis, can, runPattern, sameRoot } from "../analysis/analysis.ts";
import { effectsOf } from "../analysis/effects.ts";
import { plain } from "../analysis/locks.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, list, literalText } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

/** Somebody who asks for the group: a whole run, a job, or a leg of a matrix. */
interface Holder {
  readonly pipeline: Pipeline;
  /** Undefined for the run. */
  readonly job: JobFacts | undefined;
  readonly lock: Lock;
  readonly under: Circumstances;
  readonly chain: TriggerChain;
  readonly legs: number;
}

export const overSharedGroup: Rule = {
  id: "over-shared-group",
  severity: "error",
  kind: "wrong lock",
  title: "one group for several deployments: waiting ones are dropped",
  why: "A concurrency group lets one run and one wait. Whoever comes third replaces the one that waits, which is cancelled: a deployment is lost, and only a grey mark says so.",
  url: documentation.concurrency,
  *find(analysis) {
    const seen = new Set<string>();
    for (const root of roots(analysis)) {
      const groups = new Map<string, Holder[]>();
      for (const holder of holdersUnder(analysis, root)) {
        const group = holder.lock.groupUnder(holder.under);
        if (literalText(group) === undefined) continue;
        const key = plain(group);
        groups.set(key, [...(groups.get(key) ?? []), holder]);
      }
      for (const [key, holders] of groups) {
        const found = problem(analysis, holders);
        if (!found || seen.has(key)) continue;
        seen.add(key);
        yield candidate(analysis, root, found);
      }
    }
  },
};

/** One chain of each distinct event that starts something. */
function roots(analysis: Analysis): TriggerChain[] {
  const found: TriggerChain[] = [];
  for (const pipeline of analysis.facts.pipelines) {
    for (const chain of analysis.chains(pipeline)) {
      if (
        chain.upstream ||
        (chain.root.kind !== "push" && chain.root.kind !== "pull-request" && chain.root.kind !== "release")
      ) {
        // A run by hand or by the clock is an event of its own.
        if (!chain.upstream && chain.start.cause.kind !== "call") found.push(chain);
        continue;
      }
      if (!found.some((each) => sameRoot(each, chain))) found.push(chain);
    }
  }
  return found;
}

function* holdersUnder(analysis: Analysis, root: TriggerChain): Generator<Holder> {
  for (const pipeline of analysis.facts.pipelines) {
    const chain = analysis.chains(pipeline).find((each) => !each.upstream && (each === root || sameRoot(each, root)));
    if (!chain) continue;
    const under = chain.circumstances;
    for (const lock of pipeline.locks) {
      // A run of which nothing runs is over at once.
      if (pipeline.jobs.some((job) => job.runs(under) !== "no"))
        yield { pipeline, job: undefined, lock, under, chain, legs: 1 };
    }
    for (const job of pipeline.jobs) {
      if (!can(job.runs(under))) continue;
      const legs = job.matrix?.oneAtATime ? 1 : (job.matrix?.legs?.length ?? 1);
      for (const lock of job.locks) yield { pipeline, job, lock, under, chain, legs };
    }
  }
}

/** Three that nothing orders, so that one waiting is replaced; or two, where the second cancels the first. */
function problem(
  analysis: Analysis,
  holders: readonly Holder[],
): { holders: readonly Holder[]; cancels: boolean } | undefined {
  const queue = Math.max(...holders.map(({ lock }) => lock.queue));
  const unordered = largestUnordered(analysis, holders);
  const count = unordered.reduce((sum, holder) => sum + holder.legs, 0);
  const cancelling = unordered.some(({ lock, under }) => lock.cancels(under) === "yes");
  const files = new Set(unordered.map(({ pipeline, job }) => `${pipeline.id} ${job?.id ?? ""}`));
  if (cancelling && files.size >= 2) return { holders: unordered, cancels: true };
  if (cancelling && unordered.some((holder) => holder.legs > 1)) return { holders: unordered, cancels: true };
  if (count >= queue + 2) return { holders: unordered, cancels: false };
  return undefined;
}

function matters({ pipeline, job }: Holder): boolean {
  if (!job) return pipeline.jobs.some((each) => effectsOf(each).length > 0);
  return pipeline.jobs.some((each) => (each === job || each.id.startsWith(`${job.id}/`)) && effectsOf(each).length > 0);
}

function largestUnordered(analysis: Analysis, holders: readonly Holder[]): Holder[] {
  const chosen: Holder[] = [];
  for (const holder of holders) {
    const ordered = chosen.some(
      ({ pipeline, job }) =>
        pipeline === holder.pipeline &&
        (!job ||
          !holder.job ||
          analysis.before(job, holder.job) ||
          analysis.before(holder.job, job) ||
          holder.job.id.startsWith(`${job.id}/`)),
    );
    if (!ordered) chosen.push(holder);
  }
  return chosen;
}

function candidate(
  analysis: Analysis,
  root: TriggerChain,
  { holders, cancels }: { holders: readonly Holder[]; cancels: boolean },
): Candidate {
  const [first, ...rest] = holders as [Holder, ...Holder[]];
  const name = ({ pipeline, job, legs }: Holder) =>
    `${job ? `"${jobName(job)}" in ` : ""}${fileName(pipeline.id)}${legs > 1 ? ` (${legs} legs)` : ""}`;
  const group = showKey(first.lock.groupUnder(first.under));
  const lost = holders.find((holder, i) => i > 0 && matters(holder)) ?? first;
  const dropped = rest.length >= 2 ? rest[0]! : lost;
  const last = rest.at(-1) ?? first;
  // The legs of one matrix are in each other's way.
  const alone = rest.length === 0;
  return {
    message: `One ${root.described} lets ${list(holders.map(name))} ask for the group "${group}": ${cancels ? "each cancels the one before" : "one of them is dropped"}`,
    at: first.lock.at,
    related: rest.map((holder) => ({ at: holder.lock.at, message: `The same group: ${name(holder)}` })),
    confidence: "high",
    // Lost checks are run again; a lost deployment is not noticed.
    ...(holders.some(matters) ? {} : { severity: "warning" as const }),
    schedule: cancels
      ? [
          `${root.described} -> ${name(first)} runs in the group "${group}"`,
          `${name(last)} asks for it -> ${name(first)} is cancelled`,
        ]
      : [
          `${root.described} -> ${name(first)} runs in the group "${group}"`,
          `${name(dropped)} waits for it`,
          `${name(last)} asks for it -> ${name(dropped)} is cancelled`,
        ],
    help: "Name each group after its own target (workflow and environment), or keep all that wait with `queue: max`.",
    claim: analysis.claim(
      [root],
      [
        begins(first, root),
        ...(cancels ? [begins(last, root)] : [asks(dropped, root), alone ? drops(first, root) : asks(last, root)]),
      ],
      cancels
        ? {
            kind: "cancelled",
            run: runPattern(first.pipeline.id, root),
            ...(first.job ? { path: first.job.path } : {}),
          }
        : {
            kind: "dropped",
            run: runPattern(dropped.pipeline.id, root),
            ...(dropped.job ? { path: dropped.job.path } : {}),
          },
    ),
  };
}

function begins({ pipeline, job }: Holder, root: TriggerChain): Moment {
  const run = runPattern(pipeline.id, root);
  return job ? { kind: "job-started", job: { run, path: job.path } } : { kind: "run-created", run };
}

function drops({ pipeline, job }: Holder, root: TriggerChain): Moment {
  return { kind: "dropped", run: runPattern(pipeline.id, root), ...(job ? { path: job.path } : {}) };
}

function asks({ pipeline, job }: Holder, root: TriggerChain): Moment {
  return { kind: "queued", run: runPattern(pipeline.id, root), ...(job ? { path: job.path } : {}) };
}

import type { Lock, Pipeline } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { Moment } from "../../simulation/schedule.ts";
import { type Analysis, can, runPattern } from "../analysis/analysis.ts";
import { effectsOf } from "../analysis/effects.ts";
import { plain } from "../analysis/locks.ts";
import { again, type TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const workflowRunGroupByRef: Rule = {
  id: "workflow-run-group-by-ref",
  severity: "warning",
  kind: "wrong lock",
  title: "group by github.ref puts all branches into one group under workflow_run",
  why: "In a run that workflow_run started, github.ref is always the default branch. All branches and pull requests share one group and cancel each other.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<object>();
    for (const pipeline of analysis.facts.pipelines) {
      const chains = analysis.chains(pipeline).filter((chain) => chain.upstream && chain.depth === 1);
      if (chains.length === 0) continue;
      for (const lock of [...pipeline.locks, ...pipeline.jobs.flatMap((job) => job.locks)]) {
        if (seen.has(lock.at) || !lock.reads.some((path) => path === "github.ref" || path === "github.ref_name"))
          continue;
        if (
          lock.reads.some((path) => /workflow_run\.|run_id|run_number|head_sha|github\.sha|inputs\.|needs\./.test(path))
        )
          continue;
        const several = chains.filter((chain) => pipeline.jobs.some((job) => can(job.runs(chain.circumstances))));
        const branches = new Set(several.map((chain) => chain.circumstances.upstream!.branch));
        const open =
          several.some((chain) => chain.root.kind === "pull-request") ||
          (branches.size > 1 && several.some((chain) => chain.root.kind === "push"));
        const [chain] = several;
        if (!open || !chain) continue;
        const cancels = lock.cancels(chain.circumstances) === "yes";
        if (!cancels && !pipeline.jobs.some((job) => effectsOf(job).length > 0)) continue;
        if (plain(lock.groupUnder(chain.circumstances)) === "") continue;
        // Filtered to one branch, one group is right.
        const { cause } = chain.start;
        if (cause.kind === "completion" && cause.branches.literals?.length === 1) continue;
        const claim = inEachOthersWay(analysis, { pipeline, lock, chains: several, cancels });
        if (!claim) continue;
        seen.add(lock.at);
        const upstream = fileName(chain.circumstances.upstream!.pipeline);
        yield {
          message: `The group ${showKey(lock.group)} is the same for every branch: after ${upstream} github.ref is always the default branch`,
          at: lock.at,
          related: [{ at: chain.start.at, message: "Started by workflow_run" }],
          confidence: "high",
          schedule: [
            `${upstream} completes for one branch -> ${fileName(pipeline.id)} starts`,
            `${upstream} completes for another branch -> ${fileName(pipeline.id)} starts in the same group`,
            cancels ? "the first is cancelled" : "a third one drops the one that waits",
          ],
          help: "Use `github.event.workflow_run.head_branch` (with the head repository for forks) in the group.",
          claim,
        };
      }
    }
  },
};

interface Sharing {
  readonly pipeline: Pipeline;
  readonly lock: Lock;
  readonly chains: readonly TriggerChain[];
  readonly cancels: boolean;
}

/** Runs for different branches follow each other: the second cancels the first, or the third takes the second's place. */
function inEachOthersWay(analysis: Analysis, { pipeline, lock, chains, cancels }: Sharing): Claim | undefined {
  const job = lock.scope === "job" ? pipeline.jobs.find(({ locks }) => locks.includes(lock)) : undefined;
  const path = job ? { path: job.path } : {};
  const events = onBranches(chains, cancels ? 2 : 3);
  if (!events) return undefined;
  const runs = events.map((chain) => runPattern(pipeline.id, chain));
  const takes = (i: number): Moment =>
    job ? { kind: "job-started", job: { run: runs[i]!, path: job.path } } : { kind: "run-created", run: runs[i]! };
  const lost = cancels ? runs[0]! : runs[1]!;
  const bad = { kind: cancels ? "cancelled" : "dropped", run: lost, ...path } as const;
  return analysis.claim(
    events,
    cancels
      ? [takes(0), { kind: "run-cancelled", run: lost, ...path }]
      : [takes(0), { kind: "queued", run: lost, ...path }, { kind: "dropped", run: lost, ...path }],
    bad,
  );
}

/** Events for as many branches. Pull requests have branches of any name. */
function onBranches(chains: readonly TriggerChain[], count: number): readonly TriggerChain[] | undefined {
  const request = chains.find(({ root }) => root.kind === "pull-request");
  const found: TriggerChain[] = [];
  const names = new Set<string | undefined>();
  for (const chain of chains) {
    const name = chain.circumstances.upstream!.branch;
    if (chain.root.kind !== "push" || names.has(name)) continue;
    names.add(name);
    found.push(chain);
  }
  for (let i = found.length; request?.root.kind === "pull-request" && i < count; i++) {
    found.push({
      ...request,
      root: { ...request.root, head: i === 0 ? request.root.head : `${request.root.head}-${i}` },
    });
  }
  // Two branches push more than once.
  for (let i = 0; found.length > 1 && found.length < count; i++) found.push(found[i]!);
  if (found.length < count) return undefined;
  return found.slice(0, count).map((chain, i) => again(chain, `event-${i + 1}`, `c${i + 1}`));
}

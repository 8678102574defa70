import type { JobFacts, Lock, Pipeline } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { Moment } from "../../simulation/schedule.ts";
import { type Analysis, can, runPattern } from "../analysis/analysis.ts";
import { changesAskedFor, type Detector } from "../analysis/changed-files.ts";
import { type Effect, isPreview, lastingEffects } from "../analysis/effects.ts";
import { isUniquePerRun, plain } from "../analysis/locks.ts";
import { again, type TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const pendingDeployDropped: Rule = {
  id: "pending-deploy-dropped",
  severity: "warning",
  kind: "wrong lock",
  title: "a deployment to one environment replaces one to another that waits",
  why: "A concurrency group has one place to wait. Where it is one for several environments, the next deployment to one of them takes the place of one to another, which is cancelled and does not come back.",
  url: documentation.concurrency,
  *find(analysis) {
    for (const pipeline of analysis.facts.pipelines) {
      const found = foundIn(analysis, pipeline);
      if (found) yield candidate(analysis, found);
      const change = found ? undefined : changeLostIn(analysis, pipeline);
      if (change) yield ofChanges(analysis, change);
    }
  },
};

interface Found {
  readonly pipeline: Pipeline;
  readonly lock: Lock;
  /** Undefined where the whole run waits. */
  readonly job: JobFacts | undefined;
  readonly group: string;
  /** What comes twice, and what is replaced between the two. */
  readonly frequent: Side;
  readonly lost: Side;
}

interface Side {
  readonly chain: TriggerChain;
  readonly effect: Effect;
  /** Where it goes, as people call it. */
  readonly target: string;
}

function foundIn(analysis: Analysis, pipeline: Pipeline): Found | undefined {
  for (const { lock, job } of locksIn(pipeline)) {
    if (lock.queue > 1) continue;
    const sides = analysis.chains(pipeline).flatMap((chain): (Side & { readonly group: string })[] => {
      const key = lock.groupUnder(chain.circumstances);
      if (chain.upstream || literalText(key) === undefined || lock.cancels(chain.circumstances) !== "no") return [];
      return sidesOf(analysis, pipeline, job, chain).map((side) => ({ ...side, group: plain(key) }));
    });
    for (const frequent of sides) {
      if (frequent.chain.root.kind !== "push") continue;
      const lost = sides.find(
        (side) => side.group === frequent.group && side.chain !== frequent.chain && side.target !== frequent.target,
      );
      if (lost)
        return { pipeline, lock, job, group: showKey(lock.groupUnder(lost.chain.circumstances)), frequent, lost };
    }
  }
  return undefined;
}

function locksIn(pipeline: Pipeline): { readonly lock: Lock; readonly job: JobFacts | undefined }[] {
  return [
    ...pipeline.locks.map((lock) => ({ lock, job: undefined })),
    ...pipeline.jobs.filter(({ kind }) => kind === "work").flatMap((job) => job.locks.map((lock) => ({ lock, job }))),
  ];
}

/** What a run of this chain deploys under the lock, each with the environment that it goes to. */
function sidesOf(analysis: Analysis, pipeline: Pipeline, job: JobFacts | undefined, chain: TriggerChain): Side[] {
  return pipeline.jobs
    .filter(
      (each) =>
        (job === undefined || each === job) && !isPreview(each) && can(analysis.effectRuns(each, chain.circumstances)),
    )
    .flatMap((each): Side[] => {
      const effect = lastingEffects(each).find(({ kind }) => kind === "deploy");
      const target = effect && environmentOf(each, chain);
      return effect && target !== undefined ? [{ chain, effect, target }] : [];
    });
}

/** The environment by name; one that whoever starts the run chooses is any. */
function environmentOf({ environment, steps }: JobFacts, { circumstances, root }: TriggerChain): string | undefined {
  const [step] = steps;
  if (!environment || !step) return undefined;
  const key = step.resolve(environment.name, circumstances);
  const name = literalText(key);
  if (name !== undefined) return name.toLowerCase();
  const isChosen = key.some((part) => part.kind === "expression" && /\binputs\./.test(part.text));
  return isChosen && root.kind === "dispatch" ? "another environment" : undefined;
}

function candidate(analysis: Analysis, { pipeline, lock, job, group, frequent, lost }: Found): Candidate {
  const file = fileName(pipeline.id);
  const { chain } = frequent;
  const waiting = again(lost.chain, "waiting", "c2");
  const next = again(chain, "next", "c3");
  return {
    message: `The group "${group}" is one for ${frequent.target} and ${lost.target}: a ${chain.described} takes the place of ${words(lost)} that waits`,
    at: lock.at,
    related: [{ at: lost.effect.step?.at ?? lost.effect.job.keyAt, message: `Deploys to ${lost.target}` }],
    confidence: "medium",
    schedule: [
      `${chain.described} -> ${file} deploys to ${frequent.target} in the group "${group}"`,
      `${lost.chain.described} -> ${file}, for ${lost.target}, waits for it`,
      `${chain.described} -> ${file} waits for it as well: the one for ${lost.target} is cancelled`,
    ],
    help: "Put the environment into the group, so that each has one of its own, or keep all that wait with `queue: max`.",
    claim: droppedWhileWaiting(analysis, { pipeline, job, first: chain, waiting, next }),
  };
}

interface Three extends Pick<Found, "pipeline" | "job"> {
  readonly first: TriggerChain;
  readonly waiting: TriggerChain;
  readonly next: TriggerChain;
}

/** The first runs, the second waits for it, and the third takes its place. */
function droppedWhileWaiting(analysis: Analysis, { pipeline, job, first, waiting, next }: Three): Claim {
  const path = job ? { path: job.path } : {};
  const queued = (each: TriggerChain): Moment => ({ kind: "queued", run: runPattern(pipeline.id, each), ...path });
  return analysis.claim(
    [first, waiting, next],
    [
      job
        ? { kind: "job-started", job: { run: runPattern(pipeline.id, first), path: job.path } }
        : { kind: "run-created", run: runPattern(pipeline.id, first) },
      queued(waiting),
      queued(next),
    ],
    { kind: "dropped", run: runPattern(pipeline.id, waiting), ...path },
  );
}

interface LostChange extends Pick<Found, "pipeline" | "lock" | "job" | "group"> {
  readonly chain: TriggerChain;
  readonly effect: Effect;
  readonly detector: Detector;
}

/** Each run works on what its own push changed: with a run that is dropped its changes are, until something touches the same files again. */
function changeLostIn(analysis: Analysis, pipeline: Pipeline): LostChange | undefined {
  for (const { lock, job } of locksIn(pipeline)) {
    if (lock.queue > 1) continue;
    for (const chain of analysis.chains(pipeline)) {
      if (chain.upstream || chain.root.kind !== "push" || chain.root.ref.kind !== "branch") continue;
      const key = lock.groupUnder(chain.circumstances);
      if (isUniquePerRun(key) || lock.cancels(chain.circumstances) !== "no") continue;
      for (const each of job ? [job] : pipeline.jobs) {
        if (isPreview(each) || analysis.effectRuns(each, chain.circumstances) === "no") continue;
        const effect = lastingEffects(each).find(({ kind }) => kind !== "destroy");
        const detector = effect && changesAskedFor(analysis, each, effect);
        if (detector) return { pipeline, lock, job, group: showKey(key), chain, effect, detector };
      }
    }
  }
  return undefined;
}

function ofChanges(analysis: Analysis, { pipeline, lock, job, group, chain, effect, detector }: LostChange): Candidate {
  const file = fileName(pipeline.id);
  const [waiting, next] = [again(chain, "waiting", "c2"), again(chain, "next", "c3")];
  return {
    message: `Of three pushes the second is dropped from the group "${group}", and "${jobName(effect.job)}" deploys only what its own push changed: those changes are left out`,
    at: lock.at,
    related: [
      { at: detector.step.at, message: "Compares with the push before, not with what was deployed last" },
      { at: effect.step?.at ?? effect.job.keyAt, message: `Deploys what that tells: ${effect.tool}` },
    ],
    confidence: "medium",
    schedule: [
      `${chain.described} -> ${file} deploys what the first push changed`,
      `${chain.described} -> ${file}, for what the second one changed, waits for it`,
      `${chain.described} -> ${file} waits for it as well: the second is cancelled, and the third looks only at its own changes`,
    ],
    why: "A concurrency group has one place to wait. A run that is replaced there is cancelled and does not come back. Where each run deploys only what its own push changed, nothing else makes up for it: the files stay as they were until somebody touches them again.",
    help: "Keep all that wait with `queue: max`, or compare with the commit that was deployed last instead of the push before.",
    claim: droppedWhileWaiting(analysis, { pipeline, job, first: chain, waiting, next }),
  };
}

function words({ chain, target }: Side): string {
  return `a deployment to ${target} (${chain.described})`;
}

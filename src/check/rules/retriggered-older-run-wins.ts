import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { readable } from "../../facts/written.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { deploysOwnChangesOnly } from "../analysis/changed-files.ts";
import {
  type Effect,
  isCalledDocumentation,
  isPreview,
  lastingEffects,
  reportsOrCleans,
  stepEffect,
} from "../analysis/effects.ts";
import { imagesOf, isMutableTag, tagOf } from "../analysis/images.ts";
import { isUniquePerRun, locksOf } from "../analysis/locks.ts";
import { again, isQueued, type TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { addJobConcurrency } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";
import { meetsUnlocked } from "./shared-target-no-shared-group.ts";

/** What stays as the last writer left it. Images and packages are named by their version, and a distribution serves what is in its bucket. */
const keepsTheLast = new Set(["service", "function", "bucket", "machine", "database", "terraform-state", "site"]);

export const retriggeredOlderRunWins: Rule = {
  id: "retriggered-older-run-wins",
  severity: "warning",
  kind: "race",
  title: "two deployments run at once and the older one may finish last",
  why: "Nothing keeps two runs of this deployment apart. When the run of an older commit is slower, or somebody runs it again, it overwrites the newer version, and nothing is red.",
  url: documentation.concurrency,
  *find(analysis) {
    for (const pipeline of analysis.facts.pipelines) {
      const [found] = pipeline.jobs
        .filter((job) => job.kind === "work" && !isPreview(job) && !reportsOrCleans(job))
        .filter((job) => locksOf(analysis, job).length === 0)
        .flatMap((job) =>
          lastingEffects(job)
            .filter(isOverwritten)
            .map((effect) => ({ job, effect })),
        )
        .filter(({ effect }) => !meetsUnlocked(analysis, effect))
        .toSorted((a, b) => certainty(a.effect) - certainty(b.effect));
      const { job, effect } = found ?? movedTag(analysis, pipeline) ?? {};
      if (!job || !effect) continue;
      const pushes = analysis
        .chains(pipeline)
        .filter((each) => (each.root.kind === "push" && each.root.ref.kind === "branch") || isQueued(each));
      const chain =
        pushes.find((each) => can(analysis.effectRuns(job, each.circumstances))) ??
        // What another job decides can be decided so for two pushes.
        pushes.find((each) => analysis.effectRuns(job, each.circumstances) !== "no");
      if (chain) yield candidate(analysis, { pipeline, job, effect, chain });
    }
  },
};

/** Whether a second run at the same time writes over this one, or is refused because of it. */
function isOverwritten({ access, kind, confidence, step }: Effect): boolean {
  if (kind !== "deploy") return false;
  // By its name alone: a step that is called so by people.
  if (!access) return confidence === "medium";
  // What is done on another machine is not told by the command alone.
  const isSure = confidence === "high" || (access.resource === "machine" && stepEffect(step?.label ?? "") === "deploy");
  // Named by its commit or run it is something new each time, which no other run writes over.
  if (!isSure || isUniquePerRun(step?.resolve(access.key) ?? [])) return false;
  return keepsTheLast.has(access.resource) || access.resource === "stack";
}

/** An image under a name that everybody takes for the newest. Where it only has the name of its commit nothing is lost. */
function movedTag(analysis: Analysis, pipeline: Pipeline): { job: JobFacts; effect: Effect } | undefined {
  for (const { job, step, access } of imagesOf(analysis, "write").filter((each) => each.pipeline === pipeline)) {
    if (isPreview(job) || locksOf(analysis, job).length > 0) continue;
    const effect = lastingEffects(job).find((each) => each.access === access);
    const moves = analysis.chains(pipeline).some(({ circumstances }) => {
      const tag = tagOf(step.resolve(access.key, circumstances));
      return tag !== undefined && isMutableTag(tag) && can(analysis.stepRuns(job, step, circumstances));
    });
    if (effect && moves) return { job, effect };
  }
  return undefined;
}

/** The clearest case of a workflow first. */
function certainty(effect: Effect): number {
  if (isCalledDocumentation(effect)) return 3;
  if (!effect.access) return 2;
  return effect.access.resource === "stack" ? 1 : 0;
}

/** Named after the target, which others may change as well; where that is not told, after the workflow, as groups are of the whole repository. */
function groupOf({ id }: Pipeline, { key, environment }: JobFacts, { access, step }: Effect): string {
  const target = access && !environment ? literalText(step?.resolve(access.key) ?? access.key) : undefined;
  if (target && /^[\w.-]+$/.test(target)) return `${access!.resource}-${target}`;
  const stem = fileName(id).replace(/\.ya?ml$/, "");
  return stem === key ? stem : `${stem}-${key}`;
}

interface Found {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly effect: Effect;
  readonly chain: TriggerChain;
}

function candidate(analysis: Analysis, { pipeline, job, effect, chain }: Found): Candidate {
  const keepsAll = deploysOwnChangesOnly(analysis, job);
  const group = groupOf(pipeline, job, effect);
  const staged = isStaged(pipeline) ? pipeline : undefined;
  const edits = job.file === pipeline.id ? addJobConcurrency(job, { group, keepsAll }) : undefined;
  const isStack = effect.access?.resource === "stack";
  const two = isQueued(chain) ? "Two groups of the merge queue" : "Two pushes";
  const isImage = effect.access?.resource === "image";
  const does = isImage ? "pushes" : "deploys";
  const severity = isImage || isCalledDocumentation(effect) ? ("note" as const) : undefined;
  const starts = [
    `${chain.described} (commit A) -> ${pipeline.label} starts`,
    `${chain.described} (commit B) -> ${pipeline.label} starts again`,
  ];
  return {
    message: isStack
      ? `${two} run "${jobName(job)}" at the same time (${effect.tool}): the stack takes one change at a time, and the newer commit may be the one that is refused`
      : isImage
        ? `${two} run "${jobName(job)}" at the same time (${effect.tool}): the moving tag may stay at the older image`
        : `${two} run "${jobName(job)}" at the same time (${effect.tool}): the older one may finish last and stay`,
    at: staged ? (staged.modeAt ?? staged.nameAt) : job.keyAt,
    related: [
      ...(staged ? [{ at: job.keyAt, message: `"${jobName(job)}" deploys ${targetIn(effect)}in every run` }] : []),
      { at: chain.start.at, message: `Every ${chain.described} starts one more run` },
    ],
    confidence: effect.access ? "medium" : "low",
    ...(severity ? { severity } : {}),
    schedule: isStack
      ? [...starts, `"${jobName(job)}" of A changes the stack`, `"${jobName(job)}" of B is refused meanwhile: A stays`]
      : [...starts, `"${jobName(job)}" of B ${does}`, `"${jobName(job)}" of A, which was slower, ${does} over it`],
    ...(isStack
      ? {
          why: "Nothing keeps two runs of this deployment apart. A stack that is being changed refuses the next change, so the run of the newer commit fails, and the older one stays until somebody runs it again.",
        }
      : {}),
    ...(staged ? inStages : {}),
    help: staged
      ? "Set the execution mode QUEUED (every run, in order) or SUPERSEDED (the newest of those that wait)."
      : keepsAll
        ? "Give the deployment a concurrency group in which all wait, `queue: max`: each deploys only what its own push changed, so none may be dropped."
        : "Give the deployment a concurrency group without cancel-in-progress.",
    ...(edits
      ? {
          edits,
          cause: {
            of: `${severity} ${isStack}`,
            here: `"${jobName(job)}" in ${pipeline.label} (${effect.tool}) has no group either`,
          },
        }
      : {}),
    claim: claim(analysis, { job, chain }, isStack),
  };
}

function targetIn({ access }: Effect): string {
  return access ? `the ${access.resource} "${readable(access.key)}" ` : "";
}

const inStages = {
  why: "In mode PARALLEL no run waits for another. When the run of an older commit is slower, or waits longer for an approval, it overwrites the newer version, and nothing is red.",
  url: awsDocumentation.modes,
};

function claim(analysis: Analysis, { job, chain }: Pick<Found, "job" | "chain">, isStack: boolean): Claim {
  const second = again(chain, "push-2");
  const [older, newer] = [jobPattern(job, chain), jobPattern(job, second)];
  return {
    scenario: analysis.scenario([chain, second]),
    schedule: isStack
      ? [
          { kind: "job-started", job: older },
          { kind: "job-started", job: newer },
          { kind: "job-ended", job: older },
        ]
      : [
          { kind: "job-started", job: older },
          { kind: "job-ended", job: newer },
          { kind: "job-ended", job: older },
        ],
    bad: isStack ? { kind: "overlap", first: older, second: newer } : { kind: "before", first: newer, second: older },
  };
}

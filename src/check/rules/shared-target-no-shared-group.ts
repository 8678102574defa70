import type { Key } from "../../facts/access.ts";
import type { Pipeline } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { isAction, isStaged } from "../../facts/stages.ts";
import { identity } from "../../facts/written.ts";
import { type Analysis, sameRoot } from "../analysis/analysis.ts";
import { atOnce } from "../analysis/at-once.ts";
import { follows, isOneDefinition, onePush, pathsApart } from "../analysis/beside.ts";
import { commonGroup } from "../analysis/common-group.ts";
import { type Effect, effectsOf, lastingEffects } from "../analysis/effects.ts";
import { locksOf, sharedLock } from "../analysis/locks.ts";
import { onceFor } from "../analysis/once-for.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText, sameKey } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

interface Target {
  readonly pipeline: Pipeline;
  readonly effect: Effect;
  readonly name: Key;
  readonly details: string;
}

export const sharedTargetNoSharedGroup: Rule = {
  id: "shared-target-no-shared-group",
  severity: "error",
  kind: "wrong lock",
  title: "two workflows change one target and nothing keeps them apart",
  why: "Both may run at once on the same stack, state, bucket or service. One fails on a lock, or the two mix.",
  url: documentation.concurrency,
  *find(analysis) {
    for (const meeting of meetingsOf(analysis)) yield candidate(analysis, meeting);
    yield* takenAwayMeanwhile(analysis);
  },
};

/** Two that change one target, the ways of both, and whether neither holds any lock. */
interface Meeting {
  readonly sides: readonly [Target, Target];
  readonly chains: readonly [TriggerChain, TriggerChain];
  readonly isUnlocked: boolean;
  /** Nobody else changes the target. */
  readonly isPair: boolean;
}

/** Whether another workflow changes the same with no lock either: one group for both keeps runs of each apart as well. */
export function meetsUnlocked(analysis: Analysis, effect: Effect): boolean {
  return meetingsOf(analysis).some(
    ({ isUnlocked, sides }) => isUnlocked && sides.some((side) => side.effect === effect),
  );
}

const meetingsOf: (analysis: Analysis) => readonly Meeting[] = onceFor((analysis) => [...meetings(analysis)]);

function* meetings(analysis: Analysis): Generator<Meeting> {
  const targets = [...targetsOf(analysis)];
  const seen = new Set<string>();
  for (const [i, first] of targets.entries()) {
    for (const second of targets.slice(i + 1)) {
      if (first.pipeline === second.pipeline || !sameTarget(first, second)) continue;
      const isBesideStages = isStaged(first.pipeline) || isStaged(second.pipeline);
      // Beside the first each of the others is told once, as a place of one finding.
      const once = isBesideStages ? `${describe(first)} ${second.effect.job.id}` : describe(first);
      if (seen.has(once)) continue;
      if (isBesideStages && !isOfItsOwn(first, second)) continue;
      const push = isBesideStages ? onePush(analysis, [first.pipeline, second.pipeline]) : undefined;
      const chains = isBesideStages ? push && ([push.a, push.b] as const) : automatic(analysis, first, second);
      if (!chains) continue;
      const [a, b] = chains;
      const [x, y] = [first.effect.job, second.effect.job];
      if (isBesideStages) {
        seen.add(once);
        yield { sides: [first, second], chains, isUnlocked: false, isPair: false };
        continue;
      }
      // One called workflow whose group holds the caller's name: `caller-name-in-reusable-group` says so.
      if (x.keyAt === y.keyAt && locksOf(analysis, x).some((lock) => lock.reads.includes("github.workflow"))) continue;
      if (sharedLock(analysis, { job: x, under: a.circumstances }, { job: y, under: b.circumstances }) !== "no")
        continue;
      // Without any lock on either side only one event that starts both is sure to let them meet.
      const isUnlocked = locksOf(analysis, x).length + locksOf(analysis, y).length === 0;
      if (isUnlocked && !isState(first) && (!sameRoot(a, b) || namedElsewhere.test(first.effect.tool))) continue;
      seen.add(once);
      const isPair = targets.filter((each) => describe(each) === once).length === 2;
      yield { sides: [first, second], chains, isUnlocked, isPair };
    }
  }
}

function candidate(analysis: Analysis, { sides, chains, isUnlocked, isPair }: Meeting): Candidate {
  const [first, second] = sides;
  const [a, b] = chains;
  const [x, y] = [first.effect.job, second.effect.job];
  const holders = [
    { pipeline: first.pipeline, job: x },
    { pipeline: second.pipeline, job: y },
  ] as const;
  const staged = isStaged(first.pipeline) || isStaged(second.pipeline);
  // Stages and actions of several pipelines often have the same names.
  const [one, other] = sides.map(
    ({ pipeline, effect }) => `"${jobName(effect.job)}"${staged ? ` of ${pipeline.label}` : ""}`,
  );
  const edits = isPair ? commonGroup(analysis, holders, nameOf(first)) : undefined;
  return {
    message: `${first.pipeline.label} and ${second.pipeline.label} both change ${describe(first)}, ${staged ? "and nothing keeps them apart" : "without a common concurrency group"}`,
    at: placeOf(second.effect),
    related: [
      { at: placeOf(first.effect), message: `${one} changes it too: ${first.effect.tool}` },
      ...(staged
        ? [
            { at: a.start.at, message: `${first.pipeline.label} starts on ${a.described}` },
            { at: b.start.at, message: `${second.pipeline.label} starts on the same push` },
          ]
        : [...locksOf(analysis, x), ...locksOf(analysis, y)].map((lock) => ({
            at: lock.at,
            message: `Group ${showKey(lock.group)}`,
          }))),
    ],
    confidence: staged && !isState(first) && !pathsApart(a, b) ? "high" : "medium",
    ...(staged && pathsApart(a, b) ? { severity: "warning" as const } : {}),
    ...(isUnlocked && !isRefused(first) ? { severity: "warning" as const } : {}),
    schedule: [
      `${a.described} -> ${first.pipeline.label} starts`,
      `${b.described} -> ${second.pipeline.label} starts`,
      `${one} and ${other} change ${describe(first)} at the same time`,
    ],
    ...(staged
      ? {
          ...inStages,
          cause: {
            of: `${describe(first)} ${x.id}`,
            here: `${other} changes it as well`,
          },
        }
      : { help: "Give both jobs the same concurrency group, without cancel-in-progress." }),
    ...(edits ? { edits } : {}),
    claim: atOnce(analysis, { job: x, chain: a }, { job: y, chain: b }),
  };
}

const inStages = {
  why: "Stages keep the runs of one pipeline apart, not two pipelines, and no lock of a workflow reaches a pipeline. Whoever ends last decides, whichever is right.",
  url: awsDocumentation.executions,
  help: "Let one of them own it, and start the other when it has succeeded.",
};

/** The step, or the job where the step belongs to an action that others use too. */
function placeOf({ step, job, access }: Effect) {
  if (isAction(job) && access) return access.at;
  return step?.at.source.path === job.file ? step.at : job.keyAt;
}

/** Stages keep the runs of one pipeline apart, and no lock of a workflow reaches them. Stacks have a rule of their own. */
function isOfItsOwn(first: Target, second: Target): boolean {
  const [a, b] = [first.pipeline, second.pipeline];
  if (first.effect.access!.resource === "stack" || isOneDefinition(a, b) || follows(a, b) || follows(b, a))
    return false;
  // A state is named by its folder in the source: of which one must be certain.
  return [a, b].every((each) => !isState(first) || !isStaged(each) || each.sources.length === 1);
}

const kinds = new Set(["terraform-state", "stack", "service", "function", "site", "bucket", "database"]);

function* targetsOf(analysis: Analysis): Generator<Target> {
  for (const { pipeline, job } of analysis.work()) {
    if (lastingEffects(job).length === 0) continue;
    for (const effect of effectsOf(job)) {
      const { access, step } = effect;
      if (!access || !step || !kinds.has(access.resource) || effect.confidence === "low") continue;
      // What a stack makes on its way is its own affair: other commands put code or files into it.
      if (namesOnlyTheScript(effect) || (isStaged(pipeline) && access.tool === "CloudFormation")) continue;
      const name = step.resolve(access.key);
      const details = [...access.details]
        .map(([key, value]) => `${key}=${showKey(step.resolve(value))}`)
        .sort()
        .join(" ");
      yield { pipeline, effect, name, details };
    }
  }
}

/** By its name, in the same account and region as far as an action names another one than its pipeline's. */
function sameInAccount(a: Target, b: Target): boolean {
  const [x, y] = [a, b].map(({ effect, name }) => {
    const { access, job } = effect;
    const place = isAction(job) ? [...job.account, ...job.region] : [];
    // With other values for its variables one folder most likely has another state.
    const told = [name, access!.details.get("account") ?? [], place, access!.details.get("var-file") ?? []].map(
      identity,
    );
    return told[0] === "" || told.includes(undefined) ? undefined : `${access!.resource} ${told.join(" ")}`;
  });
  return x !== undefined && x === y;
}

/** A script or task without arguments deploys what its environment says; its own name is no target. */
function namesOnlyTheScript({ access, tool }: Effect): boolean {
  const words = (literalText(access!.key) ?? "").split(" ");
  const script = words.findIndex((word) => word === tool || word.endsWith(`/${tool}`));
  return script >= 0 && words.slice(script + 1).every((word) => word.startsWith("-"));
}

/** Only names that are written out in full are the same for certain. */
function sameTarget(a: Target, b: Target): boolean {
  if (isStaged(a.pipeline) || isStaged(b.pipeline)) return sameInAccount(a, b);
  const [x, y] = [a.effect.access!, b.effect.access!];
  if (x.resource !== y.resource || a.details !== b.details || !sameKey(a.name, b.name)) return false;
  const name = literalText(a.name);
  if (name === undefined || /\$\{\{|\$[A-Z]|…/.test(a.details)) return false;
  // An environment has secrets and variables of its own: the same command goes elsewhere there.
  const [p, q] = [a.effect.job.environment?.name, b.effect.job.environment?.name];
  const sameEnvironment =
    (p === undefined) === (q === undefined) && (!p || !q || (sameKey(p, q) && literalText(p) !== undefined));
  if (!sameEnvironment || (isToldBySecrets(a) && !sameSecrets(a, b))) return false;
  return name !== "" || (isState(a) && a.details !== "");
}

/** Where the command does not name its target, what it is handed does. */
function isToldBySecrets({ effect: { access, tool }, name }: Target): boolean {
  return access!.resource === "database" || (literalText(name) ?? "").split(" ").some((word) => word.endsWith(tool));
}

function sameSecrets(a: Target, b: Target): boolean {
  const [x, y] = [a.effect.job.rights.secrets, b.effect.job.rights.secrets];
  return x.every((name) => y.includes(name)) || y.every((name) => x.includes(name));
}

function isState({ effect }: Target): boolean {
  return effect.access?.resource === "terraform-state";
}

/** Tools that take the name of what they change from a file or a variable. */
const namedElsewhere = /vercel|firebase|netlify|wrangler|railway|convex|skaffold|kamal|amplify|docusaurus|supabase/;

/** Two at a time are not merely mixed: the second one fails. */
function isRefused(target: Target): boolean {
  return isState(target) || target.effect.access?.resource === "stack";
}

function nameOf({ effect, name, details }: Target): string {
  return `${effect.access!.resource}-${showKey(name) || details.replace(/^[\w-]+=/, "")}`;
}

function describe({ effect, name, details }: Target): string {
  const label = {
    "terraform-state": "the Terraform state",
    stack: "the stack",
    site: "the site",
    bucket: "the bucket",
  } as Record<string, string>;
  return `${label[effect.access!.resource] ?? `the ${effect.access!.resource}`} ${showKey(name) || details.replace(/^[\w-]+=/, "")}`.trim();
}

/** Ways of both that nobody has to start by hand; two that only people start are theirs to keep apart. */
function automatic(analysis: Analysis, a: Target, b: Target): readonly [TriggerChain, TriggerChain] | undefined {
  const runs = ({ pipeline, effect }: Target) =>
    analysis.chains(pipeline).filter(
      (chain) =>
        (chain.root.kind === "push" || chain.root.kind === "schedule" || chain.root.kind === "release") &&
        // What another step decides can be decided so for both.
        analysis.stepRuns(effect.job, effect.step!, chain.circumstances) !== "no",
    );
  const [x, y] = pairOf(runs(a), runs(b));
  if (!x || !y || analysis.startsAfter(x, b.pipeline.id) || analysis.startsAfter(y, a.pipeline.id)) return undefined;
  return [x, y];
}

/** By one event where there is one, else the first of each. */
function pairOf(a: readonly TriggerChain[], b: readonly TriggerChain[]): readonly (TriggerChain | undefined)[] {
  for (const x of a) {
    const y = x.upstream ? undefined : b.find((each) => !each.upstream && sameRoot(x, each));
    if (y) return [x, y];
  }
  return [a[0], b[0]];
}

interface PreviewChange extends Target {
  readonly chain: TriggerChain;
}

/** A preview is taken away, as its pull request is closed, while a run that was started before still sets it up. */
function* takenAwayMeanwhile(analysis: Analysis): Generator<Candidate> {
  const all = [...previewChanges(analysis)];
  const removals = all.filter(({ effect, chain }) => effect.kind === "destroy" && actionOf(chain) === "closed");
  for (const removal of removals) {
    const deployment = all.find(
      (each) =>
        each.effect.kind === "deploy" &&
        actionOf(each.chain) !== "closed" &&
        isSamePreview(each, removal) &&
        sharedLock(
          analysis,
          { job: each.effect.job, under: each.chain.circumstances },
          { job: removal.effect.job, under: removal.chain.circumstances },
        ) === "no",
    );
    if (!deployment) continue;
    const [x, y] = [deployment.effect.job, removal.effect.job];
    yield {
      message: `"${jobName(y)}" in ${fileName(removal.pipeline.id)} takes away what "${jobName(x)}" in ${fileName(deployment.pipeline.id)} may still be setting up (${removal.effect.tool}), without a common concurrency group`,
      at: placeOf(removal.effect),
      related: [
        { at: placeOf(deployment.effect), message: `Set up here: ${deployment.effect.tool}` },
        ...[...locksOf(analysis, x), ...locksOf(analysis, y)].map((lock) => ({
          at: lock.at,
          message: `Group ${showKey(lock.group)}`,
        })),
      ],
      severity: "warning",
      confidence: "medium",
      why: "A pull request can be closed while its last deployment still runs. Both change the same preview then: one is refused, or the preview is set up again after it was taken away, and nobody takes it away any more.",
      schedule: [
        `${deployment.chain.described} -> "${jobName(x)}" starts`,
        `${removal.chain.described} -> "${jobName(y)}" starts`,
        `"${jobName(y)}" ends; "${jobName(x)}" goes on setting it up`,
      ],
      help: `Give both jobs one concurrency group that is named after the pull request, e.g. \`preview-\${{ github.event.number }}\`, without cancel-in-progress.`,
      claim: atOnce(analysis, { job: x, chain: deployment.chain }, { job: y, chain: removal.chain }),
    };
  }
}

function* previewChanges(analysis: Analysis): Generator<PreviewChange> {
  for (const { pipeline, job } of analysis.work()) {
    const chains = analysis.chains(pipeline).filter(({ root }) => root.kind === "pull-request" && !root.outsider);
    if (chains.length === 0) continue;
    for (const step of job.steps) {
      for (const access of step.accesses) {
        if (access.kind !== "resource" || !kinds.has(access.resource) || access.confidence === "low") continue;
        if (access.effect !== "deploy" && access.effect !== "destroy") continue;
        const wanted = (each: TriggerChain) => (actionOf(each) === "closed") === (access.effect === "destroy");
        const chain = chains.find(
          (each) => wanted(each) && !each.upstream && analysis.stepRuns(job, step, each.circumstances) !== "no",
        );
        if (!chain) continue;
        const effect: Effect = {
          job,
          step,
          access,
          kind: access.effect,
          confidence: access.confidence,
          tool: access.tool,
        };
        const details = [...access.details]
          .map(([key, value]) => `${key}=${showKey(step.resolve(value))}`)
          .sort()
          .join(" ");
        yield { pipeline, effect, name: step.resolve(access.key), details, chain };
      }
    }
  }
}

function actionOf({ root }: TriggerChain): string | undefined {
  return root.kind === "pull-request" ? root.action : undefined;
}

/** Their names, and what tells them apart besides, are equal in the runs of one pull request. */
function isSamePreview(a: Target, b: Target): boolean {
  const [x, y] = [a.effect.access!, b.effect.access!];
  if (x.resource !== y.resource) return false;
  const told = ({ name, details }: Target) =>
    `${showKey(name)} ${details}`.replaceAll(/github\.event\.(?:pull_request\.)?number/g, "number");
  const text = told(a);
  // What only the step knows may be another thing in each.
  const isOpen = [...a.name, ...b.name].some((part) => part.kind === "unknown" || part.kind === "variable");
  return text.trim() !== "" && !isOpen && text === told(b) && /number|head_ref|\bpr\b|preview/i.test(text);
}

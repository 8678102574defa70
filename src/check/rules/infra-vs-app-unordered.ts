import type { Key, ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { type ActionFacts, isStaged, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { identity, readable, readableIdentity } from "../../facts/written.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { bucketOf } from "../analysis/beside.ts";
import { type Effect, effectsOf, isPreview } from "../analysis/effects.ts";
import { environmentKindOf } from "../analysis/environments.ts";
import { beginning, type TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText, unify } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const infraVsAppUnordered: Rule = {
  id: "infra-vs-app-unordered",
  severity: "error",
  kind: "race",
  title: "infrastructure and application change at once on one push",
  why: "A commit that touches both starts both. The application is deployed while what it reads or runs on is being changed; it meets the old state, the new one, or something in between.",
  url: documentation.trigger,
  *find(analysis) {
    yield* neededBeforeMade(analysis);
    const seen = new Set<string>();
    for (const infra of changes(analysis, "infrastructure")) {
      for (const app of changes(analysis, "application")) {
        const pair = [infra.pipeline.id, app.pipeline.id].sort().join(" ");
        if (infra.pipeline === app.pipeline || seen.has(pair)) continue;
        const link = linkBetween(analysis, infra, app);
        if (!link) continue;
        const together = analysis
          .together(infra.pipeline, app.pipeline)
          .find(
            ({ a, b }) =>
              a.root.kind === "push" &&
              !a.upstream &&
              !b.upstream &&
              runs(infra, a) &&
              runs(app, b) &&
              link.holds(a, b),
          );
        if (!together || analysis.waitsOrAsks(app.job) || analysis.waitsOrAsks(infra.job)) continue;
        seen.add(pair);
        const { a: chain, b: appChain } = together;
        yield {
          message: `${fileName(app.pipeline.id)} deploys (${app.effect.tool}) while ${fileName(infra.pipeline.id)} still runs ${infra.effect.tool}: nothing orders them`,
          at: app.effect.step?.at ?? app.job.keyAt,
          related: [
            {
              at: infra.effect.step?.at ?? infra.job.keyAt,
              message: `${infra.effect.tool} in "${jobName(infra.job)}"; ${link.words}`,
            },
            { at: chain.start.at, message: `Starts on ${chain.described}` },
            { at: appChain.start.at, message: "Starts on the same push" },
          ],
          confidence: "medium",
          schedule: [
            `${chain.described} that touches both -> ${fileName(infra.pipeline.id)} starts; ${fileName(app.pipeline.id)} starts`,
            `"${jobName(app.job)}" deploys`,
            `"${jobName(infra.job)}" has not applied yet`,
          ],
          help: "Make it one run: a workflow that calls the infrastructure first and the application with `needs`, or start the application with workflow_run after the infrastructure.",
          claim: analysis.claim(
            [chain],
            [
              { kind: "run-created", run: { pipeline: infra.pipeline.id, event: chain.root.id } },
              { kind: "job-ended", job: jobPattern(app.job, appChain) },
              { kind: "job-ended", job: jobPattern(infra.job, chain) },
            ],
            { kind: "before", first: jobPattern(app.job, appChain), second: jobPattern(infra.job, chain) },
          ),
        };
      }
    }
  },
};

interface Change {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly effect: Effect;
}

const provisioning = /^(terraform|tofu|terragrunt|pulumi|aws cloudformation|cdk|bicep|az deployment)\b/;

function* changes(analysis: Analysis, which: "infrastructure" | "application"): Generator<Change> {
  for (const { pipeline, job } of analysis.work()) {
    if (isStaged(pipeline)) continue;
    if (isPreview(job)) continue;
    const effects = effectsOf(job).filter((effect) => effect.access && effect.kind === "deploy");
    const infra = effects.find((effect) => isProvisioning(effect));
    const app = effects.find((effect) => !isProvisioning(effect));
    if (which === "infrastructure" && infra) yield { pipeline, job, effect: infra };
    if (which === "application" && app && !infra) yield { pipeline, job, effect: app };
  }
}

function isProvisioning({ access, tool }: Effect): boolean {
  return access?.resource === "terraform-state" || provisioning.test(tool);
}

function runs({ job, effect }: Change, chain: TriggerChain): boolean {
  return can(job.runs(chain.circumstances)) && can(effect.step?.runs(chain.circumstances) ?? "yes");
}

interface Link {
  readonly words: string;
  holds(a: TriggerChain, b: TriggerChain): boolean;
}

/** What ties the two: the same environment, or something the application reads from the infrastructure. */
function linkBetween(analysis: Analysis, infra: Change, app: Change): Link | undefined {
  const always = () => true;
  const [x, y] = [infra.job.environment?.name, app.job.environment?.name];
  // What sets up its own infrastructure first does not stand on all that lies in the environment.
  const hasItsOwn = analysis.jobsBefore(app.job).some((job) => effectsOf(job).some(isProvisioning));
  if (x && y && !hasItsOwn && showKey(x).toLowerCase() === showKey(y).toLowerCase()) {
    return { words: `both change the environment ${showKey(x)}`, holds: always };
  }
  const [p, q] = [environmentKindOf(infra.job), environmentKindOf(app.job)];
  if (p && q && p !== q) return undefined;
  const made = infra.job.steps.flatMap((step) => accessesOf(step).filter(({ mode }) => mode !== "read"));
  const read = app.job.steps.find((step) =>
    accessesOf(step).some((access) => access.mode === "read" && made.some((other) => mayBeOf(access, other))),
  );
  return read && { words: `the application reads what it makes ("${read.label}")`, holds: always };
}

/** What the step does to resources, with the names that it has in this job. */
function accessesOf(step: StepFacts): ResourceAccess[] {
  return step.accesses.flatMap((access) =>
    access.kind === "resource" ? [{ ...access, key: step.resolve(access.key) }] : [],
  );
}

/** Whether what is read may come from what is changed: by the same name, or by one that speaks of it. */
function mayBeOf(read: ResourceAccess, made: ResourceAccess): boolean {
  const isState = made.resource === "terraform-state";
  const isStack = made.resource === "stack";
  if (made.effect !== "deploy" || (!isState && !isStack)) return false;
  switch (read.resource) {
    case "terraform-state":
      return isState && nameOverlaps(read.key, made.key);
    case "stack":
      return isStack && (read.key.length === 0 || nameOverlaps(read.key, made.key));
    case "parameter":
      return !namesAnotherStack(read.key, made);
    default:
      return false;
  }
}

/** Equal where both are told; a folder or program before the name of a stack does not make it another one. */
function nameOverlaps(a: Key, b: Key): boolean {
  const [x, y] = [literalText(a), literalText(b)];
  if (x === undefined || y === undefined) return unify(a, b);
  return x === y || x.endsWith(`/${y}`) || y.endsWith(`/${x}`);
}

/** A parameter is named freely; where its words and those of a stack's name are told and none is common, it is somebody else's. */
function namesAnotherStack(parameter: Key, made: ResourceAccess): boolean {
  const [x, y] = [literalText(parameter), literalText(made.key)];
  if (!x || !y || made.resource !== "stack") return false;
  const words = (text: string) =>
    text
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word.length > 2);
  const own = new Set(words(y));
  return own.size > 0 && !words(x).some((word) => own.has(word));
}

/** An action that needs what only a later one of its own pipeline makes. */
function* neededBeforeMade(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const seen = new Set<ActionFacts>();
    for (const user of pipeline.actions) {
      const need = seen.has(user) ? undefined : needOf(analysis, user, pipeline);
      if (!need) continue;
      seen.add(user);
      const { maker, what, does } = need;
      const chain = analysis.clearest(pipeline);
      const [first, second] = [jobPattern(user, chain), jobPattern(maker, chain)];
      yield {
        message: `"${user.label}" ${does} ${what}, which only "${maker.label}" makes, ${maker.stage === user.stage ? "later in the stage" : `in the later stage "${maker.stageLabel}"`}`,
        at: user.keyAt,
        related: [{ at: maker.keyAt, message: `"${maker.label}" makes it` }],
        severity: "error",
        confidence: "high",
        schedule: [
          beginning(chain, pipeline),
          `"${user.label}" ${does} ${what}: it is not there, or is that of the last run`,
          `"${maker.label}" makes it`,
        ],
        why: "Stages run in the order in which they are written. The first run fails where nothing has been made yet; every later one works with what the run before has left.",
        url: awsDocumentation.structure,
        help: `Put "${maker.label}" before "${user.label}".`,
        claim: analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: first },
            { kind: "job-ended", job: second },
          ],
          { kind: "before", first, second },
        ),
      };
    }
  }
}

interface Need {
  readonly maker: ActionFacts;
  readonly does: string;
  readonly what: string;
}

function needOf(analysis: Analysis, user: ActionFacts, own: StagedPipeline): Need | undefined {
  const all = stagedPipelines(analysis.facts);
  const isMadeElsewhere = (makes: (action: ActionFacts) => boolean) =>
    all.some(({ actions }) => actions.some((action) => makes(action) && !analysis.before(user, action)));
  const later = own.actions.filter((action) => analysis.before(user, action));
  for (const name of user.imports) {
    const makes = ({ exports }: ActionFacts) => exports.includes(name);
    const maker = later.find(makes);
    if (!maker || isMadeElsewhere(makes)) continue;
    return { maker, does: "imports", what: `"${readableIdentity(name)}"` };
  }
  for (const access of user.accesses) {
    if (access.kind !== "resource" || access.mode === "read" || access.tool === "CloudFormation") continue;
    if (access.resource !== "bucket" && access.resource !== "function") continue;
    const name = identity(access.key);
    if (!name) continue;
    const wanted = access.resource === "bucket" ? bucketOf(name) : name;
    const makes = (action: ActionFacts) =>
      action.accesses.some(
        (made) =>
          made.kind === "resource" &&
          made.tool === "CloudFormation" &&
          made.resource === access.resource &&
          made.mode !== "read" &&
          identity(made.key) === wanted,
      );
    const maker = later.find(makes);
    if (!maker || isMadeElsewhere(makes)) continue;
    return { maker, does: "deploys to", what: `the ${access.resource} "${readable(access.key)}"` };
  }
  return undefined;
}

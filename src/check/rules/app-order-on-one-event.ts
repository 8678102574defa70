import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { type Analysis, besides, can, jobPattern } from "../analysis/analysis.ts";
import { startedTogether } from "../analysis/beside.ts";
import { type Effect, isDocumentation, isPreview, isTrial, lastingEffects } from "../analysis/effects.ts";
import { environmentKindOf } from "../analysis/environments.ts";
import { sharesFolder } from "../analysis/sources.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, sameKey } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const appOrderOnOneEvent: Rule = {
  id: "app-order-on-one-event",
  severity: "warning",
  kind: "race",
  title: "a deployment and the migration of its database start together",
  why: "Nothing says which of the two comes first. The new version meets the old tables, or the old version the new ones, for as long as the slower of the two takes; where the migration fails, for good.",
  url: documentation.trigger,
  *find(analysis) {
    const seen = new Set<string>();
    for (const migration of migrationsOf(analysis)) {
      for (const { pipeline, job } of analysis.work()) {
        const once = `${migration.job.id} ${pipeline.id}`;
        const effect = seen.has(once) || job === migration.job ? undefined : deploymentOf(job);
        if (!effect || !areOfOneProduct(analysis, migration.job, job)) continue;
        const chains = meeting(analysis, migration, { pipeline, job, effect });
        if (!chains) continue;
        seen.add(once);
        yield candidate(analysis, migration, { pipeline, job, effect }, chains);
      }
    }
  },
};

interface Migration {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly step: StepFacts;
  readonly tool: string;
}

function* migrationsOf(analysis: Analysis): Generator<Migration> {
  for (const { pipeline, job } of analysis.work()) {
    // Tests migrate a database of their own; a real one needs something to sign in with.
    if (isPreview(job) || isTrial(job) || (job.rights.secrets.length === 0 && !job.environment)) continue;
    if (!job.environment && !/migrat/i.test(`${pipeline.name} ${job.key} ${job.label}`)) continue;
    for (const step of job.steps) {
      const access = step.accesses.find(
        (each) => each.kind === "resource" && each.resource === "database" && each.mode !== "read",
      );
      if (!access) continue;
      yield { pipeline, job, step, tool: access.tool };
      break;
    }
  }
}

interface Deployment {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly effect: Effect;
}

const running = new Set(["service", "function", "machine", "stack"]);

function deploymentOf(job: JobFacts): Effect | undefined {
  return lastingEffects(job).find(
    (effect) =>
      effect.kind === "deploy" &&
      effect.confidence !== "low" &&
      effect.access !== undefined &&
      running.has(effect.access.resource) &&
      !isDocumentation(effect),
  );
}

/** In one environment, or in none that is told, and not in folders apart. */
function areOfOneProduct(analysis: Analysis, a: JobFacts, b: JobFacts): boolean {
  const [x, y] = [a.environment?.name, b.environment?.name];
  if (x && y ? !sameKey(x, y) : x !== y) return false;
  const [p, q] = [environmentKindOf(a), environmentKindOf(b)];
  return (p === undefined || q === undefined || p === q) && sharesFolder(analysis, a, b);
}

type Chains = readonly [TriggerChain, TriggerChain];

/** One push starts both, in one run or two, and neither waits for the other. */
function meeting(analysis: Analysis, a: Migration, b: Deployment): Chains | undefined {
  const waits = analysis.waitsOrAsks(a.job) || analysis.waitsOrAsks(b.job);
  if (waits || analysis.before(a.job, b.job) || analysis.before(b.job, a.job)) return undefined;
  const pair = startedTogether(analysis, [a.pipeline, b.pipeline]).find(
    ({ a: x, b: y }) =>
      x.root.kind === "push" &&
      can(analysis.stepRuns(a.job, a.step, x.circumstances)) &&
      // A common lock keeps them apart, and leaves open which comes first.
      can(analysis.effectRuns(b.job, y.circumstances)),
  );
  return pair && [pair.a, pair.b];
}

function candidate(analysis: Analysis, migration: Migration, app: Deployment, [a, b]: Chains): Candidate {
  const isOneRun = migration.pipeline === app.pipeline;
  const [x, y] = isOneRun ? [a, b] : besides(a, b);
  const [first, second] = [jobPattern(app.job, y), jobPattern(migration.job, x)];
  const [p, q] = [fileName(migration.pipeline.id), fileName(app.pipeline.id)];
  return {
    message: `"${jobName(app.job)}"${isOneRun ? "" : ` in ${q}`} deploys (${app.effect.tool}) while "${jobName(migration.job)}"${isOneRun ? "" : ` in ${p}`} still migrates the database (${migration.tool})`,
    at: app.effect.step?.at ?? app.job.keyAt,
    related: [
      { at: migration.step.at, message: `Migrates: "${jobName(migration.job)}"; nothing orders the two` },
      { at: a.start.at, message: `Starts on ${a.described}` },
    ],
    confidence: "medium",
    schedule: [
      isOneRun ? `${a.described} -> ${p} starts both` : `${a.described} -> ${p} starts; ${q} starts`,
      `"${jobName(app.job)}" deploys`,
      `"${jobName(migration.job)}" has not migrated yet, or fails`,
    ],
    help: isOneRun
      ? `Let "${app.job.path[0]}" need "${migration.job.path[0]}".`
      : `Make it one run: call the migration from ${q} and let "${app.job.path[0]}" need it, or start ${q} with workflow_run after "${migration.pipeline.name}" and a test of the conclusion.`,
    claim: analysis.claim(
      [x],
      [
        { kind: "job-ended", job: first },
        { kind: "job-ended", job: second },
      ],
      { kind: "before", first, second },
    ),
  };
}

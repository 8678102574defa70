import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { type Effect, effectsOf, isPreview } from "../analysis/effects.ts";
import { stageOf } from "../analysis/stages.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { neededBeforeMade } from "../staged/infra-vs-app-unordered.ts";

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
        const link = linkBetween(infra, app);
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
function linkBetween(infra: Change, app: Change): Link | undefined {
  const always = () => true;
  const [x, y] = [infra.job.environment?.name, app.job.environment?.name];
  if (x && y && showKey(x).toLowerCase() === showKey(y).toLowerCase()) {
    return { words: `both change the environment ${showKey(x)}`, holds: always };
  }
  const read = app.job.steps.find((step) =>
    step.accesses.some(
      (access) =>
        access.kind === "resource" &&
        access.mode === "read" &&
        (access.resource === "parameter" || access.resource === "terraform-state" || access.resource === "stack"),
    ),
  );
  if (read) {
    const [p, q] = [stageOf(infra.job), stageOf(app.job)];
    if (p && q && p !== q) return undefined;
    return { words: `the application reads what it makes ("${read.label}")`, holds: always };
  }
  return undefined;
}

import type { JobFacts, Lock } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { type Effect, effectsOf, isDocumentation, isPreview, isTrial } from "../analysis/effects.ts";
import { isUniquePerRun, locksOf, plain } from "../analysis/locks.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { replaceCancel } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

/** What is left half done when the machine is taken away in the middle. */
const halfDone = new Set(["terraform-state", "stack", "database", "service", "function", "bucket", "machine"]);

/** These put a finished version live in one moment, or ask a controller that goes on by itself; before it nothing has changed. */
const atOnce = /flux|argocd|wrangler|vercel|netlify|firebase|amplify|pages|surge|heroku/;

export const cancelInProgressOnDeploy: Rule = {
  id: "cancel-in-progress-on-deploy",
  severity: "error",
  kind: "wrong lock",
  title: "a newer push stops a deployment in the middle",
  why: "cancel-in-progress ends the running job where it is: half of the resources changed, a state lock left behind, a migration not finished.",
  url: documentation.concurrency,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      if (isPreview(job) || isTrial(job)) continue;
      const effects = effectsOf(job).filter(
        (each) =>
          each.kind !== "publish" &&
          !isTakenAway(each) &&
          !atOnce.test(each.tool) &&
          each.confidence !== "low" &&
          !isDocumentation(each) &&
          (each.access ? halfDone.has(each.access.resource) : false),
      );
      if (effects.length === 0) continue;
      for (const lock of locksOf(analysis, job)) {
        if (seen.has(lock.at)) continue;
        const chain = analysis.chains(pipeline).find(
          (each) =>
            each.root.kind !== "pull-request" &&
            (each.root.kind === "push" || effects.some((effect) => effect.confidence === "high")) &&
            lock.cancels(each.circumstances) === "yes" &&
            !isUniquePerRun(lock.groupUnder(each.circumstances)) &&
            // Keyed by what every run has for itself on this event.
            plain(lock.groupUnder(each.circumstances)) !== "" &&
            effects.some(
              ({ step }) => can(job.runs(each.circumstances)) && can(step?.runs(each.circumstances) ?? "yes"),
            ),
        );
        if (!chain) continue;
        const effect = effects.find(({ step }) => can(step?.runs(chain.circumstances) ?? "yes"))!;
        seen.add(lock.at);
        const edits = replaceCancel(lock.at);
        const again = { ...chain.root, id: "second", ...(chain.root.kind === "push" ? { commit: "c2" } : {}) };
        yield {
          message: `A newer run cancels "${jobName(job)}" in the middle of ${effect.tool}`,
          at: lock.at,
          related: effect.step ? [{ at: effect.step.at, message: `Here: ${effect.tool}` }] : [],
          confidence: "high",
          ...milder(effect, chain),
          schedule: [
            `${chain.described} -> ${fileName(pipeline.id)} starts; "${jobName(job)}" runs ${effect.tool}`,
            `${chain.described} again -> the group ${showKey(lock.group)} is asked for`,
            `"${jobName(job)}" is cancelled half way`,
          ],
          help: `Set \`cancel-in-progress: false\` for deployments, or make it true only for pull requests: \`\${{ github.event_name == 'pull_request' }}\`.`,
          ...(edits
            ? {
                edits,
                cause: {
                  of: effect.tool + milder(effect, chain).severity,
                  here: `Also here: "${jobName(job)}" in ${fileName(pipeline.id)}`,
                },
              }
            : {}),
          claim: {
            scenario: { ...analysis.scenario([chain]), events: [chain.root, again] },
            schedule: [
              { kind: "job-started", job: jobPattern(job, chain) },
              {
                kind: "job-started",
                job: { run: { pipeline: pipeline.id, event: "second" }, path: job.path },
              },
            ],
            bad: {
              kind: "cancelled",
              run: { pipeline: pipeline.id, event: chain.root.id },
              ...(lock.scope === "job" ? { path: holderPath(analysis, job, lock) } : {}),
            },
          },
        };
      }
    }
  },
};

/** What is asked of these, the service goes on with by itself. */
const inService =
  /cloudformation|aws-cdk|arm-deploy|bicep|^(?:cdk|sam|serverless|sls|osls|copilot|azd?|gcloud|ampx?|amplify)\b/;

/** Where less is lost than a half-applied change. */
function milder({ access, tool }: Effect, { root }: TriggerChain): Pick<Candidate, "severity" | "why"> {
  // Files of a site are complete again with the next run.
  if (access?.resource === "bucket") return { severity: "warning" };
  if (access?.resource !== "stack" || !inService.test(tool)) return {};
  return {
    // Who starts it again by hand sees what becomes of it.
    severity: root.kind === "dispatch" ? "note" : "warning",
    why: "cancel-in-progress ends the job, but the service goes on with the change that it was asked for. The newer run meets it half done and is refused, or changes the rest of it at the same time.",
  };
}

/** The job that asks for the lock: this one, or a caller of it. */
function holderPath(analysis: Analysis, job: JobFacts, lock: Lock): readonly string[] {
  for (let at: JobFacts | undefined = job; at; at = at.caller ? analysis.facts.job(at.caller) : undefined) {
    if (at.locks.includes(lock)) return at.path;
  }
  return job.path;
}

/** To delete a workload is one request, and the next run makes it again. */
function isTakenAway({ kind, access }: Effect): boolean {
  return kind === "destroy" && (access?.resource === "service" || access?.resource === "function");
}

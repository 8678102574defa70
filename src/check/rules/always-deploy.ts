import type { Conclusion, JobFacts } from "../../facts/facts.ts";
import { type ActionFacts, type PhaseFacts, stagedPipelines } from "../../facts/stages.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import {
  type Effect,
  lastingAccess,
  lastingEffects,
  reportsOrCleans,
  runsTests,
  testsCode,
} from "../analysis/effects.ts";
import { beginning, type TriggerChain, withResults } from "../analysis/trigger-chains.ts";
import { expression, jobName } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const alwaysDeploy: Rule = {
  id: "always-deploy",
  severity: "error",
  kind: "missing gate",
  title: "deployment runs although a job it needs failed",
  why: "`always()`, `!cancelled()` and the like switch off the rule that a job runs only when all it needs succeeded. Without a test of the results, failed tests deploy.",
  url: documentation.expressions,
  *find(analysis) {
    yield* deployedAfterFailedTests(analysis);
    for (const { pipeline, job } of analysis.work()) {
      const effects = lastingEffects(job);
      if (effects.length === 0 || reportsOrCleans(job)) continue;
      const hit = firstHit(analysis, analysis.chains(pipeline), job, effects);
      if (!hit) continue;
      const { failed, chain, effect } = hit;
      const carrier = carrierOf(analysis, job);
      const claim = analysis.claim(
        [chain],
        [
          { kind: "job-ended", job: jobPattern(failed, chain), conclusion: "failure" },
          { kind: "job-started", job: jobPattern(job, chain) },
        ],
        { kind: "runs-after", job: jobPattern(failed, chain), follower: jobPattern(job, chain) },
        [{ job: jobPattern(failed, chain), outcome: "failure" }],
      );
      yield {
        message: `"${jobName(job)}" ${effect.kind === "publish" ? "publishes" : "deploys"} also when "${jobName(failed)}" failed: its condition replaces the implicit success()`,
        at: carrier.condition?.at ?? job.keyAt,
        related: [
          { at: failed.keyAt, message: `"${jobName(failed)}" comes before it and may fail` },
          ...(effect.step ? [{ at: effect.step.at, message: `Here: ${effect.tool}` }] : []),
        ],
        confidence: testsCode(failed) ? "high" : "medium",
        schedule: [`${chain.described} -> "${jobName(failed)}" fails`, `"${jobName(job)}" runs all the same`],
        help: helpFor(analysis, carrier, failed),
        claim,
      };
    }
  },
};

/** Results can be asked of direct needs alone: of the job that calls what failed, and not at all of what comes before those. */
function helpFor(analysis: Analysis, carrier: JobFacts, failed: JobFacts): string {
  let need: JobFacts | undefined = failed;
  while (need && !carrier.needs.includes(need.id)) need = need.caller ? analysis.facts.job(need.caller) : undefined;
  // Without the delimiters `!` begins a tag of YAML, and GitHub refuses the file.
  const condition = `\`${expression("!failure() && !cancelled()")}\``;
  return need
    ? `Test the result: \`always() && needs.${need.key}.result == 'success'\`, or ${condition}.`
    : `Let everything before it count: ${condition}.`;
}

interface Hit {
  readonly failed: JobFacts;
  readonly chain: TriggerChain;
  readonly effect: Effect;
}

function firstHit(
  analysis: Analysis,
  chains: readonly TriggerChain[],
  job: JobFacts,
  effects: readonly Effect[],
): Hit | undefined {
  const gates = analysis
    .jobsBefore(job)
    .filter((each) => each.kind !== "call" && !reportsOrCleans(each) && each.failureIgnored?.value !== "yes")
    .sort((a, b) => Number(testsCode(b)) - Number(testsCode(a)));
  for (const failed of gates) {
    // Deploying one thing although another was not deployed is a choice; deploying untested or unbuilt code is not.
    if (!testsCode(failed) && !isDirectNeed(analysis, failed, job)) continue;
    for (const chain of chains) {
      if (!can(failed.runs(chain.circumstances)) || !can(analysis.effectRuns(job, chain.circumstances))) continue;
      const results = new Map<string, Conclusion>([[failed.id, "failure"]]);
      const { circumstances } = withResults(chain, results);
      const effect = effects.find(
        ({ step }) => can(job.runs(circumstances)) && can(step?.runs(circumstances) ?? "yes"),
      );
      if (effect && !recordsResult(job, failed)) return { failed, chain, effect };
    }
  }
  return undefined;
}

/** Whoever is handed how the tests ended, and runs however they did, writes that down. */
function recordsResult(job: JobFacts, failed: JobFacts): boolean {
  const asked = new RegExp(`needs\\.(?:${failed.path[0]}|${failed.key}|\\*)\\.result|toJSON\\(needs\\)`, "i");
  return job.steps.some(({ text }) => asked.test(text));
}

/** Needed by name, and the condition does not pick other results to look at. */
function isDirectNeed(analysis: Analysis, failed: JobFacts, job: JobFacts): boolean {
  const carrier = carrierOf(analysis, job);
  const looksAtSome = carrier.condition?.reads.some((path) => /^needs\.[\w-]+\.(result|outputs)/.test(path));
  return carrier.needs.includes(failed.id) && !looksAtSome && lastingEffects(failed).length === 0;
}

/** The job or caller whose condition switches success() off. */
function carrierOf(analysis: Analysis, job: JobFacts): JobFacts {
  for (let at: JobFacts | undefined = job; at; at = at.caller ? analysis.facts.job(at.caller) : undefined) {
    if (at.condition?.overridesSuccess) return at;
  }
  return job;
}

/** A build whose last phase deploys, which runs also when the tests in the phase before have failed. */
function* deployedAfterFailedTests(analysis: Analysis): Generator<Candidate> {
  const seen = new Set<string>();
  for (const pipeline of stagedPipelines(analysis.facts)) {
    for (const action of pipeline.actions) {
      const hit = phasesOf(action);
      if (!hit) continue;
      const { failed, late } = hit;
      const [test, deployment] = [action.phases[failed]!, action.phases[late]!];
      const effect = lastingAccess(action, deployment)!;
      // Several actions may run one buildspec.
      const place = `${effect.at.source.path}:${effect.at.start}`;
      if (seen.has(place)) continue;
      seen.add(place);
      const does = effect.effect === "publish" ? "publishes" : "deploys";
      const chain = analysis.clearest(pipeline);
      const job = jobPattern(action, chain);
      const failure = { job, step: failed, outcome: "failure" } as const;
      yield {
        message: `"${action.label}" ${does} (${effect.tool}) in ${deployment.label} also when the tests in ${test.label} failed`,
        at: effect.at,
        related: [{ at: testsAt(test), message: "The tests are here" }],
        confidence: "high",
        schedule: [
          beginning(chain, pipeline),
          `"${action.label}": the tests in ${test.label} fail`,
          `${deployment.label} runs all the same: ${effect.tool} ${does}`,
          "the action fails, when it is too late",
        ],
        why: "CodeBuild goes on to post_build after a build phase that has failed, and to a `finally` block after any. What is done there is done after failed tests, too.",
        url: awsDocumentation.phases,
        help: `Deploy in a later action or stage, which a failed build keeps from starting; or put \`on-failure: ABORT\` into ${test.label}; or begin ${deployment.label} with \`test "$CODEBUILD_BUILD_SUCCEEDING" = 1\`.`,
        claim: analysis.claim(
          [chain],
          [
            { kind: "step", job, step: failed, outcome: "failure" },
            { kind: "step", job, step: late },
          ],
          { kind: "runs-after-step", job, failed, follower: job, step: late },
          [failure],
        ),
      };
    }
  }
}

/** The phase with the tests, and the one that deploys although they have failed. */
function phasesOf(action: ActionFacts): { readonly failed: number; readonly late: number } | undefined {
  const { phases } = action;
  for (const [late, phase] of phases.entries()) {
    const { afterFailure, text } = phase;
    if (!afterFailure || !lastingAccess(action, phase) || text.includes("CODEBUILD_BUILD_SUCCEEDING")) continue;
    const failed = late - 1 - Number(phases[late - 1]?.label.endsWith("finally") ?? false);
    if (failed >= 0 && gates(phases[failed]!)) return { failed, late };
  }
  return undefined;
}

/** Scans that end with an error where they find something. */
const scan =
  /^\s*(?:npx\s+|poetry run\s+)?(?:checkov|tfsec|tflint|cfn_nag(?:_scan)?|cfn-lint|bandit)\b|\btrivy\b[^\n]*--exit-code[= ][1-9]/m;

/** What runs in it is to keep bad code from going on. */
function gates({ text, texts }: PhaseFacts): boolean {
  return (runsTests(text) || scan.test(text)) && !texts.some((each) => isTest(each.text) && isForgiven(each.text));
}

function isTest(text: string): boolean {
  return runsTests(text) || scan.test(text);
}

function isForgiven(text: string): boolean {
  return /\|\|\s*(?:true|:|echo|exit 0)/.test(text);
}

function testsAt({ texts, at }: PhaseFacts) {
  return texts.find(({ text }) => isTest(text))?.at ?? at;
}

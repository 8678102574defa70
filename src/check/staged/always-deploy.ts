import type { ActionFacts, PhaseFacts } from "../../facts/stages.ts";
import { stagedPipelines } from "../../facts/stages.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { runsTests } from "../analysis/effects.ts";
import { lastingEffect } from "../analysis/staged-parts.ts";
import { beginning } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A build whose last phase deploys, which runs also when the tests in the phase before have failed. */
export function* deployedAfterFailedTests(analysis: Analysis): Generator<Candidate> {
  const seen = new Set<string>();
  for (const pipeline of stagedPipelines(analysis.facts)) {
    for (const action of pipeline.actions) {
      const hit = phasesOf(action);
      if (!hit) continue;
      const { failed, late } = hit;
      const [test, deployment] = [action.phases[failed]!, action.phases[late]!];
      const effect = lastingEffect(deployment)!;
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
function phasesOf({ phases }: ActionFacts): { readonly failed: number; readonly late: number } | undefined {
  for (const [late, { afterFailure, text, accesses }] of phases.entries()) {
    if (!afterFailure || !lastingEffect({ accesses }) || text.includes("CODEBUILD_BUILD_SUCCEEDING")) continue;
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

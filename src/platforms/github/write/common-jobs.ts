/** Jobs that every layout has: somebody is asked, and one check tells how all ended. */

import type { Environment } from "../../../model/delivery.ts";
import { computed } from "./computed.ts";
import type { StepsJobDocument } from "./document.ts";
import { literal } from "./expressions.ts";
import { approvalEnvironment } from "./names.ts";
import type { WriteOptions } from "./options.ts";

/** `comment` goes on after "Waits for a reviewer of the GitHub environment NAME,". */
export function approvalJob(
  { name, approval }: Environment,
  { runsOn }: WriteOptions,
  given: { comment: string; commit: string } & Pick<StepsJobDocument, "needs" | "if">,
): StepsJobDocument {
  const { comment, commit, ...order } = given;
  return {
    kind: "steps",
    comment: [`Waits for a reviewer of the GitHub environment ${approvalEnvironment(name)}, ${comment}.`],
    name: `Approve ${name}`,
    ...order,
    permissions: { actions: "read" },
    runsOn: runsOn ?? "ubuntu-24.04",
    environment: approvalEnvironment(name),
    timeoutMinutes: 5,
    steps: [
      {
        // GitHub makes an environment that is not there, and asks nobody on plans that have no reviewers.
        name: "Fail where nobody was asked",
        env: { GH_TOKEN: computed("github.token"), GATE: approvalEnvironment(name) },
        run: [
          'asked="" said=$RUNNER_TEMP/said',
          "for seconds in 2 8 18 32 0; do",
          `  if asked=$(gh api "repos/$GITHUB_REPOSITORY/environments/$GATE" --jq '[.protection_rules[] | select(.type == "required_reviewers").reviewers[]] | length' 2> "$said"); then break; fi`,
          '  asked=""',
          '  cat "$said" >&2',
          // Never set up: that is an answer.
          `  if grep -q 'HTTP 404' "$said"; then asked=0; break; fi`,
          '  if [ "$seconds" -gt 0 ]; then sleep "$seconds"; fi',
          "done",
          // An empty answer is no number either.
          "if ! [[ $asked =~ ^[0-9]+$ ]]; then",
          '  echo "::error title=GitHub does not answer::GitHub does not say whom the environment $GATE asks, so nothing is taken for approved. Re-run this job later."',
          "  exit 1",
          "fi",
          'if [ "$asked" -eq 0 ]; then',
          '  echo "::error title=No reviewers::The environment $GATE asks nobody, so nobody has approved this. baton doctor --on github says how to set it up."',
          "  exit 1",
          "fi",
          "",
        ].join("\n"),
      },
      {
        name: "Say what was approved",
        env: { MESSAGE: literal(approval?.message ?? `Deploy to ${name}`), COMMIT: computed(commit) },
        run: 'echo "$MESSAGE: approved for $COMMIT" | tee -a "$GITHUB_STEP_SUMMARY"',
      },
    ],
  };
}

export function summaryJob(
  { runsOn }: WriteOptions,
  given: { comment: string } & Pick<StepsJobDocument, "needs" | "if">,
): StepsJobDocument {
  const { comment, ...order } = given;
  return {
    kind: "steps",
    comment: [comment],
    name: "Summary",
    ...order,
    permissions: {},
    runsOn: runsOn ?? "ubuntu-24.04",
    timeoutMinutes: 5,
    steps: [
      {
        env: { BAD: computed("contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled')") },
        run: 'test "$BAD" = false',
      },
    ],
  };
}

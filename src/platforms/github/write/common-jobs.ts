/** Jobs that every layout has: somebody is asked, and one check tells how all ended. */

import type { Delivery, Environment } from "../../../model/delivery.ts";
import { localAction } from "./actions.ts";
import { programCheckout } from "./checkouts.ts";
import { computed } from "./computed.ts";
import { admittedTo } from "./deployments.ts";
import type { ConcurrencyGroup, StepsJobDocument } from "./document.ts";
import { literal } from "./expressions.ts";
import { usualMachine } from "./machine.ts";
import { approvalEnvironment } from "./names.ts";
import type { WriteOptions } from "./options.ts";

/** `comment` goes on after "Waits for a reviewer of the GitHub environment NAME,". */
export function approvalJob(
  { name, approval }: Environment,
  { delivery, options }: { delivery: Delivery; options: WriteOptions },
  given: { comment: string; commit: string } & Pick<StepsJobDocument, "needs" | "if">,
): StepsJobDocument {
  const { comment, commit, ...order } = given;
  const gate = approvalEnvironment(name);
  const message = literal(approval?.message ?? `Deploy to ${name}`);
  return {
    kind: "steps",
    comment: [`Waits for a reviewer of the GitHub environment ${gate}, ${comment}.`],
    name: `Approve ${name}`,
    ...order,
    permissions: { actions: "read", contents: "read" },
    runsOn: usualMachine(options),
    environment: admittedTo(gate, options),
    timeoutMinutes: 5,
    steps: [
      programCheckout(),
      { uses: localAction(delivery, "approve"), with: { gate, commit: computed(commit), message } },
    ],
  };
}

/**
 * Of a pull request only the newest commit matters: what goes on for older ones is cancelled. Everything else has a group of its own.
 * `what`: the part of the delivery's files that is meant, where it is not all of a run.
 */
export function newestOfPull(delivery: Delivery, what?: string): ConcurrencyGroup {
  const number = computed("github.event.pull_request.number || github.run_id");
  return {
    group: `${delivery.name}-${number}${what === undefined ? "" : `-${what}`}`,
    cancelInProgress: "github.event_name == 'pull_request'",
  };
}

/** Pipelines whose builds have something to tell on a pull request. */
export function reporting({ pipelines }: Pick<Delivery, "pipelines">): string[] {
  return pipelines.flatMap(({ name, triggers, jobs }) =>
    triggers.pullRequests && Object.values(jobs).some(({ per, report }) => per === "release" && report !== undefined)
      ? [name]
      : [],
  );
}

/** Apart from the team's own jobs, whose code may not write on pull requests. Those of forks and of Dependabot have no rights to. */
export function commentJob(
  delivery: Delivery,
  options: WriteOptions,
  { needs, pipeline }: { needs: readonly string[]; pipeline?: string },
): StepsJobDocument {
  return {
    kind: "steps",
    comment: ["One comment, kept up to date: what the jobs of this run report."],
    name: "Comment on the pull request",
    needs,
    if: "!cancelled() && github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository && github.actor != 'dependabot[bot]'",
    permissions: { contents: "read", "pull-requests": "write" },
    runsOn: usualMachine(options),
    timeoutMinutes: 10,
    steps: [
      programCheckout(),
      { uses: localAction(delivery, "comment"), ...(pipeline !== undefined && { with: { pipeline } }) },
    ],
  };
}

/** The check to require. Rules know checks by their names alone, so no two workflows of a repository may have one of the same. */
export const summaryName = (workflow: string) => `Summary of ${workflow}`;

/** `of`: the name of the workflow. */
export function summaryJob(
  options: WriteOptions,
  given: { of: string; comment: string } & Pick<StepsJobDocument, "needs" | "if">,
): StepsJobDocument {
  const { of, comment, ...order } = given;
  return {
    kind: "steps",
    comment: [comment],
    name: summaryName(of),
    ...order,
    permissions: {},
    runsOn: usualMachine(options),
    timeoutMinutes: 5,
    steps: [
      {
        env: { BAD: computed("contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled')") },
        run: 'test "$BAD" = false',
        shell: "any",
      },
    ],
  };
}

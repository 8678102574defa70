/**
 * Layout `chained`: one workflow for each pipeline, the last job of which starts the next; outputs through Parameter Store.
 *
 *     push ─> infra ──starts──> web           every push starts the first one, which decides by path inside, so that
 *                                             the chain always goes on; a commit of web alone is deployed as well
 *
 * What makes it safe: the later run is of the same branch, and is handed the commit, the event and the parameters of the chain;
 * only a success goes on; all workflows share the lock of the environment and its record; where a newer commit is deployed
 * already, an older one leaves the rest to it.
 */

import type { Delivery, Pipeline } from "../../../../model/delivery.ts";
import { inOrder } from "../../../../order/topological.ts";
import { CannotWrite } from "../../../generated.ts";
import { localAction } from "../actions.ts";
import { historyCheckout } from "../checkouts.ts";
import { commentJob, reporting, summaryJob } from "../common-jobs.ts";
import { computed } from "../computed.ts";
import type { JobDocument, StepsJobDocument, WorkflowDocument } from "../document.ts";
import { withReadOutputs } from "../environment-jobs.ts";
import { workflowHeader } from "../header.ts";
import { usualMachine } from "../machine.ts";
import { ArtifactNames, folder, Ids, lockGroup } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { branchesThatStart, dispatchInputs } from "../orchestrated/entry.ts";
import { pipelineJobs } from "./jobs.ts";
import type { Link } from "./link.ts";

export function chained(delivery: Delivery, options: WriteOptions): WorkflowDocument[] {
  const table = branchTable(delivery);
  const artifactNames = new ArtifactNames(delivery);
  const chains = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, chainBefore(delivery, pipeline)]));
  return inOrder(delivery.pipelines, ({ needs }) => needs).map((pipeline) => {
    const ids = new Ids(Object.keys(pipeline.jobs));
    const plan = ids.claim("plan");
    const link: Link = {
      delivery,
      options,
      pipeline,
      before: chains.get(pipeline.name)!,
      next: delivery.pipelines.filter(({ name }) => chains.get(name)!.at(-1) === pipeline),
      artifactNames,
      ids,
      plan,
      environment: `needs.${plan}.outputs.environment`,
      place: `fromJSON('${JSON.stringify(table)}')[github.ref_name]`,
    };
    return writeLink(link);
  });
}

/** The environment is told by the branch alone, so that every run of a chain means the same one. */
function branchTable({ environments }: Delivery): Record<string, string> {
  const table: Record<string, string> = {};
  for (const { name, branch, after, approval } of environments) {
    if (after.length > 0 || approval !== undefined) {
      throw new CannotWrite(
        `${name} comes after another environment or has to be approved; the layout chained deploys what is pushed to a branch`,
        "use the layout orchestrated for promotion",
        ["environments", name, after.length > 0 ? "after" : "approval"],
      );
    }
    if (branch === undefined || !/^[\w./-]+$/.test(branch) || Object.hasOwn(table, branch)) {
      throw new CannotWrite(
        `${name} has ${branch === undefined ? "no branch" : `the branch ${branch}`}; in the layout chained every environment has one branch of its own, by its full name`,
        "give it one, or use the layout orchestrated",
        ["environments", name, "branch"],
      );
    }
    table[branch] = name;
  }
  return table;
}

function chainBefore(delivery: Delivery, pipeline: Pipeline): Pipeline[] {
  const named = new Map(delivery.pipelines.map((one) => [one.name, one]));
  const upstream = (name: string): Set<string> => {
    const all = new Set(named.get(name)!.needs);
    for (const need of all) for (const further of named.get(need)!.needs) all.add(further);
    return all;
  };
  const chain: Pipeline[] = [];
  for (let here = pipeline; here.needs.length > 0; ) {
    const direct = here.needs.filter(
      (need) => !here.needs.some((other) => other !== need && upstream(other).has(need)),
    );
    if (direct.length > 1) {
      throw new CannotWrite(
        `${here.name} needs ${direct.join(" and ")}, none of which comes before the other: a workflow that follows both would start twice`,
        "use the layout orchestrated, or let one need the other",
        ["pipelines", here.name, "needs"],
      );
    }
    here = named.get(direct[0]!)!;
    chain.unshift(here);
  }
  return chain;
}

/** What the workflow before hands on; empty for a run that somebody starts. */
const chainInputs = {
  chain_commit: { description: "Leave empty: the commit of the chain", type: "string", default: "" },
  chain_event: { description: "Leave empty: what started the chain", type: "string", default: "" },
} as const;

function writeLink(link: Link): WorkflowDocument {
  const { delivery, options, pipeline, before, place } = link;
  const parent = before.at(-1);
  const { environment: _environment, rollback_to: _rollback, ...inputs } = dispatchInputs(delivery);
  const jobs = pipelineJobs(link);
  const all = [link.plan, ...Object.keys(jobs)];
  const { schedules } = pipeline.triggers;
  const told = reporting({ pipelines: [pipeline] }).length === 0 ? [] : Object.keys(pipeline.jobs);
  return {
    file: `${folder}/${pipeline.name}.yml`,
    header: workflowHeader(delivery, options, [
      parent === undefined
        ? `${pipeline.name}: starts with every push, and leaves out inside what has not changed, so that the chain always goes on.`
        : `${pipeline.name}: started by ${parent.name} when that has ended well, for the commit that it deployed.`,
      ...(pipeline.description === undefined ? [] : [pipeline.description]),
    ]),
    name: pipeline.name,
    on: {
      ...(parent === undefined && { push: { branches: branchesThatStart(delivery) } }),
      ...(pipeline.triggers.pullRequests && { pullRequest: {}, mergeGroup: {} }),
      ...(schedules.length > 0 && { schedules }),
      dispatch: {
        inputs: {
          ...(parent === undefined
            ? {
                go_back_to: {
                  description: "An earlier commit of this branch to deploy again. Empty: the newest",
                  type: "string" as const,
                  default: "",
                },
              }
            : chainInputs),
          ...inputs,
        },
      },
    },
    // One deployment at a time in an environment, whichever pipeline; pull requests are on their own.
    concurrency: { group: lockGroup(delivery, computed(`${place} || github.run_id`)) },
    jobs: withReadOutputs(
      {
        [link.plan]: planJob(link),
        ...jobs,
        ...(told.length > 0 && {
          [link.ids.claim("comment")]: commentJob(delivery, options, { needs: told, pipeline: pipeline.name }),
        }),
        [link.ids.claim("summary")]: summary(link, all),
      },
      link.plan,
    ),
  };
}

function planJob({ delivery, options, pipeline }: Link): StepsJobDocument {
  return {
    kind: "steps",
    name: "Plan",
    permissions: { actions: "read", contents: "read" },
    runsOn: usualMachine(options),
    timeoutMinutes: 30,
    outputs: Object.fromEntries(
      ["decision", "environment", "commit", "event", "branch", "force", "parameters", "handed"].map((name) => [
        name,
        computed(`steps.plan.outputs.${name}`),
      ]),
    ),
    steps: [historyCheckout(), { id: "plan", uses: localAction(delivery, "plan"), with: { pipeline: pipeline.name } }],
  };
}

function summary({ options, pipeline }: Link, all: readonly string[]): JobDocument {
  return summaryJob(options, {
    of: pipeline.name,
    comment: pipeline.triggers.pullRequests
      ? "Require this check on GitHub: a job that was left out is no failure."
      : "What became of the whole run. It is no check to require: pull requests do not start this workflow.",
    needs: all,
    if: "always()",
  });
}

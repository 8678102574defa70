/**
 * Layout `chained`: one workflow for each pipeline, joined by `workflow_run`; outputs through Parameter Store.
 *
 *     push ─> infra ──completed──> web        every push starts the first one, which decides by path inside, so that
 *                                             the chain always goes on; a commit of web alone is deployed as well
 *
 * What makes it safe: the later run takes commit, event and versions of parameters from artifacts of the very run whose end
 * started it; only a success goes on; all workflows share the lock of the environment; a run that finds a newer chain under
 * way leaves the rest to it.
 */

import type { Delivery, Pipeline } from "../../../../model/delivery.ts";
import { inOrder } from "../../../../order/topological.ts";
import { CannotWrite } from "../../../generated.ts";
import { summaryJob } from "../common-jobs.ts";
import { computed } from "../computed.ts";
import type { JobDocument, StepsJobDocument, WorkflowDocument } from "../document.ts";
import { workflowHeader } from "../header.ts";
import { ArtifactNames, folder, Ids } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { branchesOf, dispatchInputs, parameterExpression } from "../orchestrated/entry.ts";
import { pinnedActions } from "../pinned-actions.ts";
import { chainedPlanScript } from "../scripts/chained-plan.ts";
import { pipelineRows, rowsText } from "../scripts/rows.ts";
import { pipelineJobs } from "./jobs.ts";
import type { Link } from "./link.ts";

/** GitHub starts at most this many runs one after the other. */
const longestChain = 4;

export function chained(delivery: Delivery, options: WriteOptions): WorkflowDocument[] {
  const table = branchTable(delivery);
  const environment = `fromJSON('${JSON.stringify(table)}')[github.event.workflow_run.head_branch || github.ref_name]`;
  const artifactNames = new ArtifactNames(delivery);
  const rows = new Map(pipelineRows(delivery).map((row) => [row.name, row]));
  return inOrder(delivery.pipelines, ({ needs }) => needs).map((pipeline) => {
    const before = chainBefore(delivery, pipeline);
    const ids = new Ids(Object.keys(pipeline.jobs));
    const link: Link = {
      delivery,
      options,
      pipeline,
      before,
      rows: [...before, pipeline].map(({ name }) => rows.get(name)!),
      artifactNames,
      ids,
      plan: ids.claim("plan"),
      environment,
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
  if (chain.length >= longestChain) {
    throw new CannotWrite(
      `${pipeline.name} is number ${chain.length + 1} in its chain (${chain.map(({ name }) => name).join(" -> ")}); GitHub stops after ${longestChain}`,
      "use the layout orchestrated",
      ["pipelines", pipeline.name, "needs"],
    );
  }
  return chain;
}

const guard =
  "github.event_name != 'workflow_run' || (github.event.workflow_run.conclusion == 'success' && " +
  "github.event.workflow_run.event != 'pull_request' && github.event.workflow_run.head_repository.full_name == github.repository)";

function writeLink(link: Link): WorkflowDocument {
  const { delivery, options, pipeline, before, environment } = link;
  const parent = before.at(-1);
  const { environment: _environment, rollback_to: _rollback, ...inputs } = dispatchInputs(delivery);
  const jobs = pipelineJobs(link);
  const all = [link.plan, ...Object.keys(jobs)];
  const { schedules } = pipeline.triggers;
  return {
    file: `${folder}/${pipeline.name}.yml`,
    header: workflowHeader(delivery, options, [
      parent === undefined
        ? `${pipeline.name}: starts with every push; what has not changed is left out inside, so that the chain always goes on.`
        : `${pipeline.name}: starts when ${parent.name} has ended well, for the commit that ${parent.name} deployed.`,
      ...(pipeline.description === undefined ? [] : [pipeline.description]),
    ]),
    name: pipeline.name,
    on: {
      ...(parent === undefined && { push: { branches: branchesOf(delivery) } }),
      ...(pipeline.triggers.pullRequests && { pullRequest: {} }),
      ...(parent !== undefined && {
        workflowRun: { workflows: [parent.name], branches: branchesOf(delivery) },
      }),
      ...(schedules.length > 0 && { schedules }),
      dispatch: {
        inputs: {
          ...(parent === undefined && {
            go_back_to: {
              description: "An earlier commit of this branch to deploy again. Empty: the newest",
              type: "string" as const,
              default: "",
            },
          }),
          ...inputs,
        },
      },
    },
    // One deployment at a time in an environment, whichever pipeline; pull requests are on their own.
    concurrency: { group: `deploy-${delivery.name}-${computed(`${environment} || github.run_id`)}` },
    jobs: {
      [link.plan]: planJob(link),
      ...jobs,
      [link.ids.claim("summary")]: summary(link, all),
    },
  };
}

function planJob({ delivery, options, pipeline, before, environment, rows }: Link): StepsJobDocument {
  const isFirst = before.length === 0;
  const parameters = Object.keys(delivery.parameters);
  const mark = `${environment}`;
  const upload = (name: string, path: string) => ({
    uses: pinnedActions.uploadArtifact,
    with: { name, path: `${computed("runner.temp")}/${path}`, overwrite: true, "retention-days": 90 },
  });
  return {
    kind: "steps",
    name: "Plan",
    ...(!isFirst && { if: guard }),
    permissions: { actions: "read", contents: "read" },
    runsOn: options.runsOn ?? "ubuntu-24.04",
    timeoutMinutes: 15,
    outputs: Object.fromEntries(
      ["decision", "commit", "event", "handed"].map((name) => [name, computed(`steps.plan.outputs.${name}`)]),
    ),
    steps: [
      {
        name: "Check out all history",
        uses: pinnedActions.checkout,
        with: {
          ref: computed("github.event.workflow_run.head_sha || github.sha"),
          "fetch-depth": 0,
          "persist-credentials": false,
        },
      },
      {
        id: "plan",
        name: "Find out what has changed since it was deployed",
        env: {
          GH_TOKEN: computed("github.token"),
          PIPELINE: pipeline.name,
          ROOT: (before[0] ?? pipeline).name,
          ENVIRONMENT: computed(environment),
          COMMIT: computed("github.event.workflow_run.head_sha || github.sha"),
          GO_BACK_TO: isFirst ? computed("inputs.go_back_to") : "",
          UPSTREAM_RUN: isFirst ? "" : computed("github.event.workflow_run.id"),
          EVENT: computed(
            "github.event_name == 'workflow_dispatch' && 'manual' || github.event_name == 'pull_request' && 'pull-request' || github.event_name",
          ),
          BRANCH: computed("github.event.workflow_run.head_branch || github.base_ref || github.ref_name"),
          SCHEDULE: computed("github.event.schedule"),
          FORCE: computed("inputs.force || false"),
          PARAMETERS:
            parameters.length === 0
              ? "{}"
              : `{${parameters.map((name) => `"${name}": ${computed(`toJSON(${parameterExpression(delivery, name)})`)}`).join(", ")}}`,
          PIPELINES: rowsText(rows),
        },
        run: chainedPlanScript({
          handsOverArtifacts: rows.some(({ artifacts = [] }) => artifacts.some(({ taken }) => taken)),
        }),
      },
      {
        name: "Leave a mark that this run has begun to deploy",
        if: "github.event_name != 'pull_request' && steps.plan.outputs.decision == 'run'",
        ...upload(`started-${computed(mark)}-${pipeline.name}`, "started"),
      },
      ...(isFirst
        ? [
            {
              name: "Leave a mark that a newer chain is under way",
              if: "github.event_name != 'pull_request'",
              ...upload(`chain-${computed(mark)}-${pipeline.name}`, "started"),
            },
          ]
        : []),
      {
        name: "Hand the commit on to the run that follows",
        if: "github.event_name != 'pull_request'",
        ...upload("handoff", "handoff"),
      },
    ],
  };
}

function summary({ options, before, plan }: Link, all: readonly string[]): JobDocument {
  return summaryJob(options, {
    comment: "Require this check on GitHub: it reports always, and a job that was left out is no failure.",
    needs: all,
    if: before.length === 0 ? "always()" : `always() && needs.${plan}.result != 'skipped'`,
  });
}

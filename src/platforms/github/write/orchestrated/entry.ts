/** The workflow that events start: plan, build once, go through the environments, and say in one check how it ended. */

import type { Delivery, Environment } from "../../../../model/delivery.ts";
import { inOrder } from "../../../../order/topological.ts";
import { CannotWrite } from "../../../generated.ts";
import { approvalJob, summaryJob } from "../common-jobs.ts";
import { computed } from "../computed.ts";
import { type Input, type JobDocument, unitePermissions, type WorkflowDocument } from "../document.ts";
import { text } from "../expressions.ts";
import { workflowHeader } from "../header.ts";
import { digestOutput, Ids, lockGroup, parameterInput, resultInput } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { pinnedActions } from "../pinned-actions.ts";
import type { PipelinePart, Want } from "../pipeline-part.ts";
import { entryPlanScript } from "../scripts/entry-plan.ts";
import { environmentRows, pipelineRows, rowsText } from "../scripts/rows.ts";
import type { EnvironmentWorkflow } from "./environment-workflow.ts";

export interface EntryOptions {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  readonly release: ReadonlyMap<string, PipelinePart>;
  readonly environment: EnvironmentWorkflow;
  readonly file: string;
}

interface EntryIds {
  readonly plan: string;
  readonly release: ReadonlyMap<string, string>;
  readonly environments: ReadonlyMap<string, string>;
  readonly approvals: ReadonlyMap<string, string>;
  readonly summary: string;
}

const event = "inputs.rollback_to != '' && 'rollback' || ";
const plainEvent =
  "github.event_name == 'workflow_dispatch' && 'manual' || github.event_name == 'pull_request' && 'pull-request' || github.event_name";
const eventExpression = `${event}${plainEvent}`;
const commitExpression = "github.sha";

export function writeEntry(entry: EntryOptions): WorkflowDocument {
  const { delivery, options, file } = entry;
  const ids = idsOf(entry);
  const schedules = [...new Set(delivery.pipelines.flatMap(({ triggers }) => triggers.schedules))];
  const branches = branchesOf(delivery);
  const pullRequests = delivery.pipelines.some(({ triggers }) => triggers.pullRequests) && entry.release.size > 0;
  return {
    file,
    header: workflowHeader(delivery, options, [
      `${delivery.name}: what starts it, what is built once for a release, and the way through the environments.`,
      "The last job is the one check to require on GitHub: it reports always, whatever was left out.",
    ]),
    name: delivery.name,
    runName: `\${{ inputs.rollback_to != '' && format('Roll {0} back to run {1}', inputs.environment, inputs.rollback_to) || '' }}`,
    on: {
      ...(branches.length > 0 && { push: { branches } }),
      ...(pullRequests && { pullRequest: {} }),
      dispatch: { inputs: dispatchInputs(delivery) },
      ...(schedules.length > 0 && { schedules }),
    },
    jobs: {
      [ids.plan]: planJob(entry),
      ...releaseJobs(entry, ids),
      ...environmentJobsOf(entry, ids),
      [ids.summary]: summary(entry, ids),
    },
  };
}

function idsOf({ delivery, release }: EntryOptions): EntryIds {
  const ids = new Ids(delivery.environments.map(({ name }) => name));
  return {
    environments: new Map(delivery.environments.map(({ name }) => [name, name])),
    plan: ids.claim("plan"),
    summary: ids.claim("summary"),
    release: new Map([...release.keys()].map((name) => [name, ids.claim(`${name}-release`)])),
    approvals: new Map(
      delivery.environments.flatMap(({ name, approval }) => (approval ? [[name, ids.claim(`${name}-approval`)]] : [])),
    ),
  };
}

/** Branches whose pushes matter: those of the environments, and without environments those of the pipelines. */
export function branchesOf({ environments, pipelines }: Delivery): string[] {
  const own = environments.flatMap(({ branch }) => branch ?? []);
  const branches =
    environments.length > 0
      ? own
      : pipelines.flatMap(({ triggers }) => (triggers.branches.length > 0 ? triggers.branches : ["**"]));
  return [...new Set(branches)];
}

export function dispatchInputs(delivery: Delivery): Record<string, Input> {
  const names = delivery.environments.map(({ name }) => name);
  const inputs: Record<string, Input> = {};
  if (names.length > 0) {
    inputs.environment = {
      description: "Where to deploy",
      type: "choice",
      required: true,
      default: names[0]!,
      options: names,
    };
    inputs.rollback_to = {
      description: "Deploy a release again: the id of the run that deployed it there. Empty: this commit",
      type: "string",
      default: "",
    };
    inputs.force = { description: "Deploy also what has not changed", type: "boolean", default: false };
  }
  for (const [name, { type, description, default: given, options }] of Object.entries(delivery.parameters)) {
    if (Object.hasOwn(inputs, name)) {
      throw new CannotWrite(`the parameter ${name} has the name of an input that Baton needs`, "give it another name", [
        "parameters",
        name,
      ]);
    }
    inputs[name] = {
      ...(description !== undefined && { description }),
      type,
      ...(given === undefined ? { required: true } : { default: type === "boolean" ? given === "true" : given }),
      ...(type === "choice" && { options }),
    };
  }
  return inputs;
}

/** What was given by hand, else the default. A switch that is off must not be taken for one that was not given. */
export function parameterExpression(delivery: Delivery, name: string): string {
  const { type, default: given = "" } = delivery.parameters[name]!;
  if (type === "boolean") {
    return `(github.event_name == 'workflow_dispatch' && format('{0}', inputs.${name}) || ${text(given)})`;
  }
  return `(inputs.${name} || ${text(given)})`;
}

function planJob({ delivery, options }: EntryOptions): JobDocument {
  const rows = pipelineRows(delivery);
  const hasInputs = delivery.environments.length > 0;
  const parameters = Object.keys(delivery.parameters);
  return {
    kind: "steps",
    name: "Plan",
    permissions: { actions: "read", contents: "read" },
    runsOn: options.runsOn ?? "ubuntu-24.04",
    timeoutMinutes: 15,
    outputs: Object.fromEntries(
      [
        ...delivery.environments.map(({ name }) => `deploy_${name}`),
        ...rows.flatMap(({ name, builds }) => (builds ? [`build_${name}`] : [])),
      ].map((name) => [name, computed(`steps.plan.outputs.${name}`)]),
    ),
    steps: [
      {
        name: "Check out all history",
        uses: pinnedActions.checkout,
        with: { ref: computed("github.sha"), "fetch-depth": 0, "persist-credentials": false },
      },
      {
        id: "plan",
        name: "Find out what has changed since it was deployed",
        env: {
          GH_TOKEN: computed("github.token"),
          COMMIT: computed(commitExpression),
          EVENT: computed(hasInputs ? eventExpression : plainEvent),
          BRANCH: computed("github.base_ref || github.ref_name"),
          SCHEDULE: computed("github.event.schedule"),
          FORCE: hasInputs ? computed("inputs.force || false") : "false",
          WANTED: hasInputs ? computed("inputs.environment") : "",
          PARAMETERS:
            parameters.length === 0
              ? "{}"
              : `{${parameters.map((name) => `"${name}": \${{ toJSON(${parameterExpression(delivery, name)}) }}`).join(", ")}}`,
          ENVIRONMENTS: rowsText(environmentRows(delivery)),
          PIPELINES: rowsText(rows),
        },
        run: entryPlanScript({
          handsOverArtifacts: rows.some(({ artifacts = [] }) => artifacts.some(({ taken }) => taken)),
        }),
      },
    ],
  };
}

/** What pipelines do once for a release; what they hand to each other there orders them. */
function releaseJobs(entry: EntryOptions, ids: EntryIds): Record<string, JobDocument> {
  const { delivery, release } = entry;
  const ordered = inOrder(delivery.pipelines, ({ needs }) => needs).filter(({ name }) => release.has(name));
  return Object.fromEntries(
    ordered.map(({ name }): [string, JobDocument] => {
      const part = release.get(name)!;
      const sources = [
        ...new Set(
          [...part.wants.values()].flatMap((what) => ("reference" in what ? [what.reference.split(".")[0]!] : [])),
        ),
      ].filter((source) => source !== name);
      const id = (pipeline: string) => ids.release.get(pipeline)!;
      const conditions = [
        ...(sources.length > 0 ? ["!cancelled()"] : []),
        `needs.${ids.plan}.outputs.build_${name} == 'yes'`,
        ...sources.map(
          (source) => `(needs.${id(source)}.result == 'success' || needs.${ids.plan}.outputs.build_${source} != 'yes')`,
        ),
      ];
      return [
        id(name),
        {
          kind: "call",
          name: `${name}: build and test`,
          needs: [ids.plan, ...sources.map(id)],
          if: conditions.join(" && "),
          permissions: part.permissions,
          uses: part.document.file,
          with: Object.fromEntries([...part.wants].map(([input, what]) => [input, releaseWant(what, entry, ids)])),
          secrets: part.secrets,
        },
      ];
    }),
  );
}

function releaseWant(what: Want, { delivery }: EntryOptions, ids: EntryIds): string {
  switch (what.kind) {
    case "environment":
      return "";
    case "commit":
      return computed(commitExpression);
    case "event":
      return computed(eventExpression);
    case "parameter":
      return computed(parameterExpression(delivery, what.name));
    case "run":
      return computed("github.run_id");
    default: {
      const [owner, name] = what.reference.split(".") as [string, string];
      return `\${{ needs.${ids.release.get(owner)}.outputs.${what.kind === "digest" ? digestOutput(name) : name} }}`;
    }
  }
}

function environmentJobsOf(entry: EntryOptions, ids: EntryIds): Record<string, JobDocument> {
  const { delivery } = entry;
  const ordered = inOrder(delivery.environments, ({ after }) => after);
  return Object.fromEntries(
    ordered.flatMap((environment) => {
      const deploy: [string, JobDocument] = [environment.name, deployJob(environment, entry, ids)];
      if (environment.approval === undefined) return [deploy];
      return [[ids.approvals.get(environment.name)!, approval(environment, entry, ids)], deploy];
    }),
  );
}

function environmentCondition({ name, after }: Environment, ids: EntryIds): string {
  return [
    "!cancelled()",
    `needs.${ids.plan}.outputs.deploy_${name} == 'yes'`,
    ...after.map(
      (before) => `(needs.${before}.result == 'success' || needs.${ids.plan}.outputs.deploy_${before} != 'yes')`,
    ),
  ].join(" && ");
}

function approval(environment: Environment, { options }: EntryOptions, ids: EntryIds): JobDocument {
  return approvalJob(environment, options, {
    comment: "before the lock is taken: nobody else waits meanwhile",
    commit: commitExpression,
    needs: [ids.plan, ...ids.release.values(), ...environment.after],
    if: environmentCondition(environment, ids),
  });
}

function deployJob(environment: Environment, entry: EntryOptions, ids: EntryIds): JobDocument {
  const { delivery, environment: called, release } = entry;
  const { name, after } = environment;
  const approval = ids.approvals.get(name);
  const condition = environmentCondition(environment, ids);
  return {
    kind: "call",
    name,
    needs: [ids.plan, ...ids.release.values(), ...after, ...(approval === undefined ? [] : [approval])],
    if: approval === undefined ? condition : `${condition} && needs.${approval}.result == 'success'`,
    permissions: calledPermissions(called),
    concurrency: { group: lockGroup(delivery, name) },
    uses: called.document.file,
    with: {
      environment: name,
      commit: computed(commitExpression),
      event: computed(eventExpression),
      rollback_to: computed("inputs.rollback_to"),
      force: computed("inputs.force || false"),
      ...Object.fromEntries(
        Object.keys(delivery.parameters).map((parameter) => [
          parameterInput(parameter),
          computed(parameterExpression(delivery, parameter)),
        ]),
      ),
      ...Object.fromEntries(
        [...release.keys()].map((pipeline) => [
          resultInput(pipeline),
          computed(`needs.${ids.release.get(pipeline)}.result`),
        ]),
      ),
      ...Object.fromEntries(
        [...called.handIn].map(([input, { pipeline, output }]) => [
          input,
          computed(`needs.${ids.release.get(pipeline)}.outputs.${output}`),
        ]),
      ),
    },
    secrets: called.secrets,
  };
}

function calledPermissions({ document }: EnvironmentWorkflow) {
  return unitePermissions(Object.values(document.jobs).map((job) => job.permissions));
}

function summary({ options }: EntryOptions, ids: EntryIds): JobDocument {
  return summaryJob(options, {
    comment:
      "Require this check on GitHub, and only this: it reports always, and a job that was left out is no failure.",
    needs: [ids.plan, ...ids.release.values(), ...ids.approvals.values(), ...ids.environments.values()],
    if: "always()",
  });
}

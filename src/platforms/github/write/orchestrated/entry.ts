/** The workflow that events start: plan, build once, go through the environments, and say in one check how it ended. */

import type { Delivery, Environment } from "../../../../model/delivery.ts";
import { previewOf, standing } from "../../../../model/previews.ts";
import { inOrder } from "../../../../order/topological.ts";
import { CannotWrite } from "../../../generated.ts";
import { localAction } from "../actions.ts";
import { historyCheckout } from "../checkouts.ts";
import { approvalJob, commentJob, newestOfPull, reporting, summaryJob } from "../common-jobs.ts";
import { computed } from "../computed.ts";
import { type Input, type JobDocument, unitePermissions, type WorkflowDocument } from "../document.ts";
import { handedIn, planFacts, planned, withReadOutputs } from "../environment-jobs.ts";
import { prose } from "../expressions.ts";
import { workflowHeader } from "../header.ts";
import { usualMachine } from "../machine.ts";
import { approvalEnvironment, digestOutput, Ids, lockGroup, previewName, resultInput } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import type { PipelinePart, Want } from "../pipeline-part.ts";

/** The called workflow that takes a release through an environment. */
export interface EnvironmentWorkflow {
  readonly document: WorkflowDocument;
  readonly secrets: readonly string[];
}

export interface EntryOptions {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  /** By the name of the pipeline. */
  readonly parts: ReadonlyMap<string, PipelinePart>;
  /** By the name of the environment. */
  readonly environments: ReadonlyMap<string, EnvironmentWorkflow>;
  readonly file: string;
}

interface EntryIds {
  readonly plan: string;
  /** Of pipelines that have something to build. */
  readonly release: ReadonlyMap<string, string>;
  readonly environments: ReadonlyMap<string, string>;
  readonly approvals: ReadonlyMap<string, string>;
  /** Of environments whose older requests are withdrawn. */
  readonly withdrawals: ReadonlyMap<string, string>;
  readonly summary: string;
  /** On a pull request. */
  readonly comment: string;
}

export function writeEntry(entry: EntryOptions): WorkflowDocument {
  const { delivery, options, file } = entry;
  const ids = idsOf(entry);
  const schedules = [...new Set(delivery.pipelines.flatMap(({ triggers }) => triggers.schedules))];
  const branches = branchesThatStart(delivery);
  const pullRequests = answersPullRequests(delivery);
  const told = reporting(delivery).flatMap((name) => ids.release.get(name) ?? []);
  return {
    file,
    header: workflowHeader(delivery, options, [
      `${delivery.name}: what starts it, what is built once, and the way through the environments.`,
    ]),
    name: delivery.name,
    ...(standing(delivery).environments.length > 0 && {
      runName: `\${{ inputs.rollback_to != '' && format('Roll {0} back to run {1}', inputs.environment, inputs.rollback_to) || '' }}`,
    }),
    on: {
      ...(branches.length > 0 && { push: { branches } }),
      ...(pullRequests && { pullRequest: {}, mergeGroup: {} }),
      dispatch: { inputs: dispatchInputs(delivery) },
      ...(schedules.length > 0 && { schedules }),
    },
    // Where there is a preview a deployment is under way, which nothing may cancel: then only builds are.
    ...(pullRequests && previewOf(delivery) === undefined && { concurrency: newestOfPull(delivery) }),
    jobs: withReadOutputs(
      {
        [ids.plan]: planJob(entry, ids),
        ...releaseJobs(entry, ids),
        ...(told.length > 0 && { [ids.comment]: commentJob(delivery, options, { needs: told }) }),
        ...environmentJobsOf(entry, ids),
        [ids.summary]: summary(entry, ids),
      },
      ids.plan,
    ),
  };
}

/** Whether pull requests and merge queues start the entry: where there is something to build for them, or a preview to deploy. */
export function answersPullRequests({ environments, pipelines }: Delivery): boolean {
  return (
    pipelines.some(({ triggers }) => triggers.pullRequests) &&
    (previewOf({ environments }) !== undefined ||
      pipelines.some(({ jobs }) => Object.values(jobs).some(({ per }) => per === "release")))
  );
}

function idsOf({ delivery, parts, options }: EntryOptions): EntryIds {
  const ids = new Ids(delivery.environments.map(({ name }) => name));
  return {
    environments: new Map(delivery.environments.map(({ name }) => [name, name])),
    plan: ids.claim("plan"),
    summary: ids.claim("summary"),
    comment: ids.claim("comment"),
    release: new Map(
      [...parts].flatMap(([name, { release }]) => (release ? [[name, ids.claim(`${name}-release`)]] : [])),
    ),
    withdrawals: new Map(
      delivery.environments.flatMap(({ name, approval }) =>
        approval && options.olderRequests === "withdrawn" ? [[name, ids.claim(`${name}-withdrawal`)]] : [],
      ),
    ),
    approvals: new Map(
      delivery.environments.flatMap(({ name, approval }) => (approval ? [[name, ids.claim(`${name}-approval`)]] : [])),
    ),
  };
}

/** Branches whose pushes matter: those of the environments, and without environments those of the pipelines. */
export function branchesThatStart({ environments, pipelines }: Delivery): string[] {
  const own = environments.flatMap(({ branch }) => branch ?? []);
  const branches =
    environments.length > 0
      ? own
      : pipelines.flatMap(({ triggers }) => (triggers.branches.length > 0 ? triggers.branches : ["**"]));
  return [...new Set(branches)];
}

export function dispatchInputs(delivery: Delivery): Record<string, Input> {
  const names = standing(delivery).environments.map(({ name }) => name);
  const inputs: Record<string, Input> = {};
  if (names.length > 0) {
    inputs.environment = {
      description: "Where to deploy",
      type: "choice",
      default: names[0]!,
      options: names,
    };
    inputs.rollback_to = {
      description: "Go back to what the run with this id deployed there",
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
    if ([given ?? "", ...options].some((one) => one.includes("${{"))) {
      throw new CannotWrite(
        `GitHub would read the \${{ in a value of the parameter ${name} as an expression, and allows none there`,
        "write the value without it",
        ["parameters", name],
      );
    }
    inputs[name] = {
      ...(description !== undefined && { description: prose(description) }),
      type,
      ...(given === undefined ? { required: true } : { default: type === "boolean" ? given === "true" : given }),
      ...(type === "choice" && { options }),
    };
  }
  return inputs;
}

function planJob({ delivery, options }: EntryOptions, ids: EntryIds): JobDocument {
  return {
    kind: "steps",
    name: "Plan",
    permissions: { actions: "read", contents: "read" },
    runsOn: usualMachine(options),
    timeoutMinutes: 30,
    outputs: Object.fromEntries(
      [
        ...delivery.environments.map(({ name }) => `deploy_${name}`),
        ...Array.from(ids.release.keys(), (name) => `build_${name}`),
        ...planFacts,
      ].map((name) => [name, computed(`steps.plan.outputs.${name}`)]),
    ),
    steps: [historyCheckout(), { id: "plan", uses: localAction(delivery, "plan") }],
  };
}

/** What pipelines do once for a release; what they hand to each other there orders them. */
function releaseJobs(entry: EntryOptions, ids: EntryIds): Record<string, JobDocument> {
  const { delivery, parts } = entry;
  const ordered = inOrder(delivery.pipelines, ({ needs }) => needs).filter(({ name }) => ids.release.has(name));
  return Object.fromEntries(
    ordered.map(({ name }): [string, JobDocument] => {
      const { document, permissions, release } = parts.get(name)!;
      const { wants, secrets } = release!;
      const sources = [
        ...new Set([...wants.values()].flatMap((what) => ("reference" in what ? [what.reference.split(".")[0]!] : []))),
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
          needs: [ids.plan, ...sources.map(id)],
          if: conditions.join(" && "),
          permissions,
          ...(previewOf(delivery) && { concurrency: newestOfPull(delivery, name) }),
          uses: document.file,
          with: Object.fromEntries([...wants].map(([input, what]) => [input, releaseWant(what, ids)])),
          secrets,
        },
      ];
    }),
  );
}

function releaseWant(what: Want, ids: EntryIds): string {
  if (what.kind === "environment") return "";
  if (what.kind === "pipeline") return what.name;
  if (!("reference" in what)) return computed(planned(what, ids.plan));
  if (what.kind === "run") return computed("github.run_id");
  const [owner, name] = what.reference.split(".") as [string, string];
  return computed(`needs.${ids.release.get(owner)}.outputs.${what.kind === "digest" ? digestOutput(name) : name}`);
}

function environmentJobsOf(entry: EntryOptions, ids: EntryIds): Record<string, JobDocument> {
  const { delivery } = entry;
  const ordered = inOrder(delivery.environments, ({ after }) => after);
  return Object.fromEntries(
    ordered.flatMap((environment) => {
      const deploy: [string, JobDocument] = [environment.name, deployJob(environment, entry, ids)];
      if (environment.approval === undefined) return [deploy];
      const withdrawal = ids.withdrawals.get(environment.name);
      return [
        ...(withdrawal === undefined
          ? []
          : [[withdrawal, withdrawalJob(environment, entry, ids)] as [string, JobDocument]]),
        [ids.approvals.get(environment.name)!, approval(environment, entry, ids)],
        deploy,
      ];
    }),
  );
}

function environmentCondition({ name, after, preview }: Environment, ids: EntryIds, { options }: EntryOptions): string {
  const whole =
    options.gate === "release" || preview
      ? Array.from(
          ids.release,
          ([pipeline, id]) =>
            `(needs.${id}.result == 'success' || needs.${ids.plan}.outputs.build_${pipeline} != 'yes')`,
        )
      : [];
  return [
    "!cancelled()",
    `needs.${ids.plan}.outputs.deploy_${name} == 'yes'`,
    ...whole,
    ...after.map(
      (before) => `(needs.${before}.result == 'success' || needs.${ids.plan}.outputs.deploy_${before} != 'yes')`,
    ),
  ].join(" && ");
}

function approval(environment: Environment, entry: EntryOptions, ids: EntryIds): JobDocument {
  return approvalJob(environment, entry, {
    comment: "before the lock is taken: nobody else waits meanwhile",
    commit: `needs.${ids.plan}.outputs.commit`,
    needs: [ids.plan, ...ids.release.values(), ...environment.after],
    if: environmentCondition(environment, ids, entry),
  });
}

/** When the request itself comes up: beside it, so that it holds nobody up. */
function withdrawalJob(environment: Environment, entry: EntryOptions, ids: EntryIds): JobDocument {
  const { delivery, options } = entry;
  return {
    kind: "steps",
    comment: ["What waits for the same approval with an older commit is withdrawn."],
    name: `Withdraw older requests for ${environment.name}`,
    needs: [ids.plan, ...ids.release.values(), ...environment.after],
    if: `${environmentCondition(environment, ids, entry)} && needs.${ids.plan}.outputs.event != 'rollback'`,
    permissions: { actions: "write", contents: "read" },
    runsOn: usualMachine(options),
    timeoutMinutes: 15,
    steps: [
      historyCheckout(),
      {
        uses: localAction(delivery, "withdraw"),
        with: { gate: approvalEnvironment(environment.name), commit: computed(`needs.${ids.plan}.outputs.commit`) },
      },
    ],
  };
}

function deployJob(environment: Environment, entry: EntryOptions, ids: EntryIds): JobDocument {
  const { delivery, environments } = entry;
  const { after } = environment;
  const name = environment.preview
    ? previewName(environment.name, computed("github.event.pull_request.number"))
    : environment.name;
  const { document, secrets } = environments.get(environment.name)!;
  const approval = ids.approvals.get(environment.name);
  const declared = document.on.call!.inputs;
  const wanted = {
    environment: name,
    ...Object.fromEntries(
      Array.from(ids.release, ([pipeline, id]) => [resultInput(pipeline), computed(`needs.${id}.result`)]),
    ),
    ...Object.fromEntries(
      Array.from(handedIn(delivery), ([input, { pipeline, output }]) => [
        input,
        computed(`needs.${ids.release.get(pipeline)}.outputs.${output}`),
      ]),
    ),
  };
  return {
    kind: "call",
    // The approval has waited for everything else, and was asked for only where that ended well.
    ...(approval === undefined
      ? {
          needs: [ids.plan, ...ids.release.values(), ...after],
          if: environmentCondition(environment, ids, entry),
        }
      : { needs: [...ids.release.values(), approval], if: `!cancelled() && needs.${approval}.result == 'success'` }),
    permissions: unitePermissions(Object.values(document.jobs).map((job) => job.permissions)),
    concurrency: { group: lockGroup(delivery, name) },
    uses: document.file,
    with: Object.fromEntries(Object.entries(wanted).filter(([input]) => Object.hasOwn(declared, input))),
    secrets,
  };
}

function summary({ delivery, options }: EntryOptions, ids: EntryIds): JobDocument {
  return summaryJob(options, {
    of: delivery.name,
    comment: answersPullRequests(delivery)
      ? "Require this check on GitHub, and only this: a job that was left out is no failure."
      : "What became of the whole run. It is no check to require: pull requests do not start this workflow.",
    needs: [ids.plan, ...ids.release.values(), ...ids.approvals.values(), ...ids.environments.values()],
    if: "always()",
  });
}

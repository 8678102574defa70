/**
 * Layout `per-environment`: for each environment one orchestrator, and one workflow for each pipeline that it calls.
 *
 *     push to develop ─> orchestrator-dev:  plan ─> python ─> terraform ─> record
 *                                                   python-dev.yml  terraform-dev.yml
 *     orchestrator-test ends well ─> orchestrator-prd
 *
 * An orchestrator holds the lock of its environment from its start. Where somebody has to approve, the lock is taken
 * job by job instead, so that it is never held while a person thinks; the mark of the run keeps others out in between.
 */

import type { Delivery, Environment } from "../../../../model/delivery.ts";
import { CannotWrite } from "../../../generated.ts";
import { approvalJob } from "../common-jobs.ts";
import type { CallJobDocument, JobDocument, StepsJobDocument, WorkflowDocument } from "../document.ts";
import { environmentJobs } from "../environment-jobs.ts";
import { workflowHeader } from "../header.ts";
import { ArtifactNames, folder, lockGroup } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { dispatchInputs, parameterExpression } from "../orchestrated/entry.ts";
import { type PipelinePart, writePart } from "../pipeline-part.ts";
import { everythingPerEnvironment } from "./everything-per-environment.ts";

export function perEnvironment(given: Delivery, options: WriteOptions): WorkflowDocument[] {
  const delivery = everythingPerEnvironment(given);
  const artifactNames = new ArtifactNames(delivery);
  return delivery.environments.flatMap((environment) => {
    const parts = new Map(
      delivery.pipelines.map((pipeline): [string, PipelinePart] => {
        const { branch } = environment;
        return [
          pipeline.name,
          writePart({
            delivery,
            pipeline,
            per: "environment",
            file: `${folder}/${pipeline.name}-${environment.name}.yml`,
            name: `${pipeline.name}-${environment.name}`,
            header: workflowHeader(delivery, options, [
              `The jobs of ${pipeline.name} in ${environment.name}. Called by orchestrator-${environment.name}, in the order of the delivery.`,
              ...(pipeline.triggers.pullRequests && branch !== undefined
                ? ["For pull requests only the checks run: nothing is deployed, and no secret is read."]
                : []),
            ]),
            options,
            artifactNames,
            known: environment.name,
            ...(pipeline.triggers.pullRequests && branch !== undefined && { pullRequests: [branch] }),
          }),
        ];
      }),
    );
    const orchestrator = writeOrchestrator({ delivery, options, artifactNames, environment, parts });
    return [...Array.from(parts.values(), ({ document }) => document), orchestrator];
  });
}

interface OrchestratorOptions {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  readonly artifactNames: ArtifactNames;
  readonly environment: Environment;
  readonly parts: ReadonlyMap<string, PipelinePart>;
}

const commit = "(github.event.workflow_run.head_sha || github.sha)";
const event =
  "(inputs.rollback_to != '' && 'rollback' || github.event_name == 'workflow_run' && " +
  "'push' || " +
  "github.event_name == 'workflow_dispatch' && 'manual' || github.event_name)";

function writeOrchestrator({
  delivery,
  options,
  artifactNames,
  environment,
  parts,
}: OrchestratorOptions): WorkflowDocument {
  const { name, approval } = environment;
  const before = upstreamOf(environment);
  // Through what comes before, or it would start twice, and once of these untried.
  const push = before === undefined ? environment.branch : undefined;
  // What was started by hand, be it to go back, stays where it was asked for.
  // What comes from a fork never goes on.
  const guard =
    before === undefined
      ? undefined
      : "github.event_name != 'workflow_run' || (github.event.workflow_run.conclusion == 'success' && " +
        "github.event.workflow_run.event != 'pull_request' && github.event.workflow_run.event != 'workflow_dispatch' && github.event.workflow_run.head_repository.full_name == github.repository)";
  const made = environmentJobs({
    delivery,
    options,
    parts,
    artifactNames,
    environment: name,
    given: {
      commit,
      event,
      branch: "github.event.workflow_run.head_branch || github.ref_name",
      rollbackTo: "inputs.rollback_to",
      force: "inputs.force || false",
      schedule: "github.event.schedule",
      parameter: (parameter) => parameterExpression(delivery, parameter),
      built: undefined,
      release: () => "''",
    },
    inputs: "{}",
    ...(before !== undefined && { after: before }),
    ...(approval !== undefined
      ? { before: { needs: ["approve"], if: "needs.approve.result == 'success'" } }
      : guard !== undefined && { before: { needs: [], if: guard } }),
    taken: ["approve"],
  });
  const lock = { group: lockGroup(delivery, name) };
  const jobs = approval === undefined ? made.jobs : withLocks(made.jobs, lock);
  const schedules = [...new Set(delivery.pipelines.flatMap(({ triggers }) => triggers.schedules))];
  const { environment: _chosen, ...inputs } = dispatchInputs(delivery);
  return {
    file: `${folder}/orchestrator-${name}.yml`,
    header: workflowHeader(delivery, options, [
      `${delivery.name} in ${name}: what is to be deployed, the pipelines in their order, the record of the release.`,
      ...(before === undefined
        ? []
        : [`Starts when orchestrator-${before} has ended well, with the very commit that it deployed.`]),
    ]),
    name: `orchestrator-${name}`,
    on: {
      ...(push !== undefined && { push: { branches: [push] } }),
      ...(before !== undefined && {
        workflowRun: {
          workflows: [`orchestrator-${before}`],
          ...(environment.branch !== undefined && { branches: [environment.branch] }),
        },
      }),
      ...(push !== undefined && schedules.length > 0 && { schedules }),
      dispatch: { inputs },
    },
    ...(approval === undefined && { concurrency: lock }),
    jobs: {
      ...(approval !== undefined && {
        approve: approvalJob(environment, options, {
          comment: "while nothing is locked",
          commit,
          ...(guard !== undefined && { if: guard }),
        }),
      }),
      ...jobs,
    },
  };
}

/** A run that is started by the end of another follows one only: with two it would start twice. */
function upstreamOf({ name, after }: Environment): string | undefined {
  if (after.length > 1) {
    throw new CannotWrite(
      `${name} comes after ${after.join(" and ")}: in the layout per-environment an orchestrator follows one other, or it would start once for each`,
      "use the layout orchestrated",
      ["environments", name, "after"],
    );
  }
  return after[0];
}

function withLocks(
  jobs: Readonly<Record<string, JobDocument>>,
  lock: { group: string },
): Readonly<Record<string, JobDocument>> {
  const locked = (job: JobDocument): JobDocument =>
    job.kind === "call"
      ? ({ ...job, concurrency: lock } satisfies CallJobDocument)
      : ({ ...job, concurrency: lock } satisfies StepsJobDocument);
  return Object.fromEntries(Object.entries(jobs).map(([id, job]) => [id, locked(job)]));
}

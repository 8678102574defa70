/** Workflows as facts. */

import type { Facts, JobFacts, Pipeline } from "../../../facts/facts.ts";
import type { Repository } from "../workflow.ts";
import { bundledWith } from "./bundled.ts";
import type { EventSetting } from "./event-context.ts";
import { levelInstance } from "./instances.ts";
import { jobFacts, lockOf } from "./jobs.ts";
import { RunModel } from "./run-model.ts";
import { indexNames, startsOf } from "./starts.ts";

export interface FactsOptions {
  /** Workflow files that the default branch has, where the caller has asked git. */
  readonly onDefaultBranch?: ReadonlySet<string>;
}

export function githubFacts(repository: Repository, { onDefaultBranch }: FactsOptions = {}): Facts {
  const names = indexNames(repository.workflows);
  const defaultBranch = repository.defaultBranch.kind === "known" ? repository.defaultBranch.value : undefined;
  const slug = repository.slug.kind === "known" ? repository.slug.value : undefined;
  const pipelines = repository.workflows.map((workflow): Pipeline => {
    const setting: EventSetting = { repository: slug, defaultBranch, workflowName: workflow.displayName };
    const run = new RunModel(repository, workflow, setting);
    let jobs: readonly JobFacts[] | undefined;
    return {
      id: workflow.file,
      name: workflow.displayName,
      label: workflow.file.slice(workflow.file.lastIndexOf("/") + 1),
      source: workflow.source,
      at: workflow.at,
      nameAt: workflow.name?.at,
      starts: startsOf(workflow, names),
      callable: workflow.triggers.some((trigger) => trigger.event === "workflow_call"),
      get jobs() {
        jobs ??= run.instances.map((instance) => jobFacts(repository, run, instance));
        return jobs;
      },
      locks: workflow.concurrency
        ? [
            lockOf(workflow.concurrency, {
              run,
              instance: levelInstance(run.root, `${workflow.file}#`),
              scope: "run",
            }),
          ]
        : [],
    };
  });
  const byId = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]));
  const jobs = new Map(pipelines.flatMap((pipeline) => pipeline.jobs.map((job) => [job.id, job])));
  return {
    pipelines,
    defaultBranch,
    onDefaultBranch,
    repository: slug,
    unreadable: repository.unreadable,
    secrets: [],
    bundledWith: (folder) => bundledWith(repository.files, folder),
    pipeline: (id) => byId.get(id),
    job: (id) => jobs.get(id),
  };
}

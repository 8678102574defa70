import type { Facts, JobFacts } from "./facts.ts";

/** What every platform tells of one repository, as one: where several tell the same, the last does. */
export function joinFacts(parts: readonly Partial<Facts>[]): Facts {
  const pipelines = parts.flatMap((part) => part.pipelines ?? []);
  const byId = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]));
  let jobs: ReadonlyMap<string, JobFacts> | undefined;
  return {
    ...noFacts,
    ...Object.assign({}, ...parts),
    pipelines,
    unreadable: parts.flatMap((part) => part.unreadable ?? []),
    secrets: parts.flatMap((part) => part.secrets ?? []),
    pipeline: (id) => byId.get(id),
    job: (id) => {
      jobs ??= new Map(pipelines.flatMap((pipeline) => pipeline.jobs.map((job) => [job.id, job])));
      return jobs.get(id);
    },
  };
}

const noFacts = { defaultBranch: undefined, onDefaultBranch: undefined, repository: undefined };

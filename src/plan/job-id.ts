import type { JobId, JoinId } from "./plan.ts";

export interface InstanceName {
  pipeline: string;
  job: string;
  environment?: string | undefined;
  matrix?: Record<string, string> | undefined;
}

/** `web.build`, `web.deploy@dev`, `web.test@dev[node=24,os=linux]`: keys in the order in which the matrix has them. */
export function jobInstanceId({ pipeline, job, environment, matrix }: InstanceName): JobId {
  const base = environment === undefined ? `${pipeline}.${job}` : `${pipeline}.${job}@${environment}`;
  return matrix === undefined ? base : `${base}${legSuffix(matrix)}`;
}

/** Of one leg. Characters that could be taken for a separator are percent-encoded, so that different legs never look alike. */
export function legSuffix(matrix: Record<string, string>): string {
  const pairs = Object.entries(matrix).map(([key, value]) => `${encoded(key)}=${encoded(value)}`);
  return `[${pairs.join(",")}]`;
}

/** The end of all legs of a job, of a pipeline's per-release jobs, of a pipeline in an environment, of an environment. */
export function endOf({ pipeline, job, environment }: Partial<InstanceName>): JoinId {
  const name = pipeline === undefined ? "" : job === undefined ? pipeline : `${pipeline}.${job}`;
  return environment === undefined ? `${name}:end` : `${name}@${environment}:end`;
}

/** All legs of a job whose files or outputs are taken: their own success counts, whatever they gate otherwise. */
export function legsOf({ pipeline, job, environment }: InstanceName): JoinId {
  return `${jobInstanceId({ pipeline, job, environment })}:legs`;
}

/** What every job of a pipeline in an environment waits for. */
export function startOf(pipeline: string, environment: string): JoinId {
  return `${pipeline}@${environment}:start`;
}

function encoded(text: string): string {
  return text.replace(/[%,=[\]\p{Cc}]/gu, encodeURIComponent);
}

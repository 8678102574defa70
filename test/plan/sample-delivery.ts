import type { Delivery, Environment, Job, Output, Pipeline, Triggers } from "../../src/model/delivery.ts";
import type { Deployed, Plan, PlannedJob, PlanRequest } from "../../src/plan/plan.ts";

/** Models as short as a test can be read, with every default filled in. */

export function job(parts: Partial<Job> = {}): Job {
  return {
    per: "environment",
    needs: [],
    deploys: false,
    runsAfter: "success",
    steps: [{ name: "work", run: "true", shell: "sh", env: {}, workingDirectory: ".", continueOnFailure: false }],
    env: {},
    timeoutMs: 60_000,
    retry: { attempts: 1, delayMs: 0, factor: 1, maxDelayMs: 0 },
    workingDirectory: ".",
    tools: [],
    continueOnFailure: false,
    artifacts: {},
    uses: [],
    ...parts,
  };
}

export function releaseJob(parts: Partial<Job> = {}): Job {
  return job({ per: "release", ...parts });
}

export function output(publisher: string): Output {
  return { type: "string", job: publisher };
}

type PipelineParts = Partial<Omit<Pipeline, "triggers">> & Partial<Triggers>;

export function pipeline(name: string, parts: PipelineParts = {}): Pipeline {
  const { paths = [`${name}/**`], branches = [], pullRequests = false, manual = true, schedules = [], ...rest } = parts;
  return {
    name,
    needs: [],
    triggers: { paths, branches, pullRequests, manual, schedules },
    outputs: {},
    env: {},
    workingDirectory: ".",
    jobs: { deploy: job({ deploys: true }) },
    ...rest,
  };
}

/** Takes pushes to main, unless it follows another environment or says otherwise. */
export function environment(name: string, parts: Partial<Environment> = {}): Environment {
  const follows = (parts.after ?? []).length > 0;
  return { name, after: [], variables: {}, ...(follows ? {} : { branch: "main" }), ...parts };
}

export function delivery(pipelines: Pipeline[], environments: Environment[] = [environment("dev")]): Delivery {
  return { version: 1, name: "sample", variables: {}, parameters: {}, environments, pipelines };
}

export type RequestParts = Partial<Omit<PlanRequest, "change" | "history">> & {
  change?: Partial<PlanRequest["change"]>;
  deployed?: PlanRequest["history"]["deployed"];
};

/** A push of commit `new` to main that goes to dev. */
export function request({ change, deployed = {}, ...rest }: RequestParts = {}): PlanRequest {
  return {
    change: { event: "push", commit: "new", branch: "main", changedSince: {}, uncommitted: [], ...change },
    environments: ["dev"],
    pipelines: [],
    parameters: {},
    force: "none",
    history: { deployed },
    ...rest,
  };
}

export function deployed(release: number, parts: Partial<Deployed> = {}): Deployed {
  return { release, commit: `commit-${release}`, outputs: {}, artifacts: {}, ...parts };
}

export function artifact(digit: string): { digest: string; sizeBytes: number } {
  return { digest: `sha256:${digit.repeat(64)}`, sizeBytes: 1 };
}

export function jobOf(plan: Plan, id: string): PlannedJob {
  const found = plan.jobs.find((planned) => planned.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${plan.jobs.map((planned) => planned.id).join(" ")}`);
  return found;
}

/** `infra.deploy@dev run`, one for each job. */
export function decisions(plan: Plan): string[] {
  return plan.jobs.map(({ id, decision }) => `${id} ${decision}`);
}

/** `infra@dev run unchanged`, one for each pipeline and environment. */
export function pipelineDecisions(plan: Plan): string[] {
  return plan.pipelines.map(
    ({ pipeline: name, environment: place, decision, reason }) => `${name}@${place} ${decision} ${reason.code}`,
  );
}

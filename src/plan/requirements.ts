import type { Approval, Delivery, Job, Pipeline, Tool } from "../model/delivery.ts";
import { secretsRead } from "../model/job-values.ts";
import { type System, systemWanted } from "../model/machine-labels.ts";
import type { JobId, Plan } from "./plan.ts";

/** What a plan asks of the machine, of people and of whoever starts it; each with the jobs that ask, in plan order. */
export interface Requirements {
  secrets: { name: string; jobs: JobId[] }[];
  tools: { tool: Tool; jobs: JobId[] }[];
  /** Systems of the machines that their labels name. */
  systems: { system: System; jobs: JobId[] }[];
  /** Images that their steps run in, or that run beside them. */
  images: { image: string; jobs: JobId[] }[];
  /** Folders in which jobs work, relative to the definition, `.` for its own. */
  folders: { path: string; jobs: JobId[] }[];
  /** Environments that something deploys to and that ask first. `reviewers` are empty where anyone may answer. */
  approvals: ({ environment: string } & Pick<Approval, "reviewers" | "message" | "count" | "selfApproval">)[];
  /** Jobs that gate nothing although others need them: their failure is let pass. */
  hollowGates: { job: JobId; neededBy: string[] }[];
}

export function requirementsOf(delivery: Delivery, plan: Plan): Requirements {
  const pipelines = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const secrets = new Collected<string>();
  const tools = new Collected<Tool>();
  const systems = new Collected<System>();
  const images = new Collected<string>();
  const folders = new Collected<string>();
  const hollowGates: Requirements["hollowGates"] = [];
  const asked = new Set<string>();
  const seen = new Set<string>();
  for (const planned of plan.jobs) {
    if (planned.decision !== "run") continue;
    const pipeline =
      planned.undoes === undefined
        ? pipelines.get(planned.pipeline)
        : plan.undone?.[planned.undoes.release]?.delivery.pipelines.find(({ name }) => name === planned.pipeline);
    const job = pipeline?.jobs[planned.job];
    if (pipeline === undefined || job === undefined) continue;
    if (planned.environment !== undefined) asked.add(planned.environment);
    for (const name of secretsRead(pipeline, job)) secrets.add(name, name, planned.id);
    for (const tool of job.tools) tools.add(JSON.stringify([tool.name, tool.version]), tool, planned.id);
    const { environment, matrix: leg = {} } = planned;
    const system = job.runsOn && systemWanted(job.runsOn, { delivery, environment, leg });
    if (system !== undefined) systems.add(system, system, planned.id);
    for (const image of imagesOf(job)) images.add(image, image, planned.id);
    for (const path of foldersOf(pipeline, job)) folders.add(path, path, planned.id);
    const { continueOnFailure } = job;
    const key = `${planned.pipeline}.${planned.job}`;
    if (!continueOnFailure || seen.has(key)) continue;
    seen.add(key);
    const neededBy = Object.entries(pipeline.jobs).flatMap(([name, { needs }]) =>
      needs.includes(planned.job) ? [`${planned.pipeline}.${name}`] : [],
    );
    if (neededBy.length > 0) hollowGates.push({ job: key, neededBy });
  }
  return {
    secrets: secrets.list().map(({ what, jobs }) => ({ name: what, jobs })),
    tools: tools.list().map(({ what, jobs }) => ({ tool: what, jobs })),
    systems: systems.list().map(({ what, jobs }) => ({ system: what, jobs })),
    images: images.list().map(({ what, jobs }) => ({ image: what, jobs })),
    folders: folders.list().map(({ what, jobs }) => ({ path: what, jobs })),
    approvals: plan.environments.flatMap((name) => {
      const approval = delivery.environments.find((environment) => environment.name === name)?.approval;
      if (approval === undefined || !asked.has(name)) return [];
      const { timeoutMs: _, reminderMs: __, ...told } = approval;
      return [{ environment: name, ...told }];
    }),
    hollowGates,
  };
}

/** Images by what stands in the definition; of one that is made of values, the job's container or the service it is for. */
function imagesOf({ container, services = {} }: Job): string[] {
  const named = Object.entries(services).map(([name, { image }]) => (typeof image === "string" ? image : `of ${name}`));
  return container === undefined
    ? named
    : [typeof container.image === "string" ? container.image : "of the job", ...named];
}

/** Where its steps begin; what an artifact or an earlier step brings cannot be looked for before it runs. */
function foldersOf(pipeline: Pipeline, job: Job): string[] {
  const folder = joined(pipeline.workingDirectory, job.workingDirectory);
  return folder === "." ? [] : [folder];
}

function joined(folder: string, path: string): string {
  const parts = `${folder}/${path}`.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? "." : parts.join("/");
}

/** In the order in which it is met first. */
class Collected<T> {
  readonly #found = new Map<string, { what: T; jobs: JobId[] }>();

  add(key: string, what: T, job: JobId): void {
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, { what, jobs: [job] });
    else known.jobs.push(job);
  }

  list(): { what: T; jobs: JobId[] }[] {
    return [...this.#found.values()];
  }
}

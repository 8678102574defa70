import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nearestName } from "../../findings/nearest-name.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { System } from "../../model/machine-labels.ts";
import type { JobId, Plan } from "../../plan/plan.ts";
import type { Requirements } from "../../plan/requirements.ts";
import { createToolCheck, findProgram } from "../../runner/tools.ts";
import type { Caller } from "../control.ts";
import type { Project } from "../project.ts";
import type { Secrets } from "../request/secrets.ts";
import type { Exchange } from "./agents/exchange.ts";

/** One thing that jobs of a plan need and that is not there. */
export interface Lack {
  kind: "secret" | "tool" | "folder" | "parameter" | "machine" | "container";
  /** Its name, or the path of the folder relative to the definition. */
  name: string;
  /** What is wrong with it, without a final stop. */
  problem: string;
  /** Those that need it, in plan order; empty where all do. */
  jobs: JobId[];
}

export interface LackQuestion {
  plan: Plan;
  delivery: Delivery;
  requirements: Requirements;
  missingParameters: readonly string[];
  project: Project;
  secrets: Secrets;
}

/**
 * Everything that is missing on this machine for a plan, found before anything has begun. Versions of tools cost a process each
 * and are asked for only when it gets serious.
 */
export async function lackingHere(
  { env, agents }: Pick<Caller, "env" | "agents">,
  { plan, delivery, requirements, missingParameters, project, secrets }: LackQuestion,
  { versions }: { versions: "asked for" | "left out" },
): Promise<Lack[]> {
  const check = createToolCheck();
  const elsewhere = agents === undefined ? new Set<JobId>() : jobsOfAgents(agents, { plan, delivery });
  const oursOf = <Needed extends { jobs: JobId[] }>(needed: readonly Needed[]): Needed[] =>
    needed
      .map((one) => ({ ...one, jobs: one.jobs.filter((job) => !elsewhere.has(job)) }))
      .filter(({ jobs }) => jobs.length > 0);
  const tools = await Promise.all(
    oursOf(requirements.tools).map(async ({ tool, jobs }): Promise<Lack[]> => {
      const lack = (problem: string): Lack[] => [{ kind: "tool", name: tool.name, problem, jobs }];
      if (findProgram(tool.name, env.PATH ?? "") === undefined) return lack("not on the PATH");
      if (versions === "left out" || tool.version === undefined) return [];
      const problem = await check.problem([tool], env as Record<string, string>);
      return problem === undefined ? [] : lack(problem.split(";")[0]!.replace(/^this job needs /, "needed is "));
    }),
  );
  return [
    ...missingParameters.map((name): Lack => ({ kind: "parameter", name, problem: "not given", jobs: [] })),
    ...requirements.secrets
      .filter(({ name }) => secrets(name) === undefined)
      .map(({ name, jobs }): Lack => ({ kind: "secret", name, problem: "not set", jobs })),
    ...tools.flat(),
    ...oursOf(requirements.systems)
      .filter(({ system }) => system !== here())
      .map(({ system, jobs }): Lack => ({ kind: "machine", name: system, problem: `this one has ${here()}`, jobs })),
    ...requirements.images.map(
      ({ image, jobs }): Lack => ({
        kind: "container",
        name: image,
        problem: "Baton starts none on this machine, only what it generates does",
        jobs,
      }),
    ),
    ...requirements.folders
      .filter(({ path }) => !isFolder(join(project.root, path)))
      .map(({ path, jobs }): Lack => ({ kind: "folder", name: path, problem: notThere(project.root, path), jobs })),
  ];
}

/** Jobs that agents run: what they lack, they say themselves. */
function jobsOfAgents(agents: Exchange, { plan, delivery }: Pick<LackQuestion, "plan" | "delivery">): Set<JobId> {
  const pipelines = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const theirs = plan.jobs.filter(({ pipeline: name, job, undoes }) => {
    const undone = undoes && plan.undone?.[undoes.release]?.delivery.pipelines;
    const pipeline = undone ? undone.find((one) => one.name === name) : pipelines.get(name);
    const { runsOn } = pipeline?.jobs[job] ?? {};
    return agents.takes(runsOn === undefined ? {} : { runsOn: [] });
  });
  return new Set(theirs.map(({ id }) => id));
}

const here = (): System =>
  process.platform === "win32" ? "Windows" : process.platform === "darwin" ? "macOS" : "Linux";

function notThere(root: string, path: string): string {
  const parent = dirname(path);
  const near = isFolder(join(root, parent)) ? nearestName(basename(path), foldersIn(join(root, parent))) : undefined;
  return near === undefined ? "not there" : `not there; did you mean ${join(parent, near)}?`;
}

function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

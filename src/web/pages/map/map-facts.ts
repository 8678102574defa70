/** What the map shows: pipelines or jobs, each as it is now, and where one release is or was. Pure. */
import { type Mark, markOfJob } from "../../data/states.ts";
import type {
  Board,
  BoardCell,
  Graph,
  GraphJob,
  JobView,
  MapOfAll,
  OpenRun,
  Release,
  WaitView,
} from "../../data/wire.ts";
import type { Facts } from "../run/node-state.ts";

/** One node for each pipeline in each environment, by the name of the release that is there. */
export function pipelineGraph(map: MapOfAll, board: Board): Graph {
  const cells = new Map(board.pipelines.map((pipeline) => [pipeline.name, pipeline.in]));
  const isThere = new Set(map.jobs.map(({ pipeline, environment }) => nameOf(pipeline, environment)));
  const jobs = map.environments.flatMap((environment) =>
    map.pipelines
      .filter(({ name }) => isThere.has(nameOf(name, environment)))
      .map(({ name, needs }): GraphJob => {
        const { deployed } = cells.get(name)?.[environment] ?? {};
        return {
          id: nameOf(name, environment),
          pipeline: name,
          job: deployed ? `release ${deployed.release}` : "nothing yet",
          environment,
          deploys: true,
          decision: "run",
          reason: "",
          after: needs.map((need) => nameOf(need, environment)).filter((id) => isThere.has(id)),
          steps: [],
        };
      }),
  );
  return { version: 1, run: "", environments: map.environments, jobs, joins: [], criticalPath: [] };
}

/** Of a pipeline in an environment. */
export const nameOf = (pipeline: string, environment: string | undefined) =>
  environment === undefined ? pipeline : `${pipeline}@${environment}`;

export function jobGraph({ environments, jobs, joins, criticalPath }: MapOfAll): Graph {
  // A condition that keeps a job out of one run does not keep it off the map.
  const all = jobs.map((job): GraphJob => ({ ...job, decision: "run" }));
  return { version: 1, run: "", environments, jobs: all, joins, criticalPath };
}

interface Known {
  board: Board;
  /** Newest first. */
  open: readonly OpenRun[];
  release: Release | undefined;
}

export function mapFacts(graph: Graph, { board, open, release }: Known): Facts {
  const cells = new Map(board.pipelines.map((pipeline) => [pipeline.name, pipeline.in]));
  const now = new Map<string, JobView>();
  const waits = new Map<string, WaitView>();
  for (const run of open.toReversed()) {
    const asks = new Map(
      run.waiting.flatMap(({ subject, wait }) => (wait.kind === "approval" ? [[subject, wait]] : [])),
    );
    for (const job of run.jobs) {
      now.set(job.id, job);
      const wait = asks.get(/@([^[]+)/.exec(job.id)?.[1] ?? "");
      if (wait) waits.set(job.id, wait);
      else waits.delete(job.id);
    }
  }
  const marks = new Map<string, Mark>();
  const notes = new Map<string, { mark: Mark; release: number }>();
  for (const job of graph.jobs) {
    const cell = cellOf(cells.get(job.pipeline) ?? {}, job.environment);
    const isPipeline = job.steps.length === 0 && job.id === nameOf(job.pipeline, job.environment);
    if (!isPipeline) {
      marks.set(job.id, markOfLast(job, { now: now.get(job.id), wait: waits.get(job.id), cell }));
      continue;
    }
    marks.set(job.id, cell?.deployed ? { state: "passed", word: "deployed" } : unknown);
    const note = noteOf(cell);
    if (note) notes.set(job.id, note);
  }
  const lit = release && new Set(graph.jobs.filter((job) => hasIt(release, job)).map(({ id }) => id));
  return { jobs: now, waits, critical: new Set(graph.criticalPath), marks, notes, ...(lit && { lit }) };
}

/** What is made once is as it is in whatever environment has it. */
const cellOf = (cells: Readonly<Record<string, BoardCell>>, environment: string | undefined) =>
  environment === undefined ? Object.values(cells).find(({ deployed }) => deployed) : cells[environment];

const unknown: Mark = { state: "skipped", word: "not yet" };

function noteOf(cell: BoardCell | undefined): { mark: Mark; release: number } | undefined {
  const { coming, failed } = cell ?? {};
  if (coming?.status === "running") return { mark: { state: "running", word: "deploying" }, release: coming.release };
  if (failed) return { mark: { state: "failed", word: "failed" }, release: failed.release };
  return coming && { mark: { state: "waiting", word: "on its way" }, release: coming.release };
}

/** Of a job in a run that goes on, else as it ended in the one that brought what is there. */
function markOfLast(
  job: GraphJob,
  { now, wait, cell }: { now: JobView | undefined; wait: WaitView | undefined; cell: BoardCell | undefined },
): Mark {
  if (now !== undefined) return markOfJob(now, job, wait);
  if (cell?.failed?.job === job.id) return { state: "failed", word: "failed" };
  return cell?.deployed ? { state: "passed", word: "passed" } : unknown;
}

/** Whether the release has passed there, or has just come. */
function hasIt({ release, proven, pipelines, visits }: Release, { pipeline, environment }: GraphJob): boolean {
  if (environment === undefined) return pipelines.some((one) => one.pipeline === pipeline);
  if (!proven.includes(environment)) return visits.some((visit) => visit.environment === environment);
  const version = pipelines.find((one) => one.pipeline === pipeline)?.versions[environment];
  return version !== undefined && (version.origin ?? version.release) <= release;
}

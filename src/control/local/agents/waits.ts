import type { RunView } from "../../views/run.ts";
import { readStanding, type Standing } from "./board.ts";

/**
 * What of these runs waits for agents. In the journal such an attempt has started: only whoever hands it out knows that nobody
 * has it yet, and why.
 */
export function withAgentWaits<View extends Pick<RunView, "run" | "jobs" | "waiting">>(
  views: readonly View[],
  stateFolder: string,
): View[] {
  const standing = views.length === 0 ? undefined : readStanding(stateFolder);
  return standing === undefined ? [...views] : views.map((view) => withWaitsOf(view, standing));
}

function withWaitsOf<View extends Pick<RunView, "run" | "jobs" | "waiting">>(view: View, { queued }: Standing): View {
  const waits = new Map(queued.flatMap((one) => (one.run === view.run ? [[one.job, one]] : [])));
  const isWaiting = (job: RunView["jobs"][number]) => job.status === "running" && waits.has(job.id);
  const found = view.jobs.filter(isWaiting).map(({ id }): RunView["waiting"][number] => {
    const { runsOn, because } = waits.get(id)!;
    return { subject: id, wait: { kind: "agent", runsOn, because }, kind: "elsewhere" };
  });
  if (found.length === 0) return view;
  const jobs = view.jobs.map((job) => (isWaiting(job) ? { ...job, status: "ready" as const } : job));
  return { ...view, jobs, waiting: [...found, ...view.waiting] };
}

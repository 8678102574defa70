import type { RunId } from "../../engine/events.ts";
import { storeProcesses } from "../../store/store.ts";
import type { LocalHost } from "./host.ts";

/** The newest runs whose artifacts are kept, beside those of what is deployed. */
const keptRuns = 50;

/** Checkouts of runs that passed go; those of failed runs stay to be looked at until the next run. */
export async function tidyUp(host: LocalHost, run: RunId): Promise<void> {
  // What somebody else is just making is in no journal yet.
  if (isAnybodyElseThere(host)) return;
  const { engine, runner, checkouts, artifacts, store, project } = host;
  const { state } = engine;
  const keep = new Set(runner.listServices().map((service) => service.run));
  for (const { id, finished } of state.runs.values()) {
    if (finished === undefined || (id === run && finished.conclusion !== "succeeded")) keep.add(id);
  }
  const deployed = Object.values(state.deployed).flatMap((there) => Object.values(there));
  const commits = deployed.map(({ commit }) => commit);
  await checkouts.tidy({ keep, commits, root: project.repository });
  if (state.runs.size > keptRuns) await artifacts.clear({ keep: store.artifactsInUse({ runs: keptRuns }) });
}

function isAnybodyElseThere({ project }: LocalHost): boolean {
  return storeProcesses(project.stateFolder).length > 1;
}

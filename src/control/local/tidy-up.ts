import type { RunId } from "../../engine/events.ts";
import { storeProcesses } from "../../store/store.ts";
import { keptDeployments } from "./release-facts.ts";
import type { Session } from "./session.ts";

/** The newest runs whose artifacts are kept, beside those of what is deployed, and that may be retried if they failed. */
const keptRuns = 50;

/** How many releases lie between two looks for artifacts that nobody needs any more. */
const clearEvery = 10;

/**
 * Checkouts of runs that passed go; those of failed runs stay to be looked at until the next run. What a failed run works on
 * is remembered for longer, so that it can be retried.
 */
export async function tidyUp(session: Session, run: RunId): Promise<void> {
  const { engine, runner, checkouts, artifacts, store, project } = session;
  await checkouts.leave(run);
  const kept = await checkouts.listKept(project.repository);
  // What somebody else is just making is in no journal yet.
  if (isAnybodyElseThere(session)) return;
  const { state } = engine;
  const keep = new Set(runner.listServices().map((service) => service.run));
  for (const id of state.runs.keys()) keep.add(id);
  if (engine.run(run)?.finished?.conclusion !== "succeeded") keep.add(run);
  const deployed = Object.values(state.deployed).flatMap((there) => Object.values(there));
  const commits = deployed.map(({ commit }) => commit);
  const retried = store.runs({ newest: keptRuns }).filter(({ conclusion }) => conclusion !== "succeeded");
  // What somebody may go back to needs its commit.
  const lately = store.newestDeployments(keptDeployments);
  const remember = new Set([...retried, ...lately].map((record) => record.run));
  await checkouts.tidy({ keep, remember, commits, root: project.repository, kept });
  // Now and then, and while nobody else stores any: it reads what the kept runs made.
  const isTime = state.nextRelease > keptRuns && state.nextRelease % clearEvery === 0;
  if (isTime && storeProcesses(project.stateFolder).length <= 1)
    await artifacts.clear({ keep: store.artifactsInUse({ runs: keptRuns, deployments: keptDeployments }) });
}

function isAnybodyElseThere({ project }: Session): boolean {
  return storeProcesses(project.stateFolder).length > 1;
}

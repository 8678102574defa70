import type { DriftLooked } from "../../engine/events.ts";
import { prepareDriftLook } from "../../engine/launch.ts";
import type { Ended, Launch } from "../../engine/ports.ts";
import { EngineRefusal } from "../../engine/refusal.ts";
import { type JobState, type RunState, releaseMeant } from "../../engine/state.ts";
import { type Actor, notThere, Refused, refused } from "../control.ts";
import { loadDefinition } from "../definition/load.ts";
import type { DriftRequest } from "../host.ts";
import type { Place } from "../project.ts";
import { readSecrets } from "../request/secrets.ts";
import { deployedView } from "../views/deployed.ts";
import type { DriftLook, DriftView } from "../views/drift.ts";
import { requireJournal } from "./journal.ts";
import { openSession, type Session } from "./session.ts";
import { tellNow } from "./telling.ts";
import { tidyUp } from "./tidy-up.ts";

/** The exit code of a command that looks and finds a difference. */
const differs = 2;

/** Lines that are shown, and that are kept in the journal; the log of the look has all of them. */
const mostShown = 500;
const mostKept = 20;
const longestKept = 200;

interface Target {
  environment: string;
  run: RunState;
  job: JobState;
}

/**
 * Runs what jobs say looks for drift, with the files, values and secrets that they deployed with, one after the other; and keeps what
 * it found. Holds no lock: what is deployed meanwhile makes a look void. @throws {Refused}
 */
export async function lookForDrift(place: Place, request: DriftRequest, by: Actor): Promise<DriftView> {
  const { project, caller } = place;
  const deployments = await deploymentsIn(place, request.environment);
  const session = await openSession({ project, secrets: readSecrets(caller, request.secretsFile) });
  const looks: DriftLook[] = [];
  try {
    const targets = deployments.flatMap((one) => targetsOf(session, one));
    if (targets.length === 0) throw refused("nothing-looks", { subject: request.environment ?? "" });
    for (const target of targets) looks.push(await lookAt(session, target, by));
    for (const run of new Set(targets.map((target) => target.run.id))) await tidyUp(session, run);
  } finally {
    await session.close();
  }
  await tellNow(place);
  return { version: 1, looks };
}

interface Deployment {
  environment: string;
  pipeline: string;
  run: string;
}

async function deploymentsIn(place: Place, environment: string | undefined): Promise<Deployment[]> {
  using journal = requireJournal(place.project);
  const all = journal.currentDeployments();
  // In promotion order.
  const deployed = Object.keys(deployedView(journal));
  const meant = environment === undefined ? deployed : deployed.filter((name) => name === environment);
  if (meant.length === 0) throw await nothingThere(place, { environment, deployed });
  return meant.flatMap((name) => all.filter((one) => one.environment === name));
}

/** Whether there is no such environment, or nothing in it. */
async function nothingThere(
  { project, caller }: Place,
  { environment, deployed }: { environment: string | undefined; deployed: readonly string[] },
): Promise<Refused> {
  const { environments } = await loadDefinition(project.file, caller);
  const defined = environments.map(({ name }) => name);
  if (environment === undefined || defined.includes(environment)) {
    return refused("nothing-looks", { subject: environment ?? "", because: "nothing-deployed" });
  }
  return notThere("no-environment", environment, [...new Set([...defined, ...deployed])]);
}

/** Of the run that deployed the pipeline there, by its definition. */
function targetsOf({ engine }: Session, { environment, pipeline, run: id }: Deployment): Target[] {
  const run = engine.run(id);
  if (run === undefined) return [];
  const jobs = run.list.filter(
    ({ planned, definition, status }) =>
      planned.environment === environment &&
      planned.pipeline === pipeline &&
      definition.drift !== undefined &&
      status === "succeeded",
  );
  return jobs.map((job) => ({ environment, run, job }));
}

async function lookAt(session: Session, { environment, run, job }: Target, by: Actor): Promise<DriftLook> {
  const { engine, store, checkouts } = session;
  const since = engine.state.seq;
  const about = { environment, job: job.id, run: run.id, release: releaseMeant(run) };
  const before = lastFound(session, environment, job);
  const told = { ...about, ...(before !== undefined && { before }) };
  const prepared = prepareDriftLook(run, job, { token: crypto.randomUUID(), attempt: Math.floor(Date.now() / 1000) });
  if (prepared.kind === "refused") return { ...told, found: "unknown", said: [prepared.failure.message] };
  try {
    await checkouts.restore(run.id);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...told, found: "unknown", said: [`the files of run ${run.id} are not there as they were`] };
  }
  session.withhold(run.id);
  const { result, lines } = await carriedOut(session, prepared.launch);
  const found = foundBy(result);
  const said = result.kind === "failed" && found === "unknown" ? [result.failure.message, ...lines] : lines;
  const kept = said.slice(0, mostKept).map((line) => line.slice(0, longestKept).toWellFormed());
  try {
    await engine.noteDrift({
      since,
      environment,
      deployedBy: job.id,
      release: about.release,
      found,
      ...(before !== undefined && { before }),
      said: kept,
      by: by.name,
    });
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error;
    return { ...told, found: "unknown", said: [error.message] };
  }
  store.flush();
  return { ...told, found, said };
}

function foundBy(result: Ended["result"]): DriftLooked["found"] {
  if (result.kind === "succeeded") return "same";
  const isDifferent = result.kind === "failed" && result.failure.kind === "exit" && result.failure.exitCode === differs;
  return isDifferent ? "differs" : "unknown";
}

async function carriedOut({ runner }: Session, launch: Launch): Promise<{ result: Ended["result"]; lines: string[] }> {
  const lines: string[] = [];
  runner.onOutput(({ token, text }) => {
    if (token === launch.token && lines.length < mostShown) lines.push(text);
  });
  const { promise, resolve } = Promise.withResolvers<Ended>();
  runner.onEnded((ended) => {
    if (ended.token === launch.token) resolve(ended);
  });
  runner.start(launch);
  const { result } = await promise;
  return { result, lines };
}

/** What was found the last time somebody looked at what this job left, whichever release it was of. */
function lastFound({ store }: Session, environment: string, { id }: JobState): DriftLooked["found"] | undefined {
  let found: DriftLooked["found"] | undefined;
  for (const { event } of store.ofTypes(["drift.looked"], {})) {
    if (event.type === "drift.looked" && event.environment === environment && event.deployedBy === id) {
      if (event.found !== "unknown") found = event.found;
    }
  }
  return found;
}

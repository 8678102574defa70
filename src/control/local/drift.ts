import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import type { DriftLooked } from "../../engine/events.ts";
import { prepareDriftLook } from "../../engine/launch.ts";
import type { Ended, Launch } from "../../engine/ports.ts";
import { EngineRefusal } from "../../engine/refusal.ts";
import { type JobState, type RunState, releaseMeant } from "../../engine/state.ts";
import { logPath, sharedLogPath } from "../../runner/log-path.ts";
import { type Actor, notThere, Refused, refused } from "../control.ts";
import { loadDefinition } from "../definition/load.ts";
import type { DriftRequest } from "../host.ts";
import type { Place, Project } from "../project.ts";
import { readSecrets } from "../request/secrets.ts";
import { deployedView } from "../views/deployed.ts";
import type { DriftLook, DriftView } from "../views/drift.ts";
import { type HalfDeployed, halfDeployedIn } from "../views/half-deployed.ts";
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
  const since = newestSeq(project);
  const deployments = await deploymentsIn(place, request.environment);
  const session = await openSession({ project, secrets: readSecrets(caller, request.secretsFile) });
  const looks: DriftLook[] = [];
  try {
    const targets = deployments.flatMap((one) => targetsOf(session, one));
    if (targets.length === 0) throw refused("nothing-looks", { subject: request.environment ?? "" });
    // Of all before the first: what is kept for the next command was begun with what was there then.
    for (const { run } of targets) session.withhold(run.id);
    for (const target of targets) {
      const look = await lookAt(session, target, { since, by, signal: request.signal });
      if (look === undefined) break;
      looks.push(look);
    }
    for (const run of new Set(targets.map((target) => target.run.id))) await tidyUp(session, run);
  } finally {
    await session.close();
  }
  await tellNow(place);
  return { version: 1, looks };
}

function newestSeq(project: Project): number {
  using journal = requireJournal(project);
  return journal.newestSeq();
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

interface Looking {
  /** What is looked at was deployed by then. */
  since: number;
  by: Actor;
  signal: AbortSignal | undefined;
}

/** Undefined: it was stopped. */
async function lookAt(
  session: Session,
  target: Target,
  { since, by, signal }: Looking,
): Promise<DriftLook | undefined> {
  const { environment, run, job } = target;
  const { engine, store } = session;
  let before = lastFound(session, environment, job);
  const told = (found: DriftLook["found"], said: string[]): DriftLook => {
    const about = { environment, job: job.id, run: run.id, release: releaseMeant(run) };
    return { ...about, ...(before !== undefined && { before }), found, said };
  };
  try {
    await engine.requireQuiet(environment, since);
    const launch = await readyToLook(session, target);
    if (typeof launch === "string") return told("unknown", [launch]);
    if (signal?.aborted) return undefined;
    const { result, lines, printed } = await carriedOut(session, launch, signal);
    if (signal?.aborted) return undefined;
    const found = foundBy(result);
    const said = result.kind === "failed" && found === "unknown" ? [result.failure.message, ...lines] : lines;
    const kept = said.slice(0, mostKept).map((line) => line.slice(0, longestKept).toWellFormed());
    await engine.noteDrift({
      since,
      environment,
      deployedBy: job.id,
      release: releaseMeant(run),
      found,
      before: () => {
        before = lastFound(session, environment, job);
        return before === undefined ? {} : { before };
      },
      said: kept,
      by: by.name,
    });
    store.flush();
    return { ...told(found, said), ...(printed > lines.length && { log: logOf(session, launch) }) };
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error;
    return told("unknown", [error.message]);
  }
}

/** What is to be started, or why nobody can tell. */
async function readyToLook(
  { engine, checkouts }: Session,
  { environment, run, job }: Target,
): Promise<Launch | string> {
  const { pipeline } = job.planned;
  const isOf = (half: HalfDeployed) => half.environment === environment && half.pipeline === pipeline;
  if (halfDeployedIn(engine.state).some(isOf))
    return `a newer release of ${pipeline} began to be deployed to ${environment} and has not passed there`;
  // Two who look at once have a log and a checkout each.
  const attempt = Math.floor(Date.now() / 1000) * 2 ** 20 + randomInt(2 ** 20);
  const prepared = prepareDriftLook(run, job, { token: crypto.randomUUID(), attempt });
  if (prepared.kind === "refused") return prepared.failure.message;
  try {
    await checkouts.restore(run.id);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return `the files of run ${run.id} are not there as they were`;
  }
  return prepared.launch;
}

function logOf({ project: { stateFolder } }: Session, launch: Launch): string {
  const own = logPath(stateFolder, launch);
  return existsSync(own) ? own : sharedLogPath(stateFolder, launch.run);
}

function foundBy(result: Ended["result"]): DriftLooked["found"] {
  if (result.kind === "succeeded") return "same";
  const isDifferent = result.kind === "failed" && result.failure.kind === "exit" && result.failure.exitCode === differs;
  return isDifferent ? "differs" : "unknown";
}

/** `printed`: how many lines it printed. */
async function carriedOut({ runner }: Session, launch: Launch, signal: AbortSignal | undefined) {
  const lines: string[] = [];
  let printed = 0;
  runner.onOutput(({ token, text }) => {
    if (token !== launch.token) return;
    printed += 1;
    if (lines.length < mostShown) lines.push(text);
  });
  const { promise, resolve } = Promise.withResolvers<Ended>();
  runner.onEnded((ended) => {
    if (ended.token === launch.token) resolve(ended);
  });
  const stop = () => runner.stop(launch.token, "graceful");
  signal?.addEventListener("abort", stop, { once: true });
  runner.start(launch);
  const { result } = await promise;
  signal?.removeEventListener("abort", stop);
  return { result, lines, printed };
}

/** What was found the last time somebody looked at what this job left, whichever release it was of. */
function lastFound({ store }: Session, environment: string, { id }: JobState): DriftLooked["found"] | undefined {
  for (const { event } of store.newestDriftLooks({ known: true })) {
    if (event.environment === environment && event.deployedBy === id) return event.found;
  }
  return undefined;
}

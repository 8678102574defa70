import { type Engine, openEngine } from "../../engine/engine.ts";
import type { EngineEvent, RunId } from "../../engine/events.ts";
import { EngineRefusal } from "../../engine/refusal.ts";
import type { RunState } from "../../engine/state.ts";
import { EngineStopped } from "../../engine/turns.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { JobId } from "../../plan/plan.ts";
import { createRunner, type ProcessRunner } from "../../runner/runner.ts";
import { createTreeLooker } from "../../runner/tree-looker.ts";
import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import { openStore, type StoreHandle } from "../../store/store.ts";
import { type Actor, refused } from "../control.ts";
import type { Project } from "../project.ts";
import { allSecretsOf, type Secrets } from "../request/secrets.ts";
import type { Exchange } from "./agents/exchange.ts";
import { withAgents } from "./agents/with-agents.ts";
import { Checkouts } from "./checkouts.ts";
import { idsFor, systemClock } from "./clock-and-ids.ts";
import { secretsOfNotices } from "./telling.ts";

/** A process that makes runs go on: everything that one state folder takes, put together. */
export interface Session {
  project: Project;
  store: StoreHandle;
  runner: ProcessRunner;
  engine: Engine;
  checkouts: Checkouts;
  artifacts: ArtifactStore;
  /** Takes a run that nobody runs over to this process: what was cut off is ended and starts again. @throws {Refused} */
  adopt(run: RunId, by: Actor, told?: { override?: string | undefined }): Promise<{ interrupted: JobId[] }>;
  /** Keeps the secrets of a run that has finished from other jobs, before it is retried here. */
  withhold(run: RunId): void;
  /** Ends what runs (a later Baton takes it up again) and lets go of the state folder. */
  close(): Promise<void>;
}

export interface OpenSession {
  project: Project;
  secrets: Secrets;
  /** Where jobs are handed out to agents. */
  agents?: Exchange | undefined;
  /** Of the run that will be made. */
  delivery?: Delivery;
}

/** Joins those who write to the state folder. @throws {StoreError} */
export async function openSession({ project, secrets, agents, delivery }: OpenSession): Promise<Session> {
  const store = openStore(project.stateFolder);
  try {
    const looker = createTreeLooker();
    const checkouts = new Checkouts(project.stateFolder, looker);
    const artifacts = new ArtifactStore(project.stateFolder);
    const { stateFolder } = project;
    const here = createRunner({
      stateFolder,
      session: store.lease,
      directoryOf: (attempt) => checkouts.directoryOf(attempt),
      layOut: (attempt) => checkouts.layOut(attempt),
      clear: (attempt) => checkouts.clear(attempt),
      secrets,
      secretHint: "set an environment variable of that name or give --secrets-file, then `baton retry`",
      artifacts,
    });
    const working = watchAttempts(here);
    const sourceOf = (run: RunId, job: JobId) => checkouts.sourceOf(run, job);
    const runner = withAgents(working.runner, { stateFolder, exchange: agents, secrets, artifacts, sourceOf });
    const ids = idsFor(() => engine.state.nextRelease);
    const ports = { clock: systemClock, store, runner, ids, lease: store.lease };
    const engine: Engine = await openEngine(ports, { isNeverAhead: agents !== undefined });
    if (agents !== undefined) engine.subscribe(({ event }) => forgetEnded(agents, event));
    const deliveries = [...engine.state.runs.values()].flatMap(deliveriesOf);
    for (const one of delivery ? [delivery, ...deliveries] : deliveries) runner.withhold(allSecretsOf(one));
    // Also of runs that name no such target themselves: a release of before, or of a branch without it.
    runner.withhold(secretsOfNotices(stateFolder, store));
    return {
      project,
      store,
      runner,
      engine,
      checkouts,
      artifacts,
      async adopt(run, by, { override } = {}) {
        await checkouts.restore(run, engine.run(run)?.environments.keys());
        const interrupted = await engine.adopt([run], { by: by.name, override });
        return { interrupted: interrupted.map(({ job }) => job) };
      },
      withhold(run) {
        const known = engine.run(run);
        if (known) for (const one of deliveriesOf(known)) runner.withhold(allSecretsOf(one));
      },
      async close() {
        await engine.close();
        await working.ended();
        runner.close();
        looker.close();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Its own, and those of the releases that it undoes. */
const deliveriesOf = ({ delivery, plan }: Pick<RunState, "delivery" | "plan">): Delivery[] => [
  delivery,
  ...Object.values(plan.undone ?? {}).map((undone) => undone.delivery),
];

/** Asks one thing of the engine beside whoever makes the runs go on; nothing runs here. @throws {Refused} */
export async function besides<T>(project: Project, ask: (engine: Engine) => Promise<T>): Promise<T> {
  const session = await openSession({ project, secrets: () => undefined });
  try {
    return await ask(session.engine);
  } catch (error) {
    throw asRefusal(error);
  } finally {
    await session.close();
  }
}

/** What the engine refuses is a refusal here too; when it stops, the store's own words say why and what to do. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof EngineRefusal) {
    const { code, subject, known, message: because } = error;
    switch (code) {
      case "expired":
        return refused("approval-expired", { subject, known });
      case "has-finished":
        return refused(code, { subject, because: known.join() });
      case "being-made":
      case "approved-already":
      case "environment-busy":
      case "not-frozen":
      case "not-owed":
      case "over-already":
      case "own-run":
      case "runs-elsewhere":
      case "not-finished":
      case "nothing-to-retry":
      case "not-waiting":
      case "outdated-plan":
        return refused(code, { subject, known, because });
      default:
        return error;
    }
  }
  if (!(error instanceof EngineStopped) || error.cause === undefined) return error;
  const { cause } = error;
  if (cause instanceof Error && cause.name === "StoreError") {
    return refused("journal-not-written", { subject: "", because: cause.message });
  }
  return cause;
}

function forgetEnded(agents: Exchange, event: EngineEvent): void {
  if ("token" in event && event.token !== undefined && event.type !== "job.started") agents.forget([event.token]);
}

/** The runner, and a promise that everything it was asked to start has ended: Baton does not go before its jobs. */
function watchAttempts(runner: ProcessRunner): { runner: ProcessRunner; ended(): Promise<void> } {
  const active = new Set<string>();
  let allEnded: PromiseWithResolvers<void> | undefined;
  runner.onEnded(({ token }) => {
    active.delete(token);
    if (active.size === 0) allEnded?.resolve();
  });
  return {
    runner: {
      ...runner,
      start(launch) {
        active.add(launch.token);
        runner.start(launch);
      },
    },
    async ended() {
      if (active.size === 0) return;
      allEnded = Promise.withResolvers();
      await allEnded.promise;
    },
  };
}

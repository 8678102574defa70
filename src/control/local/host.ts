import { userInfo } from "node:os";
import { type Engine, openEngine } from "../../engine/drive.ts";
import type { RunId } from "../../engine/events.ts";
import type { Runner } from "../../engine/ports.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { JobId } from "../../plan/plan.ts";
import { createRunner, type ProcessRunner } from "../../runner/runner.ts";
import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import { openStore, type StoreHandle } from "../../store/store.ts";
import type { Actor } from "../control.ts";
import type { Project } from "../project.ts";
import { allSecretsOf, type Secrets } from "../request/secrets.ts";
import { Checkouts } from "./checkouts.ts";
import { idsFor, systemClock } from "./clock-and-ids.ts";

/** This machine as what makes runs go on: everything that one state folder takes, put together. */
export interface LocalHost {
  project: Project;
  store: StoreHandle;
  runner: ProcessRunner;
  engine: Engine;
  checkouts: Checkouts;
  artifacts: ArtifactStore;
  /** Makes a run that nobody makes go on go on here: what was cut off is ended and starts again. @throws {Refused} */
  adopt(run: RunId): Promise<{ interrupted: JobId[] }>;
  /** Ends what runs (a later Baton takes it up again) and lets go of the state folder. */
  close(): Promise<void>;
}

export interface OpenLocalHost {
  project: Project;
  secrets: Secrets;
  /** Of the run that will be made. */
  delivery?: Delivery;
}

/** Takes the state folder for this process. @throws {StoreError} when another Baton has it. */
export function openLocalHost({ project, secrets, delivery }: OpenLocalHost): LocalHost {
  const store = openStore(project.stateFolder);
  try {
    const checkouts = new Checkouts(project.stateFolder);
    const artifacts = new ArtifactStore(project.stateFolder);
    const runner = createRunner({
      stateFolder: project.stateFolder,
      directoryOf: (attempt) => checkouts.directoryOf(attempt),
      layOut: (attempt) => checkouts.layOut(attempt),
      clear: (attempt) => checkouts.clear(attempt),
      secrets,
      secretHint: "set an environment variable of that name or give --secrets-file, then `baton retry`",
      artifacts,
    });
    const working = watchAttempts(runner);
    const engine: Engine = openEngine({
      clock: systemClock,
      store,
      runner: working.runner,
      ids: idsFor(() => engine.state.nextRelease),
    });
    const deliveries = Array.from(engine.state.runs.values(), (run) => run.delivery);
    for (const one of delivery ? [delivery, ...deliveries] : deliveries) runner.withhold(allSecretsOf(one));
    return {
      project,
      store,
      runner,
      engine,
      checkouts,
      artifacts,
      async adopt(run) {
        checkouts.restore(run);
        const { interrupted } = await engine.recover();
        return { interrupted: interrupted.filter((one) => one.run === run).map(({ job }) => job) };
      },
      async close() {
        await engine.close();
        await working.ended();
        runner.close();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The runner, and a promise that everything it was asked to start has ended: Baton does not go before its jobs. */
function watchAttempts(runner: ProcessRunner): { runner: Runner; ended(): Promise<void> } {
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

/** Whoever sits at this machine, for the journal. */
export function actorHere(env: NodeJS.ProcessEnv): Actor {
  return { name: env.GITHUB_ACTOR || userName(env), via: "terminal" };
}

function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER || "somebody";
  }
}

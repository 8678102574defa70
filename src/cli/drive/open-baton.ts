import { userInfo } from "node:os";
import { type Engine, openEngine } from "../../engine/drive.ts";
import type { Runner } from "../../engine/ports.ts";
import type { Delivery } from "../../model/delivery.ts";
import { createRunner, type ProcessRunner } from "../../runner/runner.ts";
import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import type { PostedRequest } from "../../store/requests.ts";
import { openStore, type StoreHandle } from "../../store/store.ts";
import type { Place } from "../place.ts";
import { allSecretsOf, type Secrets } from "../secrets.ts";
import { Checkouts } from "./checkouts.ts";
import { idsFor, systemClock } from "./clock-and-ids.ts";

/** Everything that drives runs in one state folder, put together. */
export interface Baton {
  place: Place;
  store: StoreHandle;
  runner: ProcessRunner;
  engine: Engine;
  checkouts: Checkouts;
  artifacts: ArtifactStore;
  /** Ends what runs (a later Baton takes it up again) and lets go of the state folder. */
  close(): Promise<void>;
}

export interface OpenBaton {
  place: Place;
  secrets: Secrets;
  /** Of the run that will be made. */
  delivery?: Delivery;
}

/** Takes the state folder for this process. @throws {StoreError} when another Baton has it. */
export function openBaton({ place, secrets, delivery }: OpenBaton): Baton {
  const store = openStore(place.stateFolder);
  try {
    const checkouts = new Checkouts(place.stateFolder);
    const artifacts = new ArtifactStore(place.stateFolder);
    const runner = createRunner({
      stateFolder: place.stateFolder,
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
      place,
      store,
      runner,
      engine,
      checkouts,
      artifacts,
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

/** Does what other processes ask of this one: `baton cancel`, `baton approve` and `baton reject` in another terminal. */
export function answerRequests({ engine, store }: Baton): void {
  store.onRequest((posted) => {
    // What is asked too late (the run has finished meanwhile) is dropped; the asker looks at the outcome, not at us.
    const done = act(engine, posted).catch(() => {});
    void Promise.all([done, posted.settle()]).catch(() => {});
  });
}

async function act(engine: Engine, { request }: PostedRequest): Promise<void> {
  switch (request.kind) {
    case "cancel":
      return await engine.cancel(request.run, { mode: request.mode, by: request.by });
    case "answer": {
      const { run, environment, answer, by, comment } = request;
      return await engine.answer(run, environment, { answer, by, ...(comment !== undefined && { comment }) });
    }
    default:
      return request satisfies never;
  }
}

/** Who sits here, for the journal. */
export function whoAmI(env: NodeJS.ProcessEnv): string {
  if (env.GITHUB_ACTOR) return env.GITHUB_ACTOR;
  try {
    return userInfo().username;
  } catch {
    return env.USER || "somebody";
  }
}

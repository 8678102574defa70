import { admit, letThrough } from "../../../src/engine/admission.ts";
import { type DecideContext, decide } from "../../../src/engine/decide.ts";
import { environmentOf } from "../../../src/engine/policies/lock.ts";
import type { Runner, Store } from "../../../src/engine/ports.ts";
import type { JobState, RunState, State } from "../../../src/engine/state.ts";
import { changesThere } from "./ledger.ts";
import type { Sabotage } from "./world/world.ts";

/** For every checker an engine that is wrong in just the way the checker is for, or several: `checker: which`. */
export const mutations: Readonly<Record<string, { does: string; sabotage: Sabotage }>> = {
  "needs first": {
    does: "starts a job although what it needs has not ended",
    sabotage: before((state) => {
      for (const { run, job } of jobsOf(state)) {
        if (job.stage === "before" && job.status === "waiting" && job.number % 3 === 2 && run.cancel === undefined) {
          admit(state, { run, job, priority: "new" }, "matrix");
        }
      }
    }),
  },
  "ended stays ended": {
    does: "runs a job that has succeeded once more",
    sabotage: before((state) => {
      for (const { run, job } of jobsOf(state)) {
        if (job.status !== "succeeded" || job.attempt > 1 || run.cancel !== undefined || run.order === undefined)
          continue;
        run.open += 1;
        admit(state, { run, job, priority: "returning" }, "matrix");
      }
    }),
  },
  "one attempt": {
    does: "goes on after a crash and forgets what still runs and was not recorded yet",
    sabotage: {
      ports: (ports) => {
        const reap: Runner["reap"] = ({ tokens }) => ports.runner.reap({ tokens, runs: [] });
        return { ...ports, runner: { ...ports.runner, reap } };
      },
    },
  },
  "one deployment": {
    does: "deploys without the environment's lock",
    sabotage: before((state) => {
      for (const { run, job } of jobsOf(state)) if (job.stage === "lock") letThrough(state, run, job);
    }),
  },
  "locks in order": {
    does: "gives the lock to whoever came last",
    sabotage: before((state) => {
      for (const environment of state.environments.values()) environment.queue.reverse();
    }),
  },
  "verified long enough": {
    does: "lets a job pass that has looked once",
    sabotage: before((state) => {
      for (const { job } of jobsOf(state)) if (job.definition.verify !== undefined) job.looksLeft = 1;
    }),
  },
  "failures go back": {
    does: "forgets what is to be taken back",
    sabotage: before((state) => {
      for (const environment of state.environments.values()) environment.owed = undefined;
    }),
  },
  "freezes hold": {
    does: "forgets that an environment is frozen",
    sabotage: before((state) => {
      for (const environment of state.environments.values()) environment.freeze = undefined;
    }),
  },
  "no lock while asking": {
    does: "takes the lock before it asks",
    sabotage: before((state) => {
      for (const { run, job } of jobsOf(state)) {
        const environment = run.environments.get(job.planned.environment ?? "");
        if (job.stage !== "approval" || environment?.lock !== "none") continue;
        const shared = environmentOf(state, environment.name);
        shared.queue.push(run.id);
        environment.lock = "waiting";
        if (shared.holder === undefined) state.grantable.add(shared.name);
      }
    }),
  },
  "newest stays": {
    does: "lets an older release overwrite a newer one",
    sabotage: before((state) => {
      for (const environment of state.environments.values()) environment.newest.clear();
    }),
  },
  "moves as asked": {
    does: "moves a release to an environment that has changed meanwhile",
    sabotage: before((state) => {
      for (const environment of state.environments.values()) environment.changed = undefined;
    }),
  },
  "moves what passed": {
    does: "takes the newest release whether it passed or not",
    sabotage: {
      moving: (found, { releases }) => {
        const newest = releases.values().next().value;
        if (!("move" in found) || found.move.kind === "rollback" || newest === undefined) return found;
        return { move: { ...found.move, release: newest } };
      },
    },
  },
  "undoes first": {
    does: "undoes only the newest release, however far it goes back",
    sabotage: {
      moving: (found) => {
        if (!("move" in found)) return found;
        const [newest] = found.move.undoes;
        return {
          move: { ...found.move, undoes: found.move.undoes.filter(({ release }) => release === newest?.release) },
        };
      },
    },
  },
  "undoes in order": {
    does: "undoes the oldest release first",
    sabotage: {
      moving: (found) =>
        "move" in found ? { move: { ...found.move, undoes: found.move.undoes.toReversed() } } : found,
    },
  },
  "undoes in order: of a release": {
    does: "undoes whom others need before those who need them, each release in its turn",
    sabotage: {
      planned: (plan) => {
        const undoing = plan.jobs.filter(({ undoes }) => undoes !== undefined);
        const ofRelease = [...Map.groupBy(undoing, ({ undoes }) => undoes!.release).values()];
        const turned = ofRelease.flatMap((jobs) =>
          [...Map.groupBy(jobs, ({ pipeline }) => pipeline).values()].toReversed().flat(),
        );
        const before = (at: number) => (at === 0 ? [] : [turned[at - 1]!.id]);
        const jobs = turned.map((job, at) => ({ ...job, after: before(at), requires: before(at) }));
        const [last, turnedLast] = [undoing.at(-1)?.id, turned.at(-1)?.id];
        const behind = (ids: readonly string[]) => ids.map((id) => (id === last ? turnedLast! : id));
        const rest = plan.jobs.flatMap((job) =>
          job.undoes === undefined ? [{ ...job, after: behind(job.after), requires: behind(job.requires) }] : [],
        );
        return { ...plan, jobs: [...jobs, ...rest] };
      },
    },
  },
  "irreversible stays": {
    does: "goes back by itself past what cannot be undone",
    sabotage: { moving: (found) => ("move" in found ? { move: { ...found.move, crosses: [] } } : found) },
  },
  "windows hold": {
    does: "knows nothing of change windows",
    sabotage: before((state) => {
      for (const run of state.runs.values()) {
        const environments = run.delivery.environments.map(({ windows: _, ...each }) => each);
        Object.assign(run, { delivery: { ...run.delivery, environments } });
      }
    }),
  },
  "approved by enough": {
    does: "is content with one approval, whoever gives it",
    sabotage: {
      decide: (state, context) =>
        decide(state, context).map((event) => {
          if (event.type !== "approval.requested") return event;
          const { count: _, notBy: __, ...asked } = event;
          return asked;
        }),
    },
  },
  "moves the same bytes": {
    does: "brings the files of another release",
    sabotage: {
      moving: (found, { releases }) => {
        if (!("move" in found)) return found;
        const { release, set } = found.move;
        const others = [...releases.values()].filter(({ number }) => number !== release.number);
        const sets = others.flatMap(({ proven }) => [...proven.values()]);
        const mixed = Object.entries(set).map(([pipeline, version]) => {
          const other = sets.find((one) => one[pipeline]?.artifacts.dist)?.[pipeline];
          return [pipeline, other === undefined ? version : { ...version, artifacts: other.artifacts }];
        });
        return { move: { ...found.move, set: Object.fromEntries(mixed) } };
      },
    },
  },
  "rollback restores": {
    does: "goes back with one pipeline and leaves the others",
    sabotage: {
      moving: (found) => {
        if (!("move" in found) || found.move.kind === "promotion") return found;
        const [first] = Object.entries(found.move.set);
        return { move: { ...found.move, set: Object.fromEntries(first === undefined ? [] : [first]) } };
      },
    },
  },
  "own outputs": {
    does: "hands over the newest outputs there are",
    sabotage: before((state) => {
      const newest = new Map<string, Record<string, string>>();
      for (const { job } of jobsOf(state)) {
        if (job.status === "succeeded") newest.set(job.id, job.outputs);
      }
      for (const { job } of jobsOf(state)) job.outputs = newest.get(job.id) ?? job.outputs;
    }),
  },
  "nothing lost": {
    does: "calls a write durable that has only begun",
    sabotage: {
      ports: (ports) => {
        const turn: Store["turn"] = (take) => {
          const { events, at, ahead } = take([]);
          ports.store.turn(() => ({ events, at })).catch(() => {});
          ahead?.();
          return Promise.resolve();
        };
        return { ...ports, store: { ...ports.store, turn } };
      },
    },
  },
  "durable first": {
    does: "deploys as soon as a write has begun",
    sabotage: {
      ports: (ports) => {
        const turn: Store["turn"] = (take) => {
          const taken = Promise.withResolvers<void>();
          ports.store
            .turn((others) => {
              const turn = take(others);
              const ahead = () => {
                turn.ahead?.();
                taken.resolve();
              };
              return { ...turn, ahead };
            })
            .catch(taken.reject);
          return taken.promise;
        };
        return { ...ports, store: { ...ports.store, turn } };
      },
    },
  },
  limits: {
    does: "starts as many as it likes",
    sabotage: before((state) => {
      for (const run of state.runs.values()) Object.assign(run, { parallel: 50 });
    }),
  },
  "groups in order": {
    does: "sends the first of a group to the end of the line",
    sabotage: before((state) => {
      for (const { queue } of state.groups.values()) {
        const first = queue.first();
        if (first?.entry === undefined) continue;
        queue.leave(first.entry);
        first.entry = queue.join(first);
      }
    }),
  },
  "retries bounded": {
    does: "forgets how often it has tried",
    sabotage: before((state) => {
      for (const job of state.attempts.values()) job.tries = Math.min(job.tries, 1);
    }),
  },
  "cancel holds": {
    does: "does not stop what runs when the run is cancelled at once",
    sabotage: { ports: (ports) => ({ ...ports, runner: { ...ports.runner, stop: () => {} } }) },
  },
  "passed or not": {
    does: "calls every run a success",
    sabotage: {
      decide: (state, context) =>
        decide(state, context).map((event) =>
          event.type === "run.finished" ? { ...event, conclusion: "succeeded" } : event,
        ),
    },
  },
  "replay is live": {
    does: "remembers something that is not in the journal",
    sabotage: before((state) => {
      for (const job of state.attempts.values()) job.durationMs = 1;
      for (const run of state.runs.values()) for (const job of run.list) job.durationMs ??= 1;
    }),
  },
  "only the owner": {
    does: "goes on with the runs of others",
    sabotage: {
      decide: (state, context) => {
        const owners = new Set([...state.open].map((run) => state.runs.get(run)!.owner));
        return [...owners].flatMap((owner) => decide(state, { ...context, mine: owner ?? context.mine }));
      },
    },
  },
  "suspended holds nothing": {
    does: "lets a suspended run stay in line",
    sabotage: before((state) => {
      for (const run of state.runs.values()) {
        const [environment] = run.environments.values();
        if (run.suspended === undefined || environment === undefined) continue;
        const { queue } = environmentOf(state, environment.name);
        if (!queue.includes(run.id)) queue.push(run.id);
      }
    }),
  },
  "gone holds up nobody": {
    does: "takes everybody for alive",
    sabotage: { ports: (ports) => ({ ...ports, lease: { mine: ports.lease.mine, isAlive: () => true } }) },
  },
  "skips are true": {
    does: "takes its own release for a newer one",
    sabotage: before((state) => {
      for (const { run, job } of jobsOf(state)) {
        if (run.finished !== undefined || !changesThere(job.definition) || job.status !== "running") continue;
        environmentOf(state, job.planned.environment!).newest.set(job.planned.pipeline, run.release + 1);
      }
    }),
  },
  "cancels have causes": {
    does: "takes a failure for a stop",
    sabotage: {
      ports: (ports) => {
        const onEnded: Runner["onEnded"] = (listener) =>
          ports.runner.onEnded((ended) =>
            listener(ended.result.kind === "failed" ? { ...ended, result: { kind: "stopped" } } : ended),
          );
        return { ...ports, runner: { ...ports.runner, onEnded } };
      },
    },
  },
  "cancels name their cause": {
    does: "takes whoever asks for the one who cancelled",
    sabotage: before((state) => {
      for (const run of state.runs.values()) if (run.cancel !== undefined) Object.assign(run.cancel, { by: "nobody" });
    }),
  },
  "legs may end": {
    does: "stops all legs when one has failed",
    sabotage: before((state) => {
      for (const run of state.runs.values()) {
        for (const matrix of run.matrices.values()) Object.assign(matrix, { failFast: true });
      }
    }),
  },
  "passed ran all": {
    does: "takes an environment where everything failed for deployed",
    sabotage: {
      decide: (state, context) =>
        decide(state, context).map((event) => {
          if (event.type !== "run.finished") return event;
          const { release, plan } = state.runs.get(event.run)!;
          const record = { release, commit: plan.change.commit, outputs: {}, artifacts: {} };
          return { ...event, deployed: Object.fromEntries(plan.environments.map((name) => [name, { infra: record }])) };
        }),
    },
  },
  "reasons come first": {
    does: "names what comes last",
    sabotage: {
      decide: (state, context) =>
        decide(state, context).map((event) => {
          if (event.type !== "job.skipped" || event.code !== "gate") return event;
          const others = state.runs.get(event.run)!.jobs.get(event.job)!.planned.requires;
          return { ...event, because: others.findLast((id) => !id.startsWith("@")) ?? event.because };
        }),
    },
  },
  settles: {
    does: "forgets to give locks back",
    sabotage: { decide: (state, context) => decide(state, context).filter((event) => event.type !== "lock.released") },
  },
};

/** The real decision, after something was done to the state that no event says. */
function before(meddle: (state: State) => void): Sabotage {
  return {
    decide: (state: State, context: DecideContext) => {
      meddle(state);
      return decide(state, context);
    },
  };
}

function jobsOf(state: State): { run: RunState; job: JobState }[] {
  return [...state.runs.values()].flatMap((run) => run.list.map((job) => ({ run, job })));
}

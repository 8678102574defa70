import type { Engine } from "../../../../src/engine/engine.ts";
import type { RunState } from "../../../../src/engine/state.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { plan } from "../../../../src/plan/make-plan.ts";
import type { PlanRequest } from "../../../../src/plan/plan.ts";
import type { Chance } from "./chance.ts";
import type { Acknowledged } from "./trace.ts";

/** How people hear of what they asked one of the Batons for: not at all when it dies in between. */
export type Follow = <T>(engine: Engine, promise: Promise<T>, then: (value: T) => void) => void;

export interface PeopleOptions {
  chance: Chance;
  delivery: Delivery;
  follow: Follow;
  told: (what: Acknowledged) => void;
}

/** Those who start, cancel, retry and approve runs. */
export class People {
  readonly #options: PeopleOptions;
  readonly #runsWanted: number;
  #runs = 0;
  readonly #created: string[] = [];
  #retriesLeft = 3;

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#runsWanted = options.chance.between(1, 4);
  }

  get wantMore(): boolean {
    return this.#runs < this.#runsWanted;
  }

  act(engine: Engine, mood: "hasty" | "patient"): void {
    const { chance } = this.#options;
    if (this.wantMore && chance.happens(50)) {
      this.#createRun(engine);
      return;
    }
    if (this.#created.length === 0) return;
    const run = engine.run(chance.pick(this.#created));
    if (run === undefined) return;
    if (run.finished !== undefined) this.#retry(engine, run);
    else if (engine.isOrphan(run.id) && chance.happens(mood === "hasty" ? 40 : 0)) this.adopt(engine, run.id);
    else if (!this.#answer(engine, run) && chance.happens(mood === "hasty" ? 10 : 2)) this.#cancel(engine, run);
  }

  adopt(engine: Engine, run: string): void {
    this.#options.follow(engine, engine.adopt([run], { by: "ann" }), () => {});
  }

  /** Waits for the end of a run. */
  awaitEnd(engine: Engine, run: string): void {
    this.#options.follow(engine, engine.settled(run), ({ conclusion }) => {
      this.#options.told({ what: "finished", run, conclusion });
    });
  }

  #retry(engine: Engine, { id, finished }: RunState): void {
    if (this.#retriesLeft === 0 || finished?.conclusion === "succeeded") return;
    this.#retriesLeft -= 1;
    this.#options.follow(engine, engine.retry(id, { by: "ann" }), (jobs) => {
      this.#options.told({ what: "retried", run: id, jobs });
      this.awaitEnd(engine, id);
    });
  }

  #answer(engine: Engine, run: RunState): boolean {
    const { chance, follow, told } = this.#options;
    for (const { name, approval } of run.environments.values()) {
      if (approval.status !== "requested" || chance.happens(30)) continue;
      const answer = chance.happens(80) ? "approved" : "rejected";
      follow(engine, engine.answer(run.id, name, { answer, by: "ann" }), () => {
        told({ what: "answered", run: run.id, environment: name, answer });
      });
      return true;
    }
    return false;
  }

  #cancel(engine: Engine, { id }: RunState): void {
    const mode = this.#options.chance.pick(["graceful", "now"] as const);
    this.#options.follow(engine, engine.cancel(id, { mode, by: "bob" }), () => {
      this.#options.told({ what: "cancelled", run: id, mode });
    });
  }

  #createRun(engine: Engine): void {
    const { chance, delivery, follow, told } = this.#options;
    this.#runs += 1;
    const request: PlanRequest = {
      change: {
        event: chance.happens(5) ? "pull-request" : "manual",
        commit: `c${this.#runs}`,
        branch: "main",
        // What git does not know of an older commit makes everything count as changed.
        changedSince: Object.fromEntries(
          ["c1", "c2", "c3"].filter(() => chance.happens(85)).map((commit) => [commit, this.#changedPaths()]),
        ),
        uncommitted: [],
      },
      environments: delivery.environments.map((each) => each.name),
      pipelines: chance.happens(15) ? [chance.pick(delivery.pipelines).name] : [],
      parameters: {},
      force: chance.happens(10) ? "all" : "none",
      history: { deployed: engine.state.deployed },
    };
    const rollback = chance.happens(8) ? { moves: 1 } : {};
    const options = { delivery, plan: plan(delivery, request), parallel: chance.between(1, 3), ...rollback };
    follow(engine, engine.createRun(options), ({ run, release }) => {
      this.#created.push(run);
      told({ what: "created", run, release });
      this.awaitEnd(engine, run);
    });
  }

  #changedPaths(): string[] {
    const { chance, delivery } = this.#options;
    return delivery.pipelines.filter(() => chance.happens(50)).map(({ name }) => `${name}/file`);
  }
}

import { factsOf } from "../../../../src/control/local/release-facts.ts";
import type { Engine } from "../../../../src/engine/engine.ts";
import type { Recorded } from "../../../../src/engine/events.ts";
import type { NewRun } from "../../../../src/engine/new-run.ts";
import { EngineRefusal } from "../../../../src/engine/refusal.ts";
import type { EnvironmentState, RunState } from "../../../../src/engine/state.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { plan } from "../../../../src/plan/make-plan.ts";
import type { Deployed, Plan, PlanRequest } from "../../../../src/plan/plan.ts";
import { withUndo } from "../../../../src/plan/undo.ts";
import { type ReleaseHistory, releaseHistory } from "../../../../src/release/history.ts";
import { type Move, type Moving, promotionTo, rollbackOf } from "../../../../src/release/moves.ts";
import { Chance } from "./chance.ts";
import type { Acknowledged } from "./trace.ts";

/** How people hear of what they asked one of the Batons for: not at all when it dies in between. */
export type Follow = <T>(engine: Engine, promise: Promise<T>, then: (value: T) => void) => void;

export interface PeopleOptions {
  chance: Chance;
  /** Whether and what they freeze is thrown with dice of its own: other worlds stay as they are. */
  seed: number;
  /** On the wall. */
  now: () => number;
  delivery: Delivery;
  follow: Follow;
  told: (what: Acknowledged) => void;
  /** What is durable. */
  journal: () => readonly Recorded[];
  moving?: (moving: Moving, history: ReleaseHistory) => Moving;
  planned?: (plan: Plan) => Plan;
}

/** Of the kept seeds none is a world in which somebody freezes. */
const freezingDice = 19000057;
const answeringDice = 47002573;

/** Where it matters who asks and who answers, these do; else nobody says who asked, and Ann answers. */
const everybody = ["ann", "bob", "cid"];

/** Those who start, cancel, retry and approve runs. */
export class People {
  readonly #options: PeopleOptions;
  readonly #runsWanted: number;
  /** Undefined in most worlds: nobody freezes anything there. */
  readonly #freezing: Chance | undefined;
  /** Undefined where it does not matter who answers. */
  readonly #answering: Chance | undefined;
  #movesLeft: number;
  /** The pipelines of which each commit changes files. */
  readonly #changes: string[][] = [];
  #runs = 0;
  readonly #created: string[] = [];
  #retriesLeft = 3;

  constructor(options: PeopleOptions) {
    this.#options = options;
    const freezing = new Chance(options.seed + freezingDice);
    this.#freezing = freezing.happens(30) ? freezing : undefined;
    const matters = options.delivery.environments.some(
      ({ approval }) => approval?.count !== undefined || approval?.selfApproval === false,
    );
    this.#answering = matters ? new Chance(options.seed + answeringDice) : undefined;
    this.#runsWanted = options.chance.between(1, 4);
    this.#movesLeft = options.chance.pick([0, 2, 4]);
  }

  get wantMore(): boolean {
    return this.#runs < this.#runsWanted;
  }

  act(engine: Engine, mood: "hasty" | "patient"): void {
    const { chance } = this.#options;
    if (this.#freezing !== undefined && this.#freezeOrThaw(engine, this.#freezing, mood)) return;
    const owed = [...engine.state.environments.values()].find((each) => each.owed !== undefined);
    if (owed !== undefined && this.#mayTakeBack(engine, owed, mood)) {
      this.#takeBack(engine, owed);
      return;
    }
    if (this.wantMore && chance.happens(50)) {
      this.#createRun(engine);
      return;
    }
    if (this.#created.length === 0) return;
    if (this.#movesLeft > 0 && chance.happens(25)) {
      this.#move(engine);
      return;
    }
    const run = engine.run(chance.pick(this.#created));
    if (run === undefined) return;
    if (run.finished !== undefined) this.#retry(engine, run);
    else if (engine.isOrphan(run.id) && chance.happens(mood === "hasty" ? 40 : 0)) this.adopt(engine, run.id);
    else if (!this.#answer(engine, run) && chance.happens(mood === "hasty" ? 10 : 2)) this.#cancel(engine, run);
  }

  /** Unless a rollback is on its way already; in a hurry they take their time. */
  #mayTakeBack({ state }: Engine, { name }: EnvironmentState, mood: "hasty" | "patient"): boolean {
    const isAtIt = [...state.runs.values()].some(
      (run) => run.plan.change.event === "rollback" && run.environments.has(name),
    );
    return !isAtIt && (mood === "patient" || this.#options.chance.happens(50));
  }

  adopt(engine: Engine, run: string): void {
    const override = this.#freezing?.happens(20) ? { override: "it burns" } : {};
    this.#options.follow(engine, engine.adopt([run], { by: "ann", ...override }), () => {});
  }

  /** Waits for the end of a run. */
  awaitEnd(engine: Engine, run: string): void {
    this.#options.follow(engine, engine.settled(run), ({ conclusion }) => {
      this.#options.told({ what: "finished", run, conclusion });
    });
  }

  #freezeOrThaw(engine: Engine, dice: Chance, mood: "hasty" | "patient"): boolean {
    const { delivery, follow, now } = this.#options;
    const frozen = [...engine.state.environments.values()].filter(({ freeze }) => freeze && now() < freeze.until);
    if (frozen.length > 0 && dice.happens(mood === "hasty" ? 15 : 30)) {
      follow(engine, engine.thaw(dice.pick(frozen).name, { by: "cid" }), () => {});
      return true;
    }
    if (mood === "patient" || !dice.happens(15)) return false;
    const freeze = { until: now() + dice.between(1, 200_000), by: "cid", reason: "stocktaking" };
    follow(engine, engine.freeze(dice.pick(delivery.environments).name, freeze), () => {});
    return true;
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
      const by = this.#answering?.pick(everybody) ?? "ann";
      const given = engine.answer(run.id, name, { answer, by }).then(() => true);
      follow(engine, given.catch(unlessMayNot), (isGiven) => {
        if (isGiven) told({ what: "answered", run: run.id, environment: name, answer, by });
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
    this.#changes.push(delivery.pipelines.filter(() => chance.happens(50)).map(({ name }) => `${name}/file`));
    const request: PlanRequest = {
      change: {
        event: chance.happens(5) ? "pull-request" : "manual",
        commit: `c${this.#runs}`,
        branch: "main",
        // What git does not know of an older commit makes everything count as changed.
        changedSince: Object.fromEntries(
          ["c1", "c2", "c3"].filter(() => chance.happens(85)).map((commit) => [commit, this.#changedSince(commit)]),
        ),
        uncommitted: [],
      },
      environments: delivery.environments.map((each) => each.name),
      pipelines: chance.happens(15) ? [chance.pick(delivery.pipelines).name] : [],
      parameters: {},
      force: chance.happens(10) ? "all" : "none",
      history: { deployed: engine.state.deployed },
    };
    const override = this.#freezing?.happens(30) ? { override: "it burns" } : {};
    const by = this.#answering && { by: this.#answering.pick(everybody) };
    const options = { delivery, plan: plan(delivery, request), parallel: chance.between(1, 3), ...override, ...by };
    follow(engine, engine.createRun(options), ({ run, release }) => {
      this.#created.push(run);
      told({ what: "created", run, release });
      this.awaitEnd(engine, run);
    });
  }

  /** Between a commit and another one, whichever is older: `c3` is the third. */
  #changedSince(commit: string, other = `c${this.#runs}`): string[] {
    const [from, to] = [commit, other].map((name) => Number(name.slice(1))).sort((a, b) => a - b);
    return [...new Set(this.#changes.slice(from, to).flat())];
  }

  /** Promotes or rolls back as the release rules say, planned on what this Baton knows. */
  #move(engine: Engine): void {
    const { chance, delivery, moving = (found) => found } = this.#options;
    const history = this.#history();
    const to = chance.pick(delivery.environments).name;
    const release = chance.happens(30) ? history.releases.get(chance.between(1, 4)) : undefined;
    const judge = chance.happens(50) ? promotionTo : rollbackOf;
    const found = moving(judge(history, { to, release }), history);
    if (!("move" in found)) return;
    this.#movesLeft -= 1;
    const planned = this.#plannedMove(engine, found.move);
    if (planned === undefined) return;
    const parallel = chance.between(1, 3);
    this.#createMove(engine, { ...planned, parallel, by: "ann" });
  }

  /** What failed where it is to go back does, or it is said why not. */
  #takeBack(engine: Engine, { name: environment, owed }: EnvironmentState): void {
    const { follow, moving = (found) => found } = this.#options;
    const history = this.#history();
    const found = moving(rollbackOf(history, { to: environment }), history);
    const isSafe = "move" in found && found.move.crosses.length === 0;
    const planned = isSafe ? this.#plannedMove(engine, found.move) : undefined;
    const failed = owed!.run;
    if (planned === undefined) {
      const declined = engine.declineRollback(environment, { failed, because: "it cannot" });
      follow(engine, declined.catch(unlessRefused), () => {});
    } else {
      const override = { override: "it goes back" };
      this.#createMove(engine, {
        ...planned,
        ...override,
        parallel: 2,
        by: "baton",
        takesBack: { environment, failed },
      });
    }
  }

  #history(): ReleaseHistory {
    const runs = [...Map.groupBy(this.#options.journal(), ({ event }) => event.run).values()];
    return releaseHistory(runs.flatMap((events) => factsOf(events) ?? []));
  }

  #plannedMove(engine: Engine, { release: moved, set, kind, to, undoes }: Move) {
    const { delivery, planned: asPlanned = (made) => made } = this.#options;
    const { commit } = moved.facts.plan.change;
    const { deployed, environments } = engine.state;
    const bases = [...Object.values(deployed[to] ?? {}), ...Object.values(set)].map((version) => version.commit);
    const changedSince = Object.fromEntries(bases.map((base) => [base, this.#changedSince(base, commit)]));
    // A run works from one commit: what the release went with is refused when it was another one.
    const isOther = ([name, version]: [string, Deployed]) => changedSince[version.commit]!.includes(`${name}/file`);
    if (Object.entries(set).some(isOther)) return undefined;
    const request: PlanRequest = {
      change: { event: kind, commit, branch: "main", changedSince, uncommitted: [] },
      environments: [to],
      pipelines: [],
      parameters: {},
      force: "none",
      history: { deployed, begun: { [to]: Object.fromEntries(environments.get(to)?.newest ?? []) } },
      release: set,
    };
    const planned = asPlanned(withUndo(plan(delivery, request), to, undoes));
    if (planned.jobs.every(({ decision }) => decision !== "run")) return undefined;
    if (planned.jobs.some(({ decision, environment }) => decision === "run" && environment === undefined))
      return undefined;
    return { delivery, plan: planned, moves: moved.number, plannedAt: engine.state.seq };
  }

  /** Unless somebody is at it, or was since this was planned. */
  #createMove(engine: Engine, options: NewRun): void {
    const { follow, told } = this.#options;
    follow(engine, engine.createRun(options).catch(unlessRefused), (made) => {
      if (made === undefined) return;
      const { run, release: number } = made;
      this.#created.push(run);
      told({ what: "created", run, release: number });
      this.awaitEnd(engine, run);
    });
  }
}

function unlessMayNot(error: unknown): false {
  if (error instanceof EngineRefusal && (error.code === "own-run" || error.code === "approved-already")) return false;
  throw error;
}

function unlessRefused(error: unknown): undefined {
  if (error instanceof EngineRefusal && refusedMoves.has(error.code)) return undefined;
  throw error;
}

const refusedMoves: ReadonlySet<string> = new Set(["environment-busy", "outdated-plan", "not-owed"]);

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { restoreCheckpoint } from "../engine/checkpoint.ts";
import type { DriftLooked, EngineEvent, Freeze, JobSucceeded, Recorded, RunCreated, RunId } from "../engine/events.ts";
import { replay, runHistory } from "../engine/fold.ts";
import { noteFreeze } from "../engine/policies/freeze.ts";
import { rebuildRun } from "../engine/rebuild-run.ts";
import type { Checkpoint } from "../engine/saved-state.ts";
import type { RunState, State } from "../engine/state.ts";
import type { Delivery } from "../model/delivery.ts";
import type { Deployed, History, JobId, MadeRelease } from "../plan/plan.ts";
import { artifactsOf } from "./artifacts-of.ts";
import { readCheckpoint } from "./checkpoints.ts";
import { eventsOf, rowsOf, type Wanted } from "./event-rows.ts";
import { hasAllFiles, madeBy, standsFor } from "./made-by.ts";
import { deployedIn } from "./records.ts";
import { asStoreError, damagedJournal } from "./store-error.ts";

/** A run at a glance. Times are milliseconds since the epoch. Without `conclusion` it is not finished. */
export interface RunRecord {
  run: RunId;
  release: number;
  commit: string;
  createdAt: number;
  finishedAt?: number;
  conclusion?: "succeeded" | "failed" | "cancelled";
}

/** One deployment of a pipeline, for the list of releases. */
export interface DeploymentRecord {
  environment: string;
  pipeline: string;
  run: RunId;
  release: number;
  commit: string;
  at: number;
}

/** Everything that can be asked of the journal and of what is derived from it. */
export class JournalReader {
  readonly #database: DatabaseSync;
  readonly #path: string;
  #delivery: { readonly run: RunId; readonly delivery: Delivery } | undefined;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /**
   * All events that count, in order, read as they are asked for: from the last `history.begins`, or from the first.
   * @throws {StoreError} at the first one that is not what was written
   */
  *load(): Generator<Recorded> {
    const begin = this.#one("select max(seq) as seq from event where type = 'history.begins'")?.seq;
    let expected = (begin as number | null) ?? 1;
    for (const recorded of this.#events({ first: expected })) {
      if (recorded.seq !== expected) throw damagedJournal(this.#path, `event ${expected} is missing`);
      expected++;
      yield recorded;
    }
  }

  /** The events behind `seq`, in order. */
  *loadBehind(seq: number): Generator<Recorded> {
    yield* this.#events({ first: seq + 1 });
  }

  /** The number of the newest event, 0 before the first. */
  newestSeq(): number {
    return Number(this.#one("select max(seq) as seq from event")?.seq ?? 0);
  }

  /** What the journal came to at some event, where that was kept and fits. */
  checkpoint(): Checkpoint | undefined {
    return this.#guarded(() => readCheckpoint(this.#database));
  }

  /** What the journal comes to. */
  state(): State {
    const runEvents = (run: RunId) => this.loadRun(run);
    const kept = restoreCheckpoint(this.checkpoint(), runEvents);
    return replay(kept ? this.loadBehind(kept.seq) : this.load(), runHistory(runEvents), kept);
  }

  /** A run as it is, or as it was when it finished; undefined when there is none. */
  runState(run: RunId): RunState | undefined {
    const record = this.run(run);
    return record?.conclusion === undefined ? this.state().runs.get(run) : rebuildRun(this.loadRun(run));
  }

  /**
   * The newest `most` events of these kinds, from the one called `begin` on, and before them what is of these kinds and of
   * the same runs; in order. However long the journal is, no more of it is read. `begin` is 0 where there are not so many.
   */
  newestOfTypes(types: readonly string[], most: number): { begin: number; events: Recorded[] } {
    const where = `type in (${types.map(() => "?").join(", ")})`;
    const oldest = this.#one(
      `select seq from event where ${where} order by seq desc limit 1 offset ?`,
      ...types,
      most - 1,
    );
    const begin = Number(oldest?.seq ?? 0);
    const newest = [...this.#events({ where, values: [...types], first: begin })];
    const before = [...new Set(newest.map(({ event }) => event.run))].flatMap((run) => {
      const first = Number(this.#one("select created_seq from run where run = ?", run)?.created_seq ?? begin);
      if (first >= begin) return [];
      const values = [...types, run, begin];
      return [...this.#events({ where: `${where} and run = ? and seq < ?`, values, first })];
    });
    return { begin, events: [...before.sort((a, b) => a.seq - b.seq), ...newest] };
  }

  /**
   * Events of these kinds, in order, from the beginning of the first run that went on at that time or began since: of every
   * run that ended later, all of them.
   */
  *ofRunsSince(time: number, types: readonly string[]): Generator<Recorded> {
    const late = "created_at >= ? or finished_at is null or finished_at >= ?";
    const run = this.#one(`select min(created_seq) as seq from run where ${late}`, time, time)?.seq;
    const begin = this.#one("select max(seq) as seq from event where type = 'history.begins'")?.seq;
    if (run === null || run === undefined) return;
    const first = Math.max(Number(run), Number(begin ?? 0));
    yield* this.#events({ where: `type in (${types.map(() => "?").join(", ")})`, values: [...types], first });
  }

  /** Events of these kinds behind one and before another, in order; of one run alone when it is named. */
  *ofTypes(
    types: readonly EngineEvent["type"][],
    { after = 0, before = lastSeq, run }: { after?: number; before?: number; run?: RunId } = {},
  ): Generator<Recorded> {
    // So written, and not as values beside it, SQLite sees that an index of one kind has all of them.
    const names = types.map((type) => `'${type}'`);
    const kinds = names.length === 1 ? `= ${names[0]}` : `in (${names.join(", ")})`;
    const where = `type ${kinds} and seq < ?${run === undefined ? "" : " and run = ?"}`;
    const begun = run === undefined ? undefined : this.#one("select created_seq from run where run = ?", run);
    const created = Number(begun?.created_seq ?? 0);
    const values = [before, ...(run === undefined ? [] : [run])];
    yield* this.#events({ where, values, first: Math.max(after + 1, created) });
  }

  /** Of each job that was looked at for drift the newest look; `known`: the newest that could tell. Others are not read. */
  *newestDriftLooks({ before = lastSeq, known = false } = {}): Generator<Recorded & { event: DriftLooked }> {
    const told = known ? " and json_extract(body, '$.found') <> 'unknown'" : "";
    const sql = `select max(seq) as seq from event where type = 'drift.looked' and seq < ?${told}
      group by json_extract(body, '$.environment'), json_extract(body, '$.deployedBy') order by 1`;
    for (const { seq } of this.#all(sql, before)) {
      const [found] = this.#events({ where: "seq = ?", values: [Number(seq)], first: Number(seq) });
      if (found?.event.type === "drift.looked") yield found as Recorded & { event: DriftLooked };
    }
  }

  /** How runs began until that event, newest first; one after another is read. */
  *beginningsUntil(seq: number): Generator<Recorded & { event: RunCreated }> {
    for (const { seq: at } of this.#beginnings(seq)) yield* this.#begun(at);
  }

  /** The same, quicker: of those that tell nobody, and make rules by which nobody is told, only the number is read. */
  *tellingUntil(seq: number): Generator<{ seq: number; event?: RunCreated }> {
    for (const { seq: at, tells } of this.#beginnings(seq)) {
      if (tells) yield* this.#begun(at);
      else yield { seq: at };
    }
  }

  *#beginnings(seq: number): Generator<{ seq: number; tells: number }> {
    const tells = `select 1 from event indexed by event_tells where seq = created_seq and ${telling}`;
    const sql = `select created_seq as seq, exists (${tells}) as tells from run where created_seq <= ? order by 1 desc limit 1`;
    for (let last = seq; ; ) {
      const row = this.#one(sql, last) as { seq: number; tells: number } | undefined;
      if (row === undefined) return;
      yield row;
      last = row.seq - 1;
    }
  }

  /** How a run began that moves a release; undefined of any other, of which nothing is read. */
  moveOf(run: RunId): RunCreated | undefined {
    const found = this.#one(
      `select seq from event indexed by event_moves where seq = (select created_seq from run where run = ?)
         and type = 'run.created' and instr(body, '"moves":')`,
      run,
    );
    if (found === undefined) return undefined;
    const [created] = this.#begun(Number(found.seq));
    return created?.event.moves === undefined ? undefined : created.event;
  }

  *#begun(seq: number): Generator<Recorded & { event: RunCreated }> {
    const [found] = this.#events({ where: "seq = ?", values: [seq], first: seq });
    if (found?.event.type === "run.created") yield found as Recorded & { event: RunCreated };
  }

  /** The number of the newest event and its checksum, which is one over all before it. */
  head(): { seq: number; chain: string } | undefined {
    return this.#one("select seq, chain from event order by seq desc limit 1") as
      | { seq: number; chain: string }
      | undefined;
  }

  chainAt(seq: number): string | undefined {
    return this.#one("select chain from event where seq = ?", seq)?.chain as string | undefined;
  }

  /** How many events there are. */
  size(): number {
    return Number(this.#one("select count(*) as events from event")?.events);
  }

  /** The events of one run in order; none when there is no such run. */
  *loadRun(run: RunId): Generator<Recorded> {
    const row = this.#one("select created_seq, finished_seq from run where run = ?", run);
    if (!row) return;
    const values = [run, row.finished_seq ?? Number.MAX_SAFE_INTEGER] as (string | number)[];
    yield* this.#events({ where: "run = ? and seq <= ?", values, first: row.created_seq as number });
  }

  /** The delivery that a run was made of; undefined when there is no such run. */
  deliveryOf(run: RunId): Delivery | undefined {
    if (this.#delivery?.run === run) return this.#delivery.delivery;
    const [created] = this.loadRun(run);
    if (created?.event.type !== "run.created") return undefined;
    // One question of a person asks for it more than once, and it can be large; what an event says never changes.
    this.#delivery = { run, delivery: created.event.delivery };
    return created.event.delivery;
  }

  /** The events of one run that say where it comes from and what it changed, in order. */
  *milestones(run: RunId): Generator<Recorded> {
    const row = this.#one("select created_seq, finished_seq from run where run = ?", run);
    if (!row) return;
    const types = [
      "run.created",
      "job.started",
      "approval.answered",
      "lock.released",
      "run.finished",
      "run.retry-requested",
    ];
    const where = `run = ? and seq <= ? and type in (${types.map(() => "?").join(", ")})`;
    const values = [run, row.finished_seq ?? Number.MAX_SAFE_INTEGER, ...types] as (string | number)[];
    yield* this.#events({ where, values, first: row.created_seq as number });
  }

  /** The newest deployments of each pipeline in each environment, `most` of each; newest first. */
  newestDeployments(most: number): Pick<DeploymentRecord, "environment" | "pipeline" | "run" | "release">[] {
    const newest =
      "select * from deployment where environment = ? and pipeline = ? order by release desc, seq desc limit ?";
    return this.#deployedPairs()
      .flatMap((pair) => this.#all(newest, ...pair, most) as unknown as Pointer[])
      .sort((a, b) => b.release - a.release);
  }

  /** Newest first; at most `newest` of them, as they were at the event `until`. */
  runs({ newest = -1, until = lastSeq }: { newest?: number; until?: number } = {}): RunRecord[] {
    const rows = this.#all("select * from run where created_seq <= ? order by created_seq desc limit ?", until, newest);
    return rows.map((row) => runRecord(Number(row.finished_seq) > until ? { ...row, finished_at: null } : row));
  }

  /** Runs that had not ended at that event, and those that were taken up again since, oldest first. */
  openRunsAt(seq: number): RunId[] {
    const open = "created_seq <= ? and (finished_seq is null or finished_seq > ?)";
    return this.#all(`select run from run where ${open} order by created_seq`, seq, seq).map(({ run }) => run as RunId);
  }

  /** When an event was written, milliseconds since the epoch; undefined when there is none of that number. */
  timeOf(seq: number): number | undefined {
    return this.#one("select at from event where seq = ?", seq)?.at as number | undefined;
  }

  /** Newest first. */
  openRuns(): RunRecord[] {
    return this.#all("select * from run where finished_seq is null order by created_seq desc").map(runRecord);
  }

  /** The last that was said of each environment until that event, which may be over. */
  freezes({ until = lastSeq }: { until?: number } = {}): Record<string, Freeze> {
    const begun = "select max(seq) as seq from event where type = 'history.begins' and seq <= ?";
    const begin = this.#one(begun, until)?.seq as number | null;
    const freezes: Record<string, Freeze> = {};
    if (begin !== null)
      for (const each of this.#events({ where: "seq = ?", values: [begin], first: begin })) noteFreeze(freezes, each);
    const said = "type in ('environment.frozen', 'environment.thawed') and seq <= ?";
    for (const each of this.#events({ where: said, values: [until], first: (begin ?? 0) + 1 }))
      noteFreeze(freezes, each);
    return freezes;
  }

  /** By its id, or by the number of its release. */
  findRun(named: string): RunRecord | undefined {
    const row = this.#one(
      "select * from run where run = ? or release = cast(? as integer)",
      named,
      /^[0-9]+$/.test(named) ? named : "0",
    );
    return row && runRecord(row);
  }

  run(run: RunId): RunRecord | undefined {
    const row = this.#one("select * from run where run = ?", run);
    return row && runRecord(row);
  }

  /** Whether a run behind that release has not passed: what it began to deploy may have been left as it was. */
  hasUnpassedBehind(release: number): boolean {
    const unpassed =
      "select 1 from run where release > ? and (conclusion is null or conclusion <> 'succeeded') limit 1";
    return this.#one(unpassed, release) !== undefined;
  }

  /** The number of the newest release, 0 before the first. */
  lastRelease(): number {
    return (this.#one("select max(release) as release from run")?.release as number | null) ?? 0;
  }

  /**
   * What is deployed where, at the event `until`: of each pipeline in each environment the highest release, and of that the last
   * deployment.
   */
  deployed({ until = lastSeq }: { until?: number } = {}): History {
    const history: History = { deployed: {} };
    for (const pointer of this.#current(until)) {
      history.deployed[pointer.environment] ??= {};
      history.deployed[pointer.environment]![pointer.pipeline] = this.#deployedIn(pointer);
    }
    return history;
  }

  /** As `deployed`, for a list of what is where and since when; newest first. */
  currentDeployments({ until = lastSeq }: { until?: number } = {}): DeploymentRecord[] {
    return this.#recordsOf(this.#current(until)).sort((a, b) => b.at - a.at);
  }

  /**
   * What runs of these commits made once for their releases, newest first: of each commit the newest `runs`, and these `releases`.
   * A job counts when all its legs ended well, or when the run took it over from an earlier one. With `isKept`, a run is left
   * out, and not read, for which a newer one stands whose artifacts are all kept.
   */
  made(
    commits: Iterable<string>,
    {
      runs = 20,
      releases = [],
      isKept,
    }: { runs?: number; releases?: Iterable<number>; isKept?: (digest: string) => boolean } = {},
  ): MadeRelease[] {
    const named = new Set(releases);
    const found = [
      ...[...new Set(commits)].flatMap((commit) =>
        this.#all('select * from run where "commit" = ? order by release desc limit ?', commit, runs),
      ),
      ...[...named].flatMap((release) => this.#all("select * from run where release = ?", release)),
    ];
    const rows = new Map(found.map((row) => [row.run, row]));
    const whole: MadeRelease[] = [];
    return [...rows.values()]
      .sort((a, b) => Number(b.release) - Number(a.release))
      .flatMap(({ run, release, created_seq: first }) => {
        const [created] = this.#events({ where: "seq = ?", values: [Number(first)], first: Number(first) });
        if (created?.event.type !== "run.created") return [];
        const { event } = created;
        if (!named.has(Number(release)) && whole.some((newer) => standsFor(newer, event))) return [];
        const made = this.#madeIn(event, { run: String(run), first: Number(first) });
        if (isKept !== undefined && hasAllFiles(made, isKept)) whole.push(made);
        return [made];
      });
  }

  #madeIn(created: RunCreated, { run, first }: { run: RunId; first: number }): MadeRelease {
    const ended = new Map<string, JobSucceeded>();
    const theirs = {
      where: "seq in (select seq from made where run = ?)",
      values: [run],
      first,
    };
    for (const { event } of this.#events(theirs)) if (event.type === "job.succeeded") ended.set(event.job, event);
    const { delivery, plan, release } = created;
    const { commit } = plan.change;
    return { release, commit, delivery, parameters: plan.parameters, jobs: madeBy(created, ended) };
  }

  /** Every deployment there was, newest first. */
  deployments(): DeploymentRecord[] {
    const rows = this.#all("select * from deployment order by seq desc, environment, pipeline");
    return this.#recordsOf(rows as unknown as Pointer[]);
  }

  /**
   * What each job usually takes, in milliseconds: the median of its last five successes among the newest 2,000 events,
   * so that the question stays cheap however long the journal is. Runs one after another are worth more than old ones.
   */
  durations(): Map<JobId, number> {
    const lately = new Map<JobId, number[]>();
    for (const [job, durationMs] of this.#guarded(() => this.#durations.all() as unknown as [JobId, number][])) {
      const times = lately.get(job);
      if (times === undefined) lately.set(job, [durationMs]);
      else if (times.length < 5) times.push(durationMs);
    }
    return new Map(Array.from(lately, ([job, times]) => [job, median(times)]));
  }

  get #durations(): StatementSync {
    const statement = this.#database.prepare(
      `select body ->> 'job', body ->> 'durationMs' from event
       where type = 'job.succeeded' and seq > (select max(seq) from event) - 2000 order by seq desc`,
    );
    statement.setReturnArrays(true);
    return statement;
  }

  /**
   * Digests of the artifacts that may still be asked for: of what is deployed, of runs that go on, and of the newest `runs`
   * runs, what they deployed and what they made, and of those behind the newest `deployments` of each pipeline in each
   * environment. The rest of the artifact store is garbage.
   */
  artifactsInUse({ runs, deployments = 1 }: { runs: number; deployments?: number }): Set<string> {
    const digests = new Set<string>();
    for (const pointer of this.#current(lastSeq)) {
      for (const digest of artifactsOf(this.#deployedIn(pointer))) digests.add(digest);
    }
    const newest = [...this.openRuns(), ...this.runs({ newest: runs }), ...this.newestDeployments(deployments)];
    for (const run of new Set(newest.map((each) => each.run))) {
      for (const { event } of this.loadRun(run)) {
        for (const digest of artifactsOf(event)) digests.add(digest);
      }
    }
    return digests;
  }

  /** Where what is deployed now is to be found. */
  #current(until: number): Pointer[] {
    const newest =
      "select * from deployment where environment = ? and pipeline = ? and seq <= ? order by release desc, seq desc limit 1";
    return this.#deployedPairs().flatMap((pair) => this.#all(newest, ...pair, until) as unknown as Pointer[]);
  }

  /** Which pipelines were deployed, and where. Takes as long as there are environments and pipelines, not deployments. */
  #deployedPairs(): [environment: string, pipeline: string][] {
    const next =
      "select environment, pipeline from deployment where (environment, pipeline) > (?, ?) order by 1, 2 limit 1";
    const found: [string, string][] = [];
    for (let last: [string, string] = ["", ""]; ; found.push(last)) {
      const pair = this.#one(next, ...last);
      if (pair === undefined) return found;
      last = [pair.environment as string, pair.pipeline as string];
    }
  }

  #recordsOf(pointers: readonly Pointer[]): DeploymentRecord[] {
    return pointers.map((pointer) => {
      const { environment, pipeline, run, release, seq } = pointer;
      const { commit } = this.#deployedIn(pointer);
      const at = Number(this.#one("select at from event where seq = ?", seq)?.at);
      return { environment, pipeline, run, release, commit, at };
    });
  }

  /** What was handed over stands in the event alone. */
  #deployedIn({ environment, pipeline, seq }: Pointer): Deployed {
    const [recorded] = this.#events({ where: "seq = ?", values: [seq], first: seq });
    const deployed = recorded && deployedIn(recorded.event, { environment, pipeline });
    if (deployed) return deployed;
    throw damagedJournal(this.#path, `nothing says what event ${seq} deployed of ${pipeline} to ${environment}`);
  }

  *#events(wanted: Wanted): Generator<Recorded> {
    try {
      yield* eventsOf(rowsOf(this.#database, wanted), { path: this.#path });
    } catch (error) {
      throw asStoreError(error, this.#path);
    }
  }

  #one(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.#guarded(() => this.#database.prepare(sql).get(...values));
  }

  #all(sql: string, ...values: (string | number)[]): Row[] {
    return this.#guarded(() => this.#database.prepare(sql).all(...values));
  }

  #guarded<Result>(ask: () => Result): Result {
    try {
      return ask();
    } catch (error) {
      throw asStoreError(error, this.#path);
    }
  }
}

/**
 * As the index `event_tells` has it. A beginning without any of these names nobody and makes rules, see `makesRules`.
 */
const telling = `type = 'run.created'
  and (instr(body, '"notices":') or instr(body, '"moves":') or instr(body, '"pull-request"'))`;

/** Behind every event. */
const lastSeq = Number.MAX_SAFE_INTEGER;

/** A row of the table `deployment`. */
type Pointer = { environment: string; pipeline: string; release: number; seq: number; run: RunId };

type Row = NonNullable<ReturnType<StatementSync["get"]>>;

function runRecord(row: Row): RunRecord {
  return {
    run: row.run as string,
    release: row.release as number,
    commit: row.commit as string,
    createdAt: row.created_at as number,
    ...(row.finished_at !== null && {
      finishedAt: row.finished_at as number,
      conclusion: row.conclusion as NonNullable<RunRecord["conclusion"]>,
    }),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

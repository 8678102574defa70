import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Actor, Refused, refused } from "../control/control.ts";
import type { Host, Underway } from "../control/host.ts";
import type { RunId } from "../control/views/events.ts";
import type { OwedView } from "../control/views/status.ts";
import type { Room } from "./room.ts";

export interface UnderwaysOptions {
  host: Host;
  stateFolder: string;
  secretsFile: string | undefined;
  report(error: unknown): void;
  /** Of the whole server. */
  room: Room;
}

const graceMs = 5_000;

/** Whoever takes up what a server before this one left. */
const successor: Actor = { name: "baton serve", via: "policy" };

/**
 * The runs that this server makes go on, until they have ended: also while they wait for a person. Which they are is kept in
 * a file, so that the next server takes up what this one leaves, however it ends.
 */
export class Underways {
  readonly #options: UnderwaysOptions;
  readonly #file: string;
  readonly #underway = new Map<RunId, Underway>();
  readonly #following = new Set<Promise<void>>();
  #isClosing = false;

  constructor(options: UnderwaysOptions) {
    this.#options = options;
    this.#file = join(options.stateFolder, "server", "underway.json");
    options.room.add(this);
  }

  get size(): number {
    return this.#underway.size;
  }

  get active(): number {
    return [...this.#underway.values()].filter(({ isAtRest }) => !isAtRest).length;
  }

  /** Makes it go on, and answers once it has begun. There is always room for what is `urgent`: a rollback. @throws {Refused} */
  async take(underway: Underway, { urgent = false }: { urgent?: boolean } = {}): Promise<RunId> {
    const isUrgent = () => urgent || underway.view()?.moves?.kind === "rollback";
    if (this.#isClosing || (this.#options.room.isFull && !isUrgent())) {
      await underway.close();
      throw refused("not-ready", {
        subject: "",
        because: this.#isClosing ? "the server stops" : "too many runs go on",
      });
    }
    const ended = Promise.withResolvers<void>();
    let maker: RunId | undefined;
    try {
      await underway.begin({
        event: ({ event }) => {
          if (event.type === "run.finished") ended.resolve();
          // As soon as it is in the journal, whatever happens to this server then.
          else if (event.type === "run.created" || event.type === "run.adopted") this.#keep(event.run, underway);
        },
        output: () => {},
        waitsFor: ({ run }) => {
          maker = run;
          underway.giveUp();
        },
      });
    } catch (error) {
      await underway.close();
      if (maker === undefined) throw error;
      throw refused("being-made", { subject: maker });
    }
    const { run } = underway;
    this.#keep(run, underway);
    const following = this.#follow(run, underway, ended.promise).finally(() => this.#following.delete(following));
    this.#following.add(following);
    return run;
  }

  /** Lets somebody go on with it in another way. Nothing happens to what is not at rest, or of nobody here. */
  async letGo(run: RunId): Promise<void> {
    const underway = this.#underway.get(run);
    if (underway?.isAtRest !== true) return;
    // The next server goes on with it if nobody does: it stays in the file.
    this.#underway.delete(run);
    await underway.close();
  }

  /** Something that is to be over before the server goes. */
  alongside(work: Promise<unknown>): void {
    const following = work.then(() => {}).finally(() => this.#following.delete(following));
    this.#following.add(following);
  }

  /**
   * Takes up the runs that a server before this one made go on and that nobody goes on with; also those that it had only written
   * to the journal when it was killed.
   */
  async takeUpLeft(): Promise<void> {
    const { host } = this.#options;
    const status = await host.status({ most: 0 });
    const open = status.ok ? status.value.open : [];
    const own = open.filter(({ by, runBy }) => by === successor.name && runBy === undefined).map(({ run }) => run);
    for (const run of new Set([...this.#kept(), ...own])) {
      const asked = await host.resume({ run, secretsFile: this.#options.secretsFile }, successor);
      try {
        if (asked.ok) await this.take(asked.value);
        else this.#notTakenUp(run, new Refused(asked.refusal));
      } catch (error) {
        this.#notTakenUp(run, error);
      }
    }
  }

  /** Takes back what failed where that is to happen by itself, and nobody was there any more to do it. */
  async takeBackOwed(): Promise<void> {
    const status = await this.#options.host.status({ most: 0 });
    if (!status.ok) return;
    const { owed, open } = status.value;
    const isAtIt = (name: string) => open.some(({ moves, path }) => moves?.kind === "rollback" && path.includes(name));
    for (const one of owed) if (!isAtIt(one.environment)) await this.#takeBack(one);
  }

  async #takeBack({ environment, failed }: OwedView): Promise<void> {
    if (this.#isClosing) return;
    const { host, secretsFile, report } = this.#options;
    try {
      const taken = await host.takeBack({ environment, failed, secretsFile }, successor);
      if (!taken.ok) throw new Refused(taken.refusal);
      if (taken.value.kind === "underway") await this.take(taken.value.underway, { urgent: true });
    } catch (error) {
      // Somebody else was faster.
      if (!(error instanceof Refused && error.refusal.code === "not-owed")) report(error);
    }
  }

  /** Ends what runs, so that the next server goes on with it. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#underway.values()].map((underway) => underway.close()));
    // A run that another process ends may take its time about it.
    await Promise.race([Promise.all(this.#following), setTimeout(graceMs, undefined, { ref: false })]);
  }

  async #follow(run: RunId, underway: Underway, ended: Promise<void>): Promise<void> {
    let hasEnded: boolean;
    try {
      await Promise.race([ended, underway.ended()]);
      if (this.#underway.get(run) !== underway) return;
      await underway.tidyUp();
      const owed = underway.owed();
      // Asked before its journal is closed. Where a stop has closed it already, the next server looks.
      hasEnded = !this.#isClosing || underway.view()?.finishedAt !== undefined;
      await underway.close();
      for (const one of owed) await this.#takeBack(one);
    } catch (error) {
      if (this.#isClosing || this.#underway.get(run) !== underway) return;
      this.#options.report(error);
      await underway.close().catch(this.#options.report);
      hasEnded = true;
    }
    if (hasEnded) this.#forget(run, underway);
  }

  #notTakenUp(run: RunId, error: unknown): void {
    if (error instanceof Refused && goneOnAlready.has(error.refusal.code)) this.#forget(run);
    else this.#options.report(error);
  }

  #keep(run: RunId, underway: Underway): void {
    if (this.#underway.get(run) === underway) return;
    this.#underway.set(run, underway);
    this.#write([...this.#kept(), run]);
  }

  /** Unless somebody has made it go on again since. */
  #forget(run: RunId, underway?: Underway): void {
    if (this.#underway.get(run) !== underway) return;
    this.#underway.delete(run);
    this.#write(this.#kept().filter((one) => one !== run));
  }

  #kept(): RunId[] {
    let text: string;
    try {
      text = readFileSync(this.#file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    const runs = runsIn(text);
    if (runs !== undefined) return runs;
    // What it named is in the journal as well, where people see it; the runs to come need the file.
    const aside = `${this.#file}.damaged`;
    renameSync(this.#file, aside);
    this.#options.report(
      new Error(
        `${this.#file} is damaged and was laid aside as ${aside}: what it named may have been left. baton status says which runs nobody goes on with, baton resume goes on with them.`,
      ),
    );
    return [];
  }

  #write(runs: readonly RunId[]): void {
    mkdirSync(join(this.#file, ".."), { recursive: true, mode: 0o700 });
    const fresh = `${this.#file}.${process.pid}`;
    writeFileSync(fresh, `${JSON.stringify({ version: 1, runs: [...new Set(runs)] })}\n`);
    renameSync(fresh, this.#file);
  }
}

/** Undefined where it is not what this file says. */
function runsIn(text: string): RunId[] | undefined {
  try {
    const { runs } = JSON.parse(text) as { runs: unknown };
    return Array.isArray(runs) && runs.every((run) => typeof run === "string") ? runs : undefined;
  } catch {
    return undefined;
  }
}

const goneOnAlready: ReadonlySet<string> = new Set(["has-finished", "runs-elsewhere", "no-run", "no-runs"]);

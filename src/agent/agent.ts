import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Ended, Launch } from "../engine/ports.ts";
import { checkout } from "../git/checkout.ts";
import { BroughtSources } from "../git/pack.ts";
import type { Tool } from "../model/delivery.ts";
import { type AttemptName, attemptFileName } from "../runner/log-path.ts";
import { createRunner, type ProcessRunner } from "../runner/runner.ts";
import { createToolCheck } from "../runner/tools.ts";
import type { PollAnswer } from "../server/wire/agents.ts";
import { mostToolKey, mostTools, mostWaitMs, toolKey } from "../server/wire/agents.ts";
import { BroughtArtifacts } from "./brought-artifacts.ts";
import { type Connection, TurnedAway, Unreachable } from "./connection.ts";
import { Contact } from "./contact.ts";
import { cut, EndTeller } from "./end-teller.ts";
import { readHeld, writeHeld } from "./held-note.ts";
import { LogSender } from "./log-sender.ts";
import { removeFolder } from "./remove-folder.ts";

export interface AgentOptions {
  connection: Connection;
  /** This start of it. */
  id: string;
  name: string;
  labels: readonly string[];
  slots: number;
  /** Its own: nobody else works in it at the same time. */
  folder: string;
  env: Record<string, string | undefined>;
  say(line: string): void;
}

interface Held {
  launch: Launch;
  source: PollAnswer["claims"][number]["source"];
  secrets: Readonly<Record<string, string>>;
  log: LogSender;
  artifacts: BroughtArtifacts;
  /** Aborted when it is stopped, is over its time, or is this agent's no more: nothing is brought for it then. */
  cut: AbortController;
  /** Given up by this agent itself, or taken from it: nobody asked for it to be cancelled. */
  isFenced: boolean;
  /** Its processes are gone; the server is still to be told. */
  hasEnded: boolean;
}

/** It cannot write in its folder. The message is the reason. */
export class FolderUnwritable extends Error {
  override readonly name = "FolderUnwritable";
}

type Asked = "answered" | "unreachable" | "asked anew";

/** How long an answer may take beyond what the server was to wait: well within what is left of a lease, where that is known. */
const patienceMs = (leaseMs: number) => (leaseMs === 0 ? 5_000 : Math.max(1_000, Math.min(5_000, leaseMs / 8)));

export const newAgentId = () => randomUUID();

const toolsKnownMs = 60_000;
const longestWaitMs = 2_000;
/** While it looks for tools, it asks so often: a server that wants to know of them answers at once. */
const whileLookingMs = 500;
const noServices =
  "jobs that run on agents leave no services running; take $BATON_SERVICE out of it, or run it on the machine of the server";

/** Takes attempts from a server and runs them here, until it is told to end. One question is under way at a time. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #runner: ProcessRunner;
  readonly #sources: BroughtSources;
  readonly #contact = new Contact();
  readonly #held = new Map<string, Held>();
  readonly #tools = new Map<string, { problem: string | null; at: number }>();
  readonly #toolCheck = createToolCheck();
  #looking: Promise<void> | undefined;
  /** What is over here and the server may not know it: it is begun by nobody here again, whatever is given. */
  readonly #done = new Set<string>();
  /** Of these, what was given all the same: named once, so that a server knows where it was begun. */
  readonly #givenAgain = new Set<string>();
  readonly #endTeller: EndTeller;
  #poll: AbortController | undefined;
  #asked = 0;
  /** The start before this one, until the server knows that it is over. */
  #replaces: string | undefined;
  #isDraining = false;
  #isOver = false;
  /** The server did not understand the last question. */
  #isMisunderstood = false;
  #broken: FolderUnwritable | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { folder, env } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#endTeller = new EndTeller({ connection: options.connection, say: options.say, isOver: () => this.#isOver });
    this.#sources = new BroughtSources(join(folder, "source.git"));
    this.#runner = createRunner({
      stateFolder: folder,
      directoryOf: (attempt) => join(this.#workplace(attempt), this.#of(attempt)?.source.prefix ?? ""),
      layOut: (attempt, cut) => this.#layOut(attempt, cut),
      secrets: (name, token) => this.#held.get(token)?.secrets[name],
      secretHint: "set it where the server reads its secrets, then `baton retry`",
      artifacts: {
        place: (artifact, path, where) => this.#artifactsWithin(where.within).place(artifact, path, where),
        collect: (path, where) => this.#artifactsWithin(where.within).collect(path, where),
      },
      noServices,
      env,
    });
    this.#runner.onOutput(({ token, step, at, text }) => this.#held.get(token)?.log.push({ step, at, text }));
    this.#runner.onEnded((ended) => {
      this.#ended(ended).catch((error: unknown) => {
        // A slot whose end is not told is lost to the server after a lease; the others go on.
        this.#done.add(ended.token);
        this.#held.delete(ended.token);
        options.say(`${ended.token} has ended, with a problem: ${String(error)}`);
      });
    });
  }

  /** Takes no more, and ends when all it has has ended. */
  drain(): void {
    this.#isDraining = true;
    this.#poll?.abort();
  }

  /** Stops what runs, which another agent then runs anew. */
  giveUp(): void {
    this.drain();
    for (const [token, held] of this.#held) {
      held.isFenced = true;
      this.#runner.stop(token, "graceful");
    }
  }

  /** @throws {TurnedAway | FolderUnwritable} when the server does not want this agent, or it could not write down what it has */
  async run(): Promise<void> {
    await this.#endEarlier();
    const fence = setInterval(() => this.#fenceWhenCutOff(), 100);
    try {
      let how: Asked = "answered";
      // After a question that was cut off one more is asked, so that what was given in answer to it need not be waited for.
      for (let failures = 0; !(this.#isDraining && this.#held.size === 0 && how !== "asked anew"); ) {
        how = await this.#ask(how);
        failures = how === "unreachable" ? failures + 1 : 0;
        if (failures === 1 && !this.#isMisunderstood) this.#options.say("the server cannot be reached; trying again");
        if (how === "unreachable")
          await setTimeout(Math.min(100 * 2 ** failures, longestWaitMs) * (0.5 + Math.random() / 2));
      }
    } finally {
      this.#isOver = true;
      clearInterval(fence);
      for (const [token, held] of this.#held) {
        held.isFenced = true;
        held.cut.abort();
        held.log.drop();
        this.#runner.stop(token, "now");
      }
      while ([...this.#held.values()].some(({ hasEnded }) => !hasEnded)) await setTimeout(20);
      this.#runner.close();
    }
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** What an earlier start of this agent left running ends before anything begins, and its server need not wait to know. */
  async #endEarlier(): Promise<void> {
    const { folder, say } = this.#options;
    const note = readHeld(folder);
    const held = note?.held ?? [];
    const runs = [...new Set(held.map(({ run }) => run))];
    // Also without a note: shells of an earlier start, and what writes to its pipes, are known by this folder.
    await this.#runner.reap({ tokens: held.map(({ token }) => token), runs });
    for (const left of ["work", "logs"]) removeFolder(join(folder, left), say);
    this.#replaces = note?.agent;
    if (note === undefined) this.#note();
    for (const { token } of held) say(`an earlier start of this agent left ${token} behind; it was ended`);
  }

  /** `before`: of one that was not answered, the next answer is wanted at once; it says that the agent is there. */
  async #ask(before: Asked): Promise<Asked> {
    const { connection, name, labels, slots } = this.#options;
    const running = [...this.#held.values()].filter(({ hasEnded }) => !hasEnded).length;
    const now = performance.now();
    for (const [key, { at }] of this.#tools) if (now - at > toolsKnownMs) this.#tools.delete(key);
    const asking = new AbortController();
    this.#poll = asking;
    const askedAt = this.#contact.asks();
    const { leaseMs } = this.#contact;
    const waitMs = before === "answered" ? Math.min(mostWaitMs, Math.round(leaseMs / 4)) : 0;
    try {
      const answer = await connection.ask("poll", {
        body: {
          name,
          number: ++this.#asked,
          labels,
          slots,
          free: this.#isDraining || this.#replaces !== undefined ? 0 : Math.max(0, slots - running),
          ...(this.#replaces !== undefined && { replaces: this.#replaces }),
          holds: [...this.#held.keys(), ...this.#givenAgain],
          tools: Object.fromEntries([...this.#tools].slice(-mostTools).map(([key, { problem }]) => [key, problem])),
          waitMs,
        },
        signal: asking.signal,
        limitMs: waitMs + patienceMs(leaseMs),
      });
      this.#isMisunderstood = false;
      this.#givenAgain.clear();
      if (this.#replaces !== undefined) this.#note();
      this.#replaces = undefined;
      this.#contact.answered(askedAt, answer.leaseMs);
      // Whoever was frozen meanwhile reads an answer that is true no more.
      if (this.#contact.isLost(askedAt)) return "asked anew";
      // What could not be begun goes to others as soon as the server hears that there is no room.
      return (await this.#take(answer)) ? "answered" : "asked anew";
    } catch (error) {
      if (asking.signal.aborted) return "asked anew";
      if (error instanceof Unreachable) return "unreachable";
      if (!(error instanceof TurnedAway && error.status === 400)) throw error;
      // Words of others are in it: what tools are called, and what they say. Without them it is asked again, while jobs run here.
      if (this.#isMisunderstood && this.#held.size === 0) throw error;
      if (!this.#isMisunderstood)
        this.#options.say(`the server does not understand what it is asked: ${error.message}`);
      this.#isMisunderstood = true;
      this.#tools.clear();
      return "unreachable";
    }
  }

  /** False when some of what was given could not be begun. */
  async #take({ claims, stops, lost, asks }: PollAnswer): Promise<boolean> {
    for (const { token, mode } of stops) this.#runner.stop(token, mode);
    for (const token of lost) {
      const held = this.#held.get(token);
      if (held !== undefined && !held.hasEnded) this.#fence(token, held, "the server counts it as lost");
    }
    const areBegun = this.#begin(claims);
    await this.#lookForTools(asks);
    return areBegun;
  }

  /** All of them, or none where that cannot be written down: a start after this one would not know of them. */
  #begin(claims: PollAnswer["claims"]): boolean {
    const fresh: Held[] = [];
    for (const claim of claims) {
      const held = this.#asHeld(claim);
      const { token } = held.launch;
      if (this.#done.has(token)) this.#givenAgain.add(token);
      else if (!this.#held.has(token)) fresh.push(held);
    }
    if (fresh.length === 0) return true;
    try {
      this.#note(fresh);
    } catch (error) {
      if (!(error instanceof FolderUnwritable)) throw error;
      this.#broken = error;
      this.#options.say(`takes no more jobs, as it cannot write down which it has: ${error.message}`);
      this.drain();
      return false;
    }
    for (const held of fresh) this.#held.set(held.launch.token, held);
    for (const { launch } of fresh) this.#runner.start(launch);
    return true;
  }

  #asHeld({ launch: given, source, secrets }: PollAnswer["claims"][number]): Held {
    const launch = given as unknown as Launch;
    const { token } = launch;
    const { connection } = this.#options;
    const log = new LogSender((body) => connection.ask("log", { params: { token }, body }));
    const patiently = <T>(work: () => Promise<T>) => this.#patiently(token, work);
    const cut = new AbortController();
    const folder = `${this.#workplace(launch)}.files`;
    const artifacts = new BroughtArtifacts({ connection, token, signal: cut.signal, folder, patiently });
    return { launch, source, secrets, log, artifacts, cut, isFenced: false, hasEnded: false };
  }

  /** Beside the questions, which keep the leases: a tool may take as long as it likes to say its version. Waits for them a little. */
  async #lookForTools(asks: PollAnswer["asks"]): Promise<void> {
    if (asks.length === 0) return;
    const tools = asks.filter((tool) => toolKey(tool).length <= mostToolKey);
    // A server that asks for what cannot be said asks again at once.
    if (tools.length === 0) return setTimeout(whileLookingMs);
    this.#looking ??= this.#look(tools).finally(() => {
      this.#looking = undefined;
    });
    const enough = new AbortController();
    await Promise.race([this.#looking, setTimeout(whileLookingMs, undefined, { signal: enough.signal })]).finally(() =>
      enough.abort(),
    );
  }

  async #look(tools: PollAnswer["asks"]): Promise<void> {
    const env = this.#options.env as Record<string, string>;
    for (const tool of tools) {
      if (this.#isOver) return;
      const problem = await this.#toolCheck.problem([tool as Tool], env).catch((error: unknown) => String(error));
      const key = toolKey(tool);
      // The newest are last: those are told.
      this.#tools.delete(key);
      this.#tools.set(key, {
        problem: problem === undefined ? null : cut(problem.split(";")[0]!),
        at: performance.now(),
      });
    }
  }

  #fenceWhenCutOff(): void {
    if (!this.#contact.isLost()) return;
    for (const [token, held] of this.#held) {
      if (!held.isFenced && !held.hasEnded)
        this.#fence(token, held, "the server has not answered for most of the lease");
    }
  }

  #fence(token: string, held: Held, because: string): void {
    held.isFenced = true;
    held.cut.abort();
    this.#options.say(`${held.launch.job} of ${held.launch.run} is given up: ${because}`);
    this.#runner.stop(token, "now");
  }

  async #ended(ended: Ended): Promise<void> {
    const { token } = ended;
    const held = this.#held.get(token);
    if (held === undefined) return;
    held.hasEnded = true;
    if (this.#isOver) return;
    const { launch, log } = held;
    const { name, say } = this.#options;
    const because = `the agent ${name} was cut off`;
    const result =
      held.isFenced && ended.result.kind !== "succeeded" ? { kind: "lost" as const, because } : ended.result;
    // A slot is free.
    this.#poll?.abort();
    await log.end();
    if (!(await this.#endTeller.tell(token, { durationMs: ended.durationMs, result }))) this.#done.add(token);
    this.#held.delete(token);
    for (const left of [`${this.#workplace(launch)}.files`, this.#workplace(launch)]) removeFolder(left, say);
    if (this.#held.size === 0) removeFolder(join(this.#options.folder, "logs"), say);
    this.#note();
    this.#poll?.abort();
  }

  /** Tries again while the server cannot be reached and the attempt is still this agent's. */
  async #patiently<T>(token: string, work: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch (error) {
        const held = this.#held.get(token);
        if (!(error instanceof Unreachable) || held === undefined || held.isFenced) throw error;
        const { signal } = held.cut;
        if (signal.aborted) throw error;
        await setTimeout(Math.min(100 * 2 ** tries, longestWaitMs), undefined, { signal });
      }
    }
  }

  async #layOut(attempt: AttemptName, isCut: AbortSignal): Promise<void> {
    const { launch, source, cut } = this.#of(attempt)!;
    isCut.addEventListener("abort", () => cut.abort(), { once: true });
    if (isCut.aborted) cut.abort();
    const { connection } = this.#options;
    const { token } = launch;
    const fetch = (has: string[]) =>
      connection.bytes("source", { params: { token }, body: { has }, signal: cut.signal });
    await this.#patiently(token, () => this.#sources.bring(source.commit, fetch));
    const { commit, branch = "" } = source;
    const folder = this.#workplace(attempt);
    await checkout({ root: this.#sources.root, commit, branch, folder });
    if (existsSync(join(folder, ".gitmodules"))) {
      throw new Error("its repository has submodules, which are not brought to agents");
    }
  }

  #workplace(attempt: AttemptName): string {
    return join(this.#options.folder, "work", `${attempt.run}-${attemptFileName(attempt)}`);
  }

  #of({ run, job, attempt }: AttemptName): Held | undefined {
    const isIt = ({ launch }: Held) => launch.run === run && launch.job === job && launch.attempt === attempt;
    return [...this.#held.values()].find(isIt);
  }

  #artifactsWithin(checkout: string): BroughtArtifacts {
    const isIt = ({ launch, source }: Held) => join(this.#workplace(launch), source.prefix) === checkout;
    return [...this.#held.values()].find(isIt)!.artifacts;
  }

  #note(fresh: readonly Held[] = []): void {
    const held = [...this.#held.values(), ...fresh].map(({ launch: { token, run } }) => ({ token, run }));
    try {
      writeHeld(this.#options.folder, { agent: this.#options.id, held });
    } catch (error) {
      throw new FolderUnwritable(error instanceof Error ? error.message : String(error));
    }
  }
}

import { setTimeout } from "node:timers/promises";
import type { LogRequest } from "../server/wire/agents.ts";
import { TurnedAway } from "./connection.ts";

type Line = LogRequest["lines"][number];

const soonMs = 150;
const againMs = 500;
const mostLines = 1_000;
/** Of one batch, but for a line that is longer by itself: what proxies let through. */
const mostBatchBytes = 512 * 1024;
/** What waits while the server is away; beyond that, lines are left out and counted. */
const mostKeptBytes = 8 * 1024 * 1024;

/** Brings what an attempt prints to the server while it prints, every line once, whatever the server answers or fails to. */
export class LogSender {
  readonly #send: (request: LogRequest) => Promise<{ has: number }>;
  /** Lines that the server does not have yet, and the number of the first of them. */
  #lines: Line[] = [];
  #from = 0;
  #keptBytes = 0;
  #leftOut = 0;
  #sending: Promise<void> | undefined;
  #isOver = false;

  constructor(send: (request: LogRequest) => Promise<{ has: number }>) {
    this.#send = send;
  }

  push(line: Line): void {
    if (this.#isOver) return;
    if (this.#keptBytes > mostKeptBytes) {
      this.#leftOut += 1;
      return;
    }
    this.#lines.push(line);
    this.#keptBytes += line.text.length;
    this.#sending ??= this.#sendSoon();
  }

  /** Resolves when the server has all of it, or does not want it any more. */
  async end(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
    this.#isOver = true;
  }

  /** Nobody wants it. */
  drop(): void {
    this.#isOver = true;
    this.#lines = [];
  }

  async #sendSoon(): Promise<void> {
    await setTimeout(soonMs);
    while (this.#lines.length > 0) {
      const lines = this.#batch();
      try {
        const { has } = await this.#send({ from: this.#from, sentAt: Date.now(), lines });
        this.#forget(Math.max(0, Math.min(has - this.#from, this.#lines.length)));
      } catch (error) {
        // It is somebody else's by now, or nobody's.
        if (error instanceof TurnedAway) this.drop();
        else await setTimeout(againMs);
      }
    }
    this.#sending = undefined;
  }

  #batch(): Line[] {
    let bytes = 0;
    const end = this.#lines.findIndex(({ text }, at) => {
      bytes += Buffer.byteLength(text) + 60;
      return at === mostLines || (at > 0 && bytes > mostBatchBytes);
    });
    return end === -1 ? [...this.#lines] : this.#lines.slice(0, end);
  }

  #forget(count: number): void {
    for (const { text } of this.#lines.splice(0, count)) this.#keptBytes -= text.length;
    this.#from += count;
    if (this.#leftOut === 0 || this.#keptBytes > mostKeptBytes / 2) return;
    const { step = 0 } = this.#lines.at(-1) ?? {};
    this.#lines.push({ step, at: Date.now(), text: `[baton: ${this.#leftOut} lines were left out here]` });
    this.#leftOut = 0;
  }
}

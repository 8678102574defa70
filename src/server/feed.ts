import { setTimeout as pause } from "node:timers/promises";
import { answered } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import type { EngineEvent, Recorded } from "../control/views/events.ts";
import type { Notice } from "./wire/envelope.ts";

/** How many notices are kept for those who come back. Whoever was away for longer asks for everything again. */
const keptNotices = 5000;

const retryMs = 1000;

/**
 * What happens, read from the journal once and kept for everybody who looks on. Each looks for himself how far he has come,
 * so a slow reader costs nothing: what he misses is not kept for him.
 */
export class Feed {
  readonly #host: Host;
  readonly #notices: Notice[] = [];
  readonly #stop = new AbortController();
  #seq: number;
  /** Those who wait for the next event. */
  readonly #waiting = new Set<() => void>();
  readonly #told: ((notice: Notice) => void) | undefined;
  #failure: string | undefined;
  readonly #reading: Promise<void>;

  private constructor(host: Host, seq: number, told?: (notice: Notice) => void) {
    this.#host = host;
    this.#told = told;
    this.#seq = Math.max(0, seq - keptNotices);
    this.#reading = this.#read();
  }

  /** `told` of each event that is read, also of the last ones before. */
  static async open(host: Host, told?: (notice: Notice) => void): Promise<Feed> {
    return new Feed(host, answered(await host.position()), told);
  }

  /** The newest event that was seen. */
  get seq(): number {
    return this.#seq;
  }

  /** Why the journal cannot be followed at the moment. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** What happened behind this event; undefined when that is not known any more, or is of another journal. */
  since(seq: number): readonly Notice[] | undefined {
    if (seq === this.#seq) return [];
    const first = this.#notices[0]?.seq ?? this.#seq + 1;
    if (seq > this.#seq || seq < first - 1) return undefined;
    return this.#notices.slice(seq + 1 - first);
  }

  /** Resolves when something has happened behind this event, when the time is over, or with the signal. */
  async behind(seq: number, { withinMs, signal }: { withinMs: number; signal: AbortSignal }): Promise<void> {
    if (this.#seq !== seq || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    const over = () => resolve();
    signal.addEventListener("abort", over);
    this.#waiting.add(over);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", over);
    this.#waiting.delete(over);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const events = answered(await this.#host.watch({ after: this.#seq, signal }));
        this.#failure = undefined;
        for await (const recorded of events) this.#take(recorded);
      } catch (error) {
        this.#failure = (error as Error).message;
        await pause(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  #take(recorded: Recorded): void {
    // After damage was mended, numbers may go on from further up.
    if (recorded.seq !== this.#seq + 1) this.#notices.length = 0;
    this.#notices.push(noticeOf(recorded));
    if (this.#notices.length > 2 * keptNotices) this.#notices.splice(0, this.#notices.length - keptNotices);
    this.#seq = recorded.seq;
    for (const tell of this.#waiting) tell();
    this.#told?.(this.#notices.at(-1)!);
  }
}

export function noticeOf({ seq, at, event }: Recorded): Notice {
  return { seq, at, type: event.type, run: event.run, ...aboutOf(event) };
}

/** Names and words only: what is large, and what jobs handed over, is asked for as a view. */
function aboutOf(event: EngineEvent): Omit<Notice, "seq" | "at" | "type" | "run"> {
  switch (event.type) {
    case "run.created":
      return { release: event.release };
    case "run.adopted":
      return { by: event.by };
    case "run.suspended":
      return { by: event.by, because: event.because };
    case "job.started":
    case "job.succeeded":
    case "job.retry-due":
    case "job.cancelled":
    case "job.interrupted":
      return { job: event.job, attempt: event.attempt };
    case "job.failed":
      return { job: event.job, attempt: event.attempt, because: event.failure.message };
    case "job.skipped":
      return { job: event.job, because: event.text };
    case "run.cancel-requested":
      return { by: event.by };
    case "lock.acquired":
    case "lock.released":
    case "approval.requested":
    case "approval.reminded":
      return { environment: event.environment };
    case "approval.given": {
      const { environment, by, comment } = event;
      return { environment, by, ...(comment !== undefined && { because: comment }) };
    }
    case "approval.answered": {
      const { environment, answer, by, comment } = event;
      return { environment, answer, by, ...(comment !== undefined && { because: comment }) };
    }
    case "environment.frozen":
      return { environment: event.environment, by: event.by, because: event.reason };
    case "environment.thawed": {
      const { environment, by, comment } = event;
      return { environment, by, ...(comment !== undefined && { because: comment }) };
    }
    case "drift.looked":
      return { environment: event.environment, by: event.by, because: `${event.deployedBy}: ${event.found}` };
    case "rollback.declined":
      return { environment: event.environment, because: event.because };
    case "run.finished":
      return { conclusion: event.conclusion };
    case "run.retry-requested":
      return {};
    case "history.begins":
      return { because: event.text };
    default:
      return {};
  }
}

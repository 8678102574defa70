import { setTimeout as pause } from "node:timers/promises";
import type { NoticeAddress } from "../model/delivery.ts";
import { secretsOfAddress } from "../model/notice-address.ts";
import type { Attempt, Letter, Posted, Secrets } from "./channels/post.ts";
import type { Ledger, TargetRow } from "./ledger.ts";
import type { Notice } from "./messages/notice.ts";
import type { Outbox } from "./outbox.ts";

export interface Telling {
  outbox: Outbox;
  ledger: Ledger;
  post(attempt: Attempt): Promise<Posted>;
  secrets: Secrets;
  /** What only this machine knows of a notice. */
  details(notice: Notice): Promise<Omit<Letter, "id" | "notice">>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Ends an attempt that is under way, which then has failed. */
  signal: AbortSignal;
  /** How far this process has looked for a target and found nothing, so that it is not written down each time. */
  looked: Map<string, number>;
}

const lookMs = 250;
const attemptMs = 10_000;
/** Mail servers may take their time before they take a mail: one that was cut off would be sent twice. Of CDEvents each has its own time. */
const longerAttemptMs: Partial<Record<NoticeAddress["kind"], number>> = { email: 60_000, cdevents: 600_000 };
/** What one target gets at a time: others, and other processes, have their turn then. */
const mostAtATime = 20;
const longestAtATimeMs = 10_000;
const detailsMs = 5_000;
const firstWaitMs = 5_000;
const longestWaitMs = 900_000;
/** What cannot be delivered for so long is listed, and those behind it get their turn. */
const patienceMs = 86_400_000;
/** However long nobody was there to send it. */
const fewestAttempts = 3;
/** How much is looked through for nothing before that is written down. */
const mostLooked = 500;

/**
 * Tells every target whose turn it is what it has not been told: one after another, in order, each at least once. It is noted
 * that something was told only when it was: whoever is killed in between leaves it to be told again. To be called by one
 * process at a time. Nothing that goes wrong with a target reaches anybody but the ledger.
 *
 * @returns Whether there is more that can be told at once.
 * @throws When the ledger cannot be written, and only when nothing is under way any more.
 */
export async function tell(telling: Telling): Promise<boolean> {
  const { outbox, ledger, now, signal } = telling;
  const newest = outbox.newestSeq;
  const rules = outbox.rulesAt(newest);
  const { targets, until } = outbox.namedBehind(ledger.lookedUntil);
  if (until !== undefined) ledger.begin(targets, until);
  else if ((ledger.lookedUntil ?? 0) > newest) ledger.begin(new Map(), newest);
  const due = ledger.targets().filter(({ nextAt }) => !isLater(nextAt, now()));
  const busy = new Set(due.map(({ name }) => name));
  const ended = await Promise.allSettled(
    due.map(async (target) => {
      try {
        const progress = await tellTarget(telling, target, rules[target.name]?.to);
        if (progress === "up to date" && !signal.aborted && !Object.hasOwn(rules, target.name))
          ledger.forget(target.name);
        return progress;
      } finally {
        busy.delete(target.name);
        await keepUp(telling, target.name, busy);
      }
    }),
  );
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return ended.some((one) => one.status === "fulfilled" && one.value === "more");
}

/** A target that is slow holds up no other: as long as it is at it, this one is told what happens meanwhile. */
async function keepUp(telling: Telling, name: string, busy: ReadonlySet<string>): Promise<void> {
  const { outbox, ledger, now, signal } = telling;
  while (busy.size > 0 && !signal.aborted) {
    await pause(lookMs, undefined, { signal }).catch(() => {});
    const target = ledger.target(name);
    if (busy.size === 0 || signal.aborted || target === undefined || isLater(target.nextAt, now())) continue;
    await tellTarget(telling, target, outbox.rulesAt(outbox.newestSeq)[name]?.to);
  }
}

/** A time that lies further ahead than anybody ever waits was written by a clock that went wrong. */
const isLater = (nextAt: number | undefined, now: number): boolean =>
  nextAt !== undefined && nextAt > now && nextAt - now <= 4 * longestWaitMs;

/** `more`: it may go on at once. `waits`: for a time, a secret or another process. */
type Progress = "up to date" | "more" | "waits";

async function tellTarget(telling: Telling, target: TargetRow, to: NoticeAddress | undefined): Promise<Progress> {
  const { outbox, ledger, looked, now, signal, secrets } = telling;
  const { name } = target;
  const newest = outbox.newestSeq;
  if (target.seq > newest) ledger.rewind(name, newest);
  const told = Math.min(Math.max(target.seq, looked.get(name) ?? 0), newest);
  if (told === newest) return "up to date";
  const turnEnds = performance.now() + longestAtATimeMs;
  let { attempts } = target;
  let count = 0;
  for (const letter of outbox.behind(told, name)) {
    if (signal.aborted) return "waits";
    if (count++ === mostAtATime || performance.now() > turnEnds) return "more";
    const { notice } = letter;
    const address = to ?? letter.to;
    if (isSecretMissing(address, secrets)) return "waits";
    // Before it is sent: where nothing can be noted, it would be sent again and again.
    const nextAt = now() + waitMs(attempts);
    ledger.trying(name, { attempts: attempts + 1, nextAt });
    const outcome = await attempt(telling, notice, address);
    switch (outcome.kind) {
      case "taken":
        ledger.told(name, notice.seq);
        attempts = 0;
        break;
      case "refused":
        ledger.giveUp({ target: name, seq: notice.seq, at: now(), failure: outcome.because });
        attempts = 0;
        break;
      case "failed":
        // What was cut off by whoever goes does not count as one that the target did not take.
        if (!signal.aborted && now() - notice.at > patienceMs && attempts + 1 >= fewestAttempts) {
          ledger.giveUp({ target: name, seq: notice.seq, at: now(), failure: outcome.because });
          // The next one is not likely to fare better just now.
          ledger.failed(name, { failure: outcome.because, nextAt: now() + firstWaitMs });
        } else {
          const wait = Math.max(outcome.retryAfterMs ?? 0, waitMs(attempts));
          ledger.failed(name, { failure: outcome.because, nextAt: now() + wait });
        }
        return "waits";
      case "unable":
        ledger.trying(name, { attempts, nextAt: undefined });
        ledger.failed(name, { failure: outcome.because, nextAt: undefined });
        return "waits";
      default:
        outcome satisfies never;
    }
  }
  looked.set(name, newest);
  if (newest - target.seq > mostLooked) ledger.told(name, newest);
  return "up to date";
}

const waitMs = (attempts: number): number => Math.min(firstWaitMs * 2 ** Math.min(attempts, 20), longestWaitMs);

const isSecretMissing = (to: NoticeAddress, secrets: Secrets): boolean =>
  Object.values(secretsOfAddress(to)).some((name) => !secrets(name));

async function attempt(telling: Telling, notice: Notice, to: NoticeAddress): Promise<Posted> {
  const { outbox, post, secrets, now, signal } = telling;
  const known = await detailsInTime(telling, notice);
  const history =
    to.kind === "otlp" && notice.kind === "run.ended" ? { history: outbox.historyOf(notice.run!, notice.seq) } : {};
  const letter = { ...known, ...history, id: outbox.idOf(notice), notice };
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(longerAttemptMs[to.kind] ?? attemptMs)]);
  return await post({ to, letter, secrets, now: now(), signal: inTime });
}

/** What cannot be found out, or not soon, is left out: it is said without it. */
async function detailsInTime({ details, signal }: Telling, notice: Notice): ReturnType<Telling["details"]> {
  const over = Promise.withResolvers<object>();
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(detailsMs)]);
  if (inTime.aborted) return {};
  inTime.addEventListener("abort", () => over.resolve({}), { once: true });
  return await Promise.race([details(notice), over.promise]).catch(() => ({}));
}

/** Sends again what was given up, oldest first. Of a target that does not take one, the rest is left. */
export async function tellGivenUp(telling: Telling, name: string | undefined): Promise<{ delivered: number }> {
  const { outbox, ledger, signal } = telling;
  const rules = outbox.rulesAt(outbox.newestSeq);
  const isDown = new Set<string>();
  let delivered = 0;
  for (const one of ledger.undelivered()) {
    const { target, seq } = one;
    if (signal.aborted || isDown.has(target) || (name !== undefined && name !== target)) continue;
    const letter = outbox.at(seq, target);
    const to = rules[target]?.to ?? letter?.to;
    if (letter === undefined || to === undefined || isSecretMissing(to, telling.secrets)) continue;
    const outcome = await attempt(telling, letter.notice, to);
    if (outcome.kind === "taken") {
      ledger.deliveredAfterAll(one);
      delivered += 1;
    } else if (outcome.kind === "refused") ledger.giveUp({ ...one, failure: outcome.because });
    else isDown.add(target);
  }
  for (const target of ledger.targets()) if (name === undefined || name === target.name) ledger.tryAtOnce(target.name);
  return { delivered };
}

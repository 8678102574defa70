import type { NoticeAddress } from "../model/delivery.ts";
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

const attemptMs = 10_000;
const firstWaitMs = 5_000;
const longestWaitMs = 900_000;
/** What cannot be delivered for so long is listed, and those behind it get their turn. */
const patienceMs = 86_400_000;
/** How much is looked through for nothing before that is written down. */
const mostLooked = 500;

/**
 * Tells every target whose turn it is what it has not been told: one after another, in order, each at least once. It is noted
 * that something was told only when it was: whoever is killed in between leaves it to be told again. To be called by one
 * process at a time. Nothing that goes wrong with a target reaches anybody but the ledger.
 */
export async function tell(telling: Telling): Promise<void> {
  const { outbox, ledger, now, signal } = telling;
  const newest = outbox.newestSeq;
  const rules = outbox.rulesAt(newest);
  const { targets, until } = outbox.namedBehind(ledger.lookedUntil);
  if (until !== undefined) ledger.begin(targets, until);
  else if ((ledger.lookedUntil ?? 0) > newest) ledger.begin(new Map(), newest);
  const due = ledger.targets().filter(({ nextAt }) => !isLater(nextAt, now()));
  await Promise.all(
    due.map(async (target) => {
      const isUpToDate = await tellTarget(telling, target, rules[target.name]?.to);
      if (isUpToDate && !signal.aborted && !Object.hasOwn(rules, target.name)) ledger.forget(target.name);
    }),
  );
}

/** A time that lies further ahead than anybody ever waits was written by a clock that went wrong. */
const isLater = (nextAt: number | undefined, now: number): boolean =>
  nextAt !== undefined && nextAt > now && nextAt - now <= 4 * longestWaitMs;

/** Whether there is nothing left. */
async function tellTarget(telling: Telling, target: TargetRow, to: NoticeAddress | undefined): Promise<boolean> {
  const { outbox, ledger, looked, now, signal } = telling;
  const { name } = target;
  const newest = outbox.newestSeq;
  if (target.seq > newest) ledger.rewind(name, newest);
  const told = Math.min(Math.max(target.seq, looked.get(name) ?? 0), newest);
  if (told === newest) return true;
  let { attempts } = target;
  for (const letter of outbox.behind(told, name)) {
    if (signal.aborted) return false;
    const { notice } = letter;
    const outcome = await attempt(telling, notice, to ?? letter.to);
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
        if (now() - notice.at > patienceMs) {
          ledger.giveUp({ target: name, seq: notice.seq, at: now(), failure: outcome.because });
          attempts = 0;
          break;
        }
        ledger.failed(name, {
          failure: outcome.because,
          nextAt: now() + Math.max(outcome.retryAfterMs ?? 0, waitMs(attempts)),
        });
        return false;
      case "unable":
        return false;
      default:
        outcome satisfies never;
    }
  }
  looked.set(name, newest);
  if (newest - target.seq > mostLooked) ledger.told(name, newest);
  return true;
}

const waitMs = (attempts: number): number => Math.min(firstWaitMs * 2 ** Math.min(attempts, 20), longestWaitMs);

async function attempt(telling: Telling, notice: Notice, to: NoticeAddress): Promise<Posted> {
  const { outbox, post, secrets, details, now, signal } = telling;
  const letter = { ...(await details(notice)), id: outbox.idOf(notice), notice };
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]);
  return await post({ to, letter, secrets, now: now(), signal: inTime });
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
    if (letter === undefined || to === undefined) continue;
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

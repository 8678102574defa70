import { secretsOfAddress } from "../../model/notice-address.ts";
import { Ledger } from "../../notify/ledger.ts";
import type { Notice } from "../../notify/messages/notice.ts";
import { Outbox } from "../../notify/outbox.ts";
import { sendAgain } from "../../notify/teller.ts";
import { notThere } from "../control.ts";
import { openJournal, requireJournal } from "../local/journal.ts";
import { tellerOptions } from "../local/telling.ts";
import type { Place } from "../project.ts";
import { readSecrets, type Secrets } from "../request/secrets.ts";
import { mostWaiting, type NoticeLine, type NoticesView, type SentAgainView } from "../views/notices.ts";

export interface NoticesRequest {
  /** A file of `NAME=value` lines; other secrets come from environment variables. */
  secretsFile?: string | undefined;
}

export interface RetryNotices extends NoticesRequest {
  /** Default: all. */
  target?: string | undefined;
}

export interface TestNotice extends NoticesRequest {
  /** By its name in the definition as it stands. */
  target: string;
}

const patienceMs = 30_000;

/** Who is told of what, by the newest run, and how far that got. */
export function readNotices({ project, caller }: Place, { secretsFile }: NoticesRequest): NoticesView {
  const secrets = readSecrets(caller, secretsFile);
  using journal = openJournal(project);
  if (journal === undefined) return { version: 1, targets: [], undelivered: [] };
  const outbox = new Outbox(journal);
  using ledger = Ledger.exists(project.stateFolder) ? Ledger.open(project.stateFolder) : undefined;
  return noticesView(outbox, ledger, secrets);
}

/** Sends what was given up and what waits, at once. @throws {Refused} */
export async function retryNotices(place: Place, { target, secretsFile }: RetryNotices): Promise<SentAgainView> {
  const { stateFolder } = place.project;
  using journal = requireJournal(place.project);
  const known = noticesView(new Outbox(journal), undefined, () => undefined).targets.map(({ name }) => name);
  if (Ledger.exists(stateFolder)) {
    using ledger = Ledger.open(stateFolder);
    known.push(...ledger.targets().map(({ name }) => name), ...ledger.undelivered().map((one) => one.target));
  }
  if (target !== undefined && !known.includes(target)) throw notThere("no-target", target, [...new Set(known)]);
  const secrets = readSecrets(place.caller, secretsFile);
  const signal = AbortSignal.timeout(patienceMs);
  const sent = await sendAgain(tellerOptions(place, { secrets }), { target, signal });
  return { ...readNotices(place, { secretsFile }), delivered: sent?.delivered ?? 0 };
}

function noticesView(outbox: Outbox, ledger: Ledger | undefined, secrets: Secrets): NoticesView {
  const newest = outbox.newestSeq;
  const rules = outbox.rulesAt(newest);
  const rows = new Map(ledger?.targets().map((row) => [row.name, row]));
  const unbegun = outbox.namedBehind(ledger?.lookedUntil).targets;
  const targets = [...new Set([...Object.keys(rules), ...rows.keys(), ...unbegun.keys()])].map((name) => {
    const rule = rules[name];
    const row = rows.get(name);
    const needed = rule === undefined ? [] : Object.values(secretsOfAddress(rule.to));
    const waiting: NoticeLine[] = [];
    for (const { notice } of outbox.behind(Math.min(row?.seq ?? unbegun.get(name) ?? newest, newest), name)) {
      if (waiting.push(lineOf(notice)) === mostWaiting) break;
    }
    return {
      name,
      ...(rule && { kind: rule.to.kind }),
      on: rule?.on ?? [],
      environments: rule?.environments ?? [],
      missing: needed.filter((secret) => !secrets(secret)),
      waiting,
      attempts: row?.attempts ?? 0,
      ...(row?.failure !== undefined && { failure: row.failure }),
      ...(row?.nextAt !== undefined && { nextAt: row.nextAt }),
    };
  });
  const undelivered = (ledger?.undelivered() ?? []).map(({ target, seq, at, failure }) => {
    const found = outbox.at(seq, target);
    return { target, seq, ...(found && { notice: lineOf(found.notice) }), givenUpAt: at, failure };
  });
  return { version: 1, targets, undelivered };
}

const lineOf = ({ seq, at, kind, title }: Notice): NoticeLine => ({ seq, at, kind, title });

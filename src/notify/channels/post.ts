import type { Recorded } from "../../engine/events.ts";
import type { NoticeAddress } from "../../model/delivery.ts";
import type { Notice } from "../messages/notice.ts";

/** What is sent: a notice, with what only this machine knows. */
export interface Letter {
  /** The same each time that it is sent, and no other one's: whoever gets it twice can tell. */
  id: string;
  notice: Notice;
  /** The first line of its log that says what failed; masked when it was written. */
  line?: string;
  /** The commit in words: who made it, and what they said of it. */
  commit?: { author: string; subject: string };
  /** What happened in the run, for a target that is told of its end as a trace. */
  history?: Recorded[];
  /** Where people see more of it. */
  link?: string;
}

/**
 * What became of an attempt. `failed`: later it may go. `refused`: this one never will, others may. `unable`: nothing was tried,
 * because a secret is not here; somebody else may have it. Words hold no secret.
 */
export type Posted =
  | { kind: "taken" }
  | { kind: "failed"; because: string; retryAfterMs?: number }
  | { kind: "refused"; because: string }
  | { kind: "unable"; because: string };

export type Secrets = (name: string) => string | undefined;

export interface Attempt<Kind extends NoticeAddress["kind"] = NoticeAddress["kind"]> {
  to: Extract<NoticeAddress, { kind: Kind }>;
  letter: Letter;
  secrets: Secrets;
  /** Milliseconds since the epoch. */
  now: number;
  /** It takes too long, or Baton goes. */
  signal: AbortSignal;
}

/** The secret of that name; what is not here is thrown as an outcome. */
export function need(secrets: Secrets, name: string): string {
  const value = secrets(name);
  if (value === undefined || value === "") throw new Unable(`${name} is not set`);
  return value;
}

export class Unable extends Error {}

/** What others say, as one short line in which no secret stands. */
export function shortened(text: string, hidden: readonly string[]): string {
  const masked = hidden.filter((one) => one !== "").reduce((all, one) => all.replaceAll(one, "***"), text);
  const [line = ""] = masked.trim().split("\n");
  return cut(line.replaceAll(/\p{Cc}/gu, " "), 200);
}

/** What a code of the network means, for who has never seen one; undefined for one that says nothing of it. */
export function networkWords(code: string): string | undefined {
  if (Object.hasOwn(words, code)) return words[code];
  return code.includes("CERT") ? `its certificate is not trusted (${code})` : undefined;
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens at that address",
  ENOTFOUND: "there is no machine of that name",
  EAI_AGAIN: "the machine's name could not be looked up",
  ETIMEDOUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  ECONNRESET: "the connection broke off",
  EPIPE: "the connection broke off",
  UND_ERR_SOCKET: "the connection broke off",
  EHOSTUNREACH: "no way leads to that address",
  ENETUNREACH: "no way leads to that address",
  EPROTO: "it does not speak TLS as it should",
};

/** So many UTF-16 units of it at most; a character that is cut in two, as JSON and mail cannot hold it, is replaced. */
export const cut = (text: string, most: number): string => text.slice(0, most).toWellFormed();

import type { Refusal } from "../control/control.ts";
import { inWords } from "./refusal-words.ts";
import type { Problem } from "./wire/envelope.ts";

/** Refusals of the server itself, beside those of control. */
export type ServerRefusalCode =
  | "not-found"
  | "wrong-request"
  | "too-large"
  | "too-slow"
  | "too-many-requests"
  | "foreign-host"
  | "foreign-origin"
  | "not-signed-in"
  | "not-begun"
  | "provider-refused"
  | "provider-unreachable"
  | "not-signed"
  | "not-delivered"
  | "not-allowed"
  | "not-your-attempt"
  | "not-attended"
  | "other-protocol"
  | "not-handed-over"
  | "too-much-brought"
  | "too-many-viewers"
  | "stopping"
  | "bug";

export interface ServerRefusal {
  code: ServerRefusalCode;
  status: number;
  title: string;
  next?: string;
}

/** Thrown by whatever stands between a request and its answer. */
export class Turned extends Error {
  override readonly name = "Turned";
  readonly refusal: ServerRefusal;
  readonly headers: Record<string, string>;

  constructor(refusal: ServerRefusal, headers: Record<string, string> = {}) {
    super(refusal.title);
    this.refusal = refusal;
    this.headers = headers;
  }
}

export const tooManyRequests = (waitMs: number) =>
  new Turned(
    { code: "too-many-requests", status: 429, title: "Too many requests", next: "Wait a minute" },
    { "retry-after": String(Math.ceil(waitMs / 1000)) },
  );

export function problemResponse(
  { status, ...problem }: Omit<Problem, "type">,
  headers: Record<string, string> = {},
): Response {
  const body: Problem = { type: `urn:baton:${problem.code}`, status, ...problem };
  return Response.json(body, { status, headers: { ...headers, "content-type": "application/problem+json" } });
}

/** The refusal of control, in words and as data. */
export function refusalResponse(refusal: Refusal): Response {
  const { status, title, next } = inWords(refusal);
  const { code, subject, known, near } = refusal;
  return problemResponse({
    status,
    title,
    ...(next !== undefined && { next }),
    code,
    subject,
    known: known.slice(0, mostKnown),
    ...(near !== undefined && { near }),
  });
}

const mostKnown = 100;

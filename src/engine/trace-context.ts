import { hash } from "node:crypto";
import type { RunId } from "./events.ts";

/**
 * Ids as https://www.w3.org/TR/trace-context has them, made of what the journal says: whoever runs a job and whoever tells of it later
 * come to the same ones, and nothing more has to be kept.
 */
export interface TracedRun {
  delivery: string;
  run: RunId;
  /** When it was created, milliseconds since the epoch. */
  createdAt: number;
  commit: string;
}

/** 32 hexadecimal digits. */
export const traceIdOf = ({ delivery, run, createdAt, commit }: TracedRun): string =>
  hash("sha256", ["baton", delivery, run, createdAt, commit].join("\n")).slice(0, 32);

/** 16 hexadecimal digits, of something that no other span is: an attempt by its token. */
export const spanIdOf = (text: string): string => hash("sha256", `span\n${text}`).slice(0, 16);

/** What a step hands on to a tool that traces, as `TRACEPARENT`: what it does is part of this attempt. */
export const traceparentOf = (run: TracedRun, token: string): string => `00-${traceIdOf(run)}-${spanIdOf(token)}-01`;

import type { NoticeTarget } from "../../model/delivery.ts";

/** Who is told of what, how far they were told, and what did not get there. */
export interface NoticesView {
  version: 1;
  /** By name; also those that the definition has no more and that something is left for. */
  targets: TargetView[];
  /** Given up, oldest first of each target. */
  undelivered: UndeliveredView[];
}

export interface TargetView {
  name: string;
  /** Absent: the definition has it no more. */
  kind?: NoticeTarget["to"]["kind"];
  on: NoticeTarget["on"];
  /** Empty: all. */
  environments: string[];
  /** Secrets that are not set here. */
  missing: string[];
  /** What it was not told yet, oldest first, at most `mostWaiting`. */
  waiting: NoticeLine[];
  /** How often the first of them was tried, and why it did not go. */
  attempts: number;
  failure?: string;
  /** When it is tried again, milliseconds since the epoch. */
  nextAt?: number;
}

export interface NoticeLine {
  seq: number;
  /** Milliseconds since the epoch. */
  at: number;
  kind: string;
  title: string;
}

export interface UndeliveredView {
  target: string;
  seq: number;
  /** What it says; absent when its event is gone. */
  notice?: NoticeLine;
  /** When it was given up, milliseconds since the epoch, and why. */
  givenUpAt: number;
  failure: string;
}

/** What came of sending again. */
export interface SentAgainView extends NoticesView {
  /** Of those that were given up. */
  delivered: number;
}

/** Whether a notice gets to a target. */
export interface NoticeTestView {
  version: 1;
  target: string;
  kind: NoticeTarget["to"]["kind"];
  isTaken: boolean;
  /** Why not. */
  because?: string;
}

/** A target to which something did not get. */
export interface UntoldView {
  target: string;
  /** How many were given up; 0: the one that waits is tried again. */
  givenUp: number;
  /** Why the last one did not get there. */
  failure: string;
}

export const mostWaiting = 100;

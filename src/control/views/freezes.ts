import type { Freeze } from "../../engine/events.ts";
import { isFrozen } from "../../engine/policies/freeze.ts";

/** An environment to which nothing begins to be deployed now. Times are milliseconds since the epoch. */
export interface FreezeView {
  environment: string;
  until: number;
  /** When somebody said so, and who, and why. */
  at: number;
  by: string;
  reason: string;
}

/** What `baton freeze` did. */
export interface FrozenView extends FreezeView {
  version: 1;
}

/** What `baton thaw` did. */
export interface ThawedView {
  version: 1;
  environment: string;
}

/** Those that are not over. */
export function freezesAt(freezes: Readonly<Record<string, Freeze>>, now: number): FreezeView[] {
  return Object.entries(freezes).flatMap(([environment, freeze]) =>
    isFrozen(freeze, now) ? [{ environment, ...freeze }] : [],
  );
}

/** Views of the server, asked once, kept, and asked again when something happened that they are about. */
import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { onChange, seen } from "./live.ts";
import { within } from "./place.ts";
import type { Problem } from "./wire.ts";

export interface Loaded<View> {
  readonly view?: View;
  /** Why it could not be had; the view from before stays. */
  readonly problem?: Problem;
}

interface Kept {
  readonly loaded: Signal<Loaded<unknown>>;
  /** It changes with this run, with any (empty), or never once it is there. */
  readonly about: string | undefined;
  users: number;
  isAsking: boolean;
  isStale: boolean;
}

/** Events come in bursts: one question answers all of those that came meanwhile. */
const atMostEveryMs = 400;

const kept = new Map<string, Kept>();

/** Of a view that no event changes, but a server that was started anew may. */
export const noRun = "-";

/** `about`: the run whose events change the view, "" for those of any, undefined for a view that never changes. */
export function useView<View>(path: string | undefined, about: string | undefined): Loaded<View> {
  const entry = path === undefined ? undefined : keep(path, about);
  useEffect(() => {
    if (entry === undefined || path === undefined) return;
    entry.users += 1;
    if (entry.isStale) void refresh(path, entry);
    return () => {
      entry.users -= 1;
    };
  }, [path, entry]);
  return (entry?.loaded.value ?? {}) as Loaded<View>;
}

function keep(path: string, about: string | undefined): Kept {
  const found = kept.get(path);
  if (found) return found;
  const made: Kept = { loaded: signal({}), about, users: 0, isAsking: false, isStale: true };
  kept.set(path, made);
  return made;
}

export function keepViewsFresh(): void {
  onChange((run) => {
    for (const [path, entry] of kept) {
      const isMeant = entry.about !== undefined && (run === "" || entry.about === "" || entry.about === run);
      const hasFailed = run === "" && entry.loaded.peek().problem !== undefined;
      if (!isMeant && !hasFailed) continue;
      entry.isStale = true;
      if (entry.users > 0) void refresh(path, entry);
    }
  });
}

async function refresh(path: string, entry: Kept): Promise<void> {
  if (entry.isAsking) return;
  entry.isAsking = true;
  entry.isStale = false;
  const answer = await ask<unknown>(path);
  const before = entry.loaded.peek().view;
  if ("view" in answer) entry.loaded.value = answer;
  else entry.loaded.value = before === undefined ? answer : { view: before, ...answer };
  setTimeout(() => {
    entry.isAsking = false;
    if (entry.isStale && entry.users > 0) void refresh(path, entry);
  }, atMostEveryMs);
}

/** Asks for a view again, of which no event tells that it has changed. */
export function askAgain(path: string): void {
  const entry = kept.get(path);
  if (entry === undefined) return;
  entry.isStale = true;
  if (entry.users > 0) void refresh(path, entry);
}

/** One question; a server that cannot be reached is a problem like every other. */
export async function ask<View>(path: string, body?: unknown): Promise<{ view: View } | { problem: Problem }> {
  try {
    const response = await fetch(within(path), {
      ...(body !== undefined && {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    const answer = await response.json();
    if (!response.ok) return { problem: answer as Problem };
    if (typeof answer.asOf === "number") seen(answer.asOf, answer.at);
    // What was done, and who asks, come as they are.
    return { view: (answer.view ?? answer) as View };
  } catch {
    return {
      problem: {
        type: "urn:baton:unreachable",
        code: "unreachable",
        status: 0,
        title: "The server does not answer",
        next: "This page asks again by itself as soon as it does.",
      },
    };
  }
}

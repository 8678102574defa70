/**
 * The one connection over which the server tells what happens. It resumes behind the last event it has seen: by itself
 * where the browser does that, else by asking again until the server is back.
 *
 * ```text
 * connecting ──open──▶ live ──silence or error──▶ lost ──open──▶ live
 * ```
 */
import { batch, signal } from "@preact/signals";
import { isOverview, within } from "./place.ts";
import type { Notice } from "./wire.ts";

export const connection = signal<"connecting" | "live" | "lost">("connecting");

/** This machine's clock when something was last heard of the server. */
export const heardAt = signal(Date.now());

/** What happened lately, newest first. */
export const recent = signal<readonly Notice[]>([]);

/** Server's clock minus this machine's: ages are told by the clock that wrote the times down. */
const skewMs = signal(0);

const listeners = new Set<(run: string) => void>();

/** Calls back with the run that something happened to (at the root of a server of several: the delivery); with an empty name when everything may have changed. */
export function onChange(listener: (run: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The server says something every few seconds; silence for this long is a connection that died without a word. */
const silenceMs = 20_000;
const againMs = 1_500;

let last: number | undefined;

/** Views carry the number of the newest event they hold, so the stream begins behind the first of them. */
export function seen(asOf: number, at: number): void {
  last ??= asOf;
  skewMs.value = at - Date.now();
}

/** Now, by the server's clock; ticks once a second while the page is seen. */
export const now = signal(Date.now());

export function startClock(): void {
  const tick = () => {
    if (!document.hidden) now.value = Date.now() + skewMs.peek();
  };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}

export function connect(): void {
  let source: EventSource | undefined;
  let wasLost = false;

  const open = () => {
    source?.close();
    const from = last === undefined || isOverview ? "" : `?after=${last}`;
    source = new EventSource(`${within("/api/events")}${from}`);
    source.addEventListener("open", heard);
    source.addEventListener("beat", heard);
    source.addEventListener("reload", () => {
      heard();
      tell("");
    });
    // At the root of a server of several: in which of them.
    source.addEventListener("changed", ({ data }) => {
      heard();
      tell(JSON.parse(data) as string);
    });
    source.addEventListener("message", ({ data }) => {
      heard();
      took(JSON.parse(data) as Notice);
    });
    source.addEventListener("error", () => {
      lost();
      if (source?.readyState !== EventSource.CLOSED) return;
      // It was answered and refused: the views say why, if only that one has to sign in by now.
      tell("");
      setTimeout(open, againMs);
    });
  };

  const heard = () => {
    batch(() => {
      heardAt.value = Date.now();
      connection.value = "live";
    });
    if (wasLost) tell("");
    wasLost = false;
  };

  const lost = () => {
    connection.value = "lost";
    wasLost = true;
  };

  open();
  setInterval(() => {
    if (Date.now() - heardAt.peek() < silenceMs) return;
    lost();
    open();
    heardAt.value = Date.now();
  }, 5_000);
}

function took(notice: Notice): void {
  if (last !== undefined && notice.seq <= last) return;
  last = notice.seq;
  recent.value = [notice, ...recent.peek()].slice(0, 200);
  tell(notice.run);
}

function tell(run: string): void {
  for (const listener of listeners) listener(run);
}

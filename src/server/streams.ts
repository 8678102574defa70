import { setTimeout as pause, setImmediate } from "node:timers/promises";
import type { LogsView } from "../control/host.ts";
import type { Feed } from "./feed.ts";
import type { Viewer } from "./viewers.ts";
import type { Beat, LogLine } from "./wire/envelope.ts";

const beatMs = 10_000;
const burstMs = 250;

const headers = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };

type Write = (text: string) => Promise<void>;

/** The journal as server-sent events, behind `after` or from now. */
export function eventStream(feed: Feed, { after, viewer }: { after: number | undefined; viewer: Viewer }): Response {
  return streamed(headers, viewer, async (write, ended) => {
    let at = after ?? feed.seq;
    await write(`retry: 2000\n${beatText(feed)}`);
    while (!ended.aborted) {
      const notices = feed.since(at);
      if (notices === undefined) {
        at = feed.seq;
        await write(`id: ${at}\nevent: reload\ndata: ${JSON.stringify(beatOf(feed))}\n\n`);
      } else if (notices.length > 0) {
        at = notices.at(-1)!.seq;
        await write(notices.map((notice) => `id: ${notice.seq}\ndata: ${JSON.stringify(notice)}\n\n`).join(""));
      }
      await feed.behind(at, { withinMs: beatMs, signal: ended });
      if (feed.seq === at && !ended.aborted) await write(beatText(feed));
    }
  });
}

const beatOf = (feed: Feed): Beat => ({ asOf: feed.seq, at: Date.now() });
const beatText = (feed: Feed) => `event: beat\ndata: ${JSON.stringify(beatOf(feed))}\n\n`;

/** In which of several journals something happens; whoever was away asks for everything again, so nothing is numbered. */
export function changeStream(feeds: readonly (readonly [string, Feed])[], viewer: Viewer): Response {
  return streamed(headers, viewer, async (write, ended) => {
    const seen = new Map(feeds.map(([name, feed]) => [name, feed.seq]));
    await write("retry: 2000\nevent: beat\ndata: {}\n\n");
    while (!ended.aborted) {
      const next = new AbortController();
      const signal = AbortSignal.any([ended, next.signal]);
      const behind = feeds.map(([name, feed]) => feed.behind(seen.get(name)!, { withinMs: beatMs, signal }));
      // Where there is none to look at, there is still somebody who wants to know that the server is there.
      await (behind.length > 0 ? Promise.race(behind) : pause(beatMs, undefined, { signal }).catch(() => {}));
      next.abort();
      // A burst is one change.
      await pause(burstMs, undefined, { signal: ended }).catch(() => {});
      const changed = feeds.filter(([name, { seq }]) => seen.get(name) !== seq);
      for (const [name, { seq }] of changed) seen.set(name, seq);
      const texts = changed.map(([name]) => `event: changed\ndata: ${JSON.stringify(name)}\n\n`);
      if (!ended.aborted) await write(texts.join("") || "event: beat\ndata: {}\n\n");
    }
  });
}

/** Lines of a log as they come. `from`: the number of the first. */
export function logStream(logs: LogsView, { from, viewer }: { from: number; viewer: Viewer }): Response {
  return streamed(headers, viewer, async (write, ended) => {
    await write("retry: 2000\n\n");
    let number = from;
    for await (const piece of logs.pieces) {
      const blocks = piece.map(({ job, attempt, at, step, text }) => {
        const line: LogLine = { job, attempt, line: number++, at, step, text };
        return `id: ${line.line}\ndata: ${JSON.stringify(line)}\n\n`;
      });
      await write(blocks.join(""));
      await setImmediate();
      if (ended.aborted) return;
    }
    if (!ended.aborted) await write(`event: end\ndata: ${JSON.stringify({ kind: logs.end().kind })}\n\n`);
  });
}

/** A log whole, as a file to keep. One that cannot be read to its end is cut off, so that nobody takes it for whole. */
export function logText(
  logs: LogsView,
  { viewer, report }: { viewer: Viewer; report(error: unknown): void },
): Response {
  const name = `${logs.run}-${logs.job ?? "all"}.log`.replaceAll(/[^\w.@-]/g, "_");
  const asFile = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "content-disposition": `attachment; filename="${name}"`,
  };
  return streamed(asFile, viewer, async (write, ended) => {
    try {
      for await (const piece of logs.pieces) {
        await write(piece.map(({ text }) => `${text}\n`).join(""));
        await setImmediate();
      }
      ended.throwIfAborted();
    } catch (error) {
      if (!ended.aborted) report(error);
      throw error;
    }
  });
}

/**
 * An answer that is written as it comes about; whoever hangs up ends it, and a slow reader makes it wait. Where `produce` throws,
 * the connection is cut, which a reader can tell from an end.
 */
function streamed(
  headers: Record<string, string>,
  viewer: Viewer,
  produce: (write: Write, ended: AbortSignal) => Promise<void>,
): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  writer.closed.catch(() => {}).finally(viewer.leave);
  const write: Write = async (text) => {
    await writer.ready;
    await writer.write(encoder.encode(text));
  };
  produce(write, viewer.signal)
    .then(
      () => writer.close(),
      (error) => writer.abort(error),
    )
    .catch(() => {})
    .finally(viewer.leave);
  return new Response(readable, { headers });
}

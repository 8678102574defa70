import { setImmediate } from "node:timers/promises";
import type { LogsView } from "../control/host.ts";
import type { Feed } from "./feed.ts";
import type { Viewer } from "./viewers.ts";
import type { Beat, LogLine } from "./wire/envelope.ts";

const beatMs = 10_000;

/** Lines between two pauses, so that a long log does not keep others waiting. */
const linesAtATime = 1000;

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

/** Lines of a log from line `from` on, as they come. */
export function logStream(logs: LogsView, { from, viewer }: { from: number; viewer: Viewer }): Response {
  return streamed(headers, viewer, async (write, ended) => {
    await write("retry: 2000\n\n");
    for await (const batch of batches(numbered(logs), ended)) {
      const wanted = batch.filter(({ line }) => line >= from);
      await write(wanted.map((line) => `id: ${line.line}\ndata: ${JSON.stringify(line)}\n\n`).join(""));
    }
    if (!ended.aborted) await write(`event: end\ndata: ${JSON.stringify({ kind: logs.end().kind })}\n\n`);
  });
}

/** A log whole, as a file to keep. */
export function logText(logs: LogsView, viewer: Viewer): Response {
  const name = `${logs.run}-${logs.job ?? "all"}.log`.replaceAll(/[^\w.@-]/g, "_");
  const asFile = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "content-disposition": `attachment; filename="${name}"`,
  };
  return streamed(asFile, viewer, async (write, ended) => {
    for await (const batch of batches(numbered(logs), ended))
      await write(batch.map(({ text }) => `${text}\n`).join(""));
  });
}

/** The lines from `from` on, at most `most`; without `from` the last ones. */
export async function logPage(logs: LogsView, { from, most }: { from: number | undefined; most: number }) {
  let lines: LogLine[] = [];
  let total = 0;
  for await (const line of numbered(logs)) {
    total++;
    if (total % linesAtATime === 0) await setImmediate();
    if (from !== undefined && (line.line < from || lines.length >= most)) continue;
    lines.push(line);
    if (from === undefined && lines.length > 2 * most) lines = lines.slice(-most);
  }
  return { lines: from === undefined ? lines.slice(-most) : lines, total };
}

async function* numbered(logs: LogsView): AsyncGenerator<LogLine> {
  let line = 0;
  for await (const { job, attempt, at, step, text } of logs.lines) yield { job, attempt, line: line++, at, step, text };
}

/** What has come, a handful at a time: whatever is there already is not handed on line by line. */
async function* batches(lines: AsyncGenerator<LogLine>, ended: AbortSignal): AsyncGenerator<LogLine[]> {
  let batch: LogLine[] = [];
  let next = lines.next();
  while (!ended.aborted) {
    const isThere = await Promise.race([next.then(() => true), setImmediate(false)]);
    if (!isThere || batch.length >= linesAtATime) {
      if (batch.length > 0) yield batch;
      batch = [];
      await setImmediate();
    }
    const { done, value } = await next;
    if (done) break;
    batch.push(value);
    next = lines.next();
  }
  if (batch.length > 0) yield batch;
}

/** An answer that is written as it comes about; whoever hangs up ends it, and a slow reader makes it wait. */
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
    .catch(() => {})
    .then(() => writer.close())
    .catch(() => {})
    .finally(viewer.leave);
  return new Response(readable, { headers });
}

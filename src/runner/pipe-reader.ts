import { closeSync, constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";

/** The reading end of a step's output pipe. */
export interface PipeReader {
  /** Reads what is there now; calling it when the step's main process ended puts its output before that of the next step. */
  drain(): void;
  /** Resolves when nobody can write any more, or after `abandon`. */
  readonly ended: Promise<void>;
  isEnded(): boolean;
  /** Ended because nobody can write any more (to be asked when somebody has written, or has had the chance). */
  isAtEnd(): boolean;
  /** Stops listening although somebody still holds the pipe; what they write later goes nowhere. */
  abandon(): void;
}

const CHUNK_BYTES = 65_536;
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);

/**
 * Most commands end within a few milliseconds and print little: for those the pipe is read once, at the end. Watching it
 * (a socket object and its event-loop work) begins only when a command lasts longer than this.
 */
const WATCH_AFTER_MS = 4;

export function openPipe(path: string, onData: (data: Buffer) => void): PipeReader {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let state: "idle" | "watched" | "ended" = "idle";
  let atEnd = false;
  let socket: Socket | undefined;
  let settle!: () => void;
  const ended = new Promise<void>((resolve) => {
    settle = resolve;
  });

  const timer = setTimeout(watch, WATCH_AFTER_MS);

  function watch(): void {
    if (state !== "idle") return;
    clearTimeout(timer);
    state = "watched";
    socket = new Socket({ fd, readable: true, writable: false });
    socket.on("data", onData);
    socket.on("end", () => {
      atEnd = true;
    });
    socket.on("error", finish);
    socket.on("close", finish);
  }

  function finish(): void {
    if (state === "ended") return;
    clearTimeout(timer);
    const wasWatched = state === "watched";
    state = "ended";
    if (wasWatched) socket?.destroy();
    else closeSync(fd);
    settle();
  }

  function drain(): void {
    // A socket closes its file before it says so, and by now another pipe may have the number.
    if (socket?.destroyed) finish();
    while (state !== "ended") {
      let count: number;
      try {
        count = readSync(fd, chunk, 0, CHUNK_BYTES, null);
      } catch (error) {
        // Empty, but a process that the step left behind may still write.
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") {
          watch();
          return;
        }
        finish();
        return;
      }
      if (count === 0) {
        atEnd = true;
        finish();
        return;
      }
      onData(Buffer.from(chunk.subarray(0, count)));
    }
  }

  return { drain, ended, isEnded: () => state === "ended", isAtEnd: () => atEnd, abandon: finish };
}

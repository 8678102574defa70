import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

/**
 * A program that is kept and fed: it starts one command after the other for the price of a fork, which for Node itself is
 * several times as dear. It answers in lines.
 */
export interface Coprocess {
  /** Runs one command; `onLine` gets each line of the answer, `onGone` comes instead when the program itself is gone. */
  send(text: string, listener: CoprocessListener): void;
  /** The command was answered in full. The program no longer keeps Baton from ending. */
  rest(): void;
  readonly isGone: boolean;
  close(): void;
}

export interface CoprocessListener {
  onLine(line: string): void;
  /** `status` is what it exited with, null after a signal. */
  onGone(status: number | "not-started" | null): void;
}

export interface CoprocessOptions {
  program: string;
  arguments: readonly string[];
  env: Record<string, string>;
}

/** A request as what is kept is sent it, after its length; undefined for one that is longer than that can say. */
export function framed(text: string): string | undefined {
  const length = String(Buffer.byteLength(text));
  return length.length > 8 ? undefined : length.padStart(8, "0") + text;
}

export function startCoprocess({ program, arguments: words, env }: CoprocessOptions): Coprocess {
  const child: ChildProcess = spawn(program, words, {
    env,
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    cwd: "/",
  });
  const input = child.stdin as Socket;
  const answers = child.stdout as Socket;
  let listener: CoprocessListener | undefined;
  let partial = "";
  let isGone = false;

  function gone(status: number | "not-started" | null): void {
    if (isGone) return;
    isGone = true;
    const waiting = listener;
    listener = undefined;
    waiting?.onGone(status);
  }

  answers.setEncoding("latin1");
  answers.on("data", (text: string) => {
    const lines = (partial + text).split("\n");
    partial = lines.pop()!;
    for (const line of lines) listener?.onLine(line);
  });
  // What it still had to say was said before it closed its output.
  child.on("close", (status) => gone(status));
  child.on("error", () => gone("not-started"));
  input.on("error", () => {});
  answers.on("error", () => {});

  return {
    get isGone() {
      return isGone;
    },
    send(text, next) {
      listener = next;
      child.ref();
      answers.ref();
      input.write(text);
    },
    rest() {
      listener = undefined;
      child.unref();
      answers.unref();
      input.unref();
    },
    close() {
      input.end();
    },
  };
}

/**
 * The lines of one attempt, as far as somebody has looked: read in pages where they are wanted, followed at the end while the
 * job runs. A million lines stay on the server until they are scrolled to or searched.
 */

import { signal } from "@preact/signals";
import { within } from "../../data/place.ts";
import { ask } from "../../data/views.ts";
import type { LogLine, LogPage, Problem } from "../../data/wire.ts";

const pageSize = 2000;

export class LogBook {
  /** Counts up whenever lines came. */
  readonly version = signal(0);
  readonly total = signal(0);
  readonly problem = signal<Problem | undefined>(undefined);
  readonly end = signal<LogPage["end"] | undefined>(undefined);
  /** The line that stands for those that were left out when the log was full. */
  readonly cut = signal<number | undefined>(undefined);
  readonly #address: string;
  readonly #attempt: number | undefined;
  readonly #lines: LogLine[] = [];
  readonly #asked = new Set<number>();
  #stream: EventSource | undefined;
  #isClosed = false;

  constructor(run: string, job: string, attempt: number | undefined) {
    this.#address = within(`/api/runs/${encodeURIComponent(run)}/logs/${encodeURIComponent(job)}`);
    this.#attempt = attempt;
  }

  line(index: number): LogLine | undefined {
    return this.#lines[index];
  }

  /** Its last page, and what is printed from now on. With `failure` the page where it failed: answers with the line. */
  async open(at: "end" | "failure"): Promise<number | undefined> {
    const page = await this.#ask(at === "failure" ? { at } : {});
    if (page === undefined || this.#isClosed) return;
    this.#took(page);
    this.end.value = page.end;
    if (page.end === "underway") this.#follow(page.total);
    return page.failing;
  }

  /** Has these lines read, from first to last; resolves when they are there. */
  async need(first: number, last: number): Promise<void> {
    const pages: Promise<void>[] = [];
    for (let page = Math.floor(first / pageSize); page <= Math.floor(last / pageSize); page++) {
      if (this.#asked.has(page) || this.#isWhole(page)) continue;
      this.#asked.add(page);
      pages.push(
        this.#ask({ from: String(page * pageSize) }).then((found) => {
          if (found) this.#took(found);
          else this.#asked.delete(page);
        }),
      );
    }
    await Promise.all(pages);
  }

  /** All that was printed so far, some lines at a time, without keeping them. @throws when the server cannot be reached */
  async *text(signal: AbortSignal): AsyncGenerator<readonly string[]> {
    const attempt = this.#attempt === undefined ? "" : `?attempt=${this.#attempt}`;
    const response = await fetch(`${this.#address}/text${attempt}`, { signal });
    if (!response.ok || response.body === null) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const lines = (rest + chunk.value).split("\n");
      rest = lines.pop()!;
      yield lines;
    }
    if (rest !== "") yield [rest];
  }

  close(): void {
    this.#isClosed = true;
    this.#stream?.close();
  }

  #isWhole(page: number): boolean {
    const last = Math.min(this.total.peek(), (page + 1) * pageSize) - 1;
    return this.#lines[page * pageSize] !== undefined && this.#lines[last] !== undefined;
  }

  async #ask(where: { from?: string; at?: "failure" }): Promise<LogPage | undefined> {
    const asked = new URLSearchParams({ most: String(pageSize), ...where });
    if (this.#attempt !== undefined) asked.set("attempt", String(this.#attempt));
    const answer = await ask<LogPage>(`${this.#address}?${asked}`);
    if (this.#isClosed) return undefined;
    this.problem.value = "problem" in answer ? answer.problem : undefined;
    return "view" in answer ? answer.view : undefined;
  }

  #took({ lines, total, cut }: LogPage): void {
    for (const line of lines) this.#lines[line.line] = line;
    this.cut.value = cut;
    this.total.value = Math.max(this.total.peek(), total);
    this.version.value += 1;
  }

  /** Lines come faster than anybody reads: they are shown once a frame. */
  #follow(from: number): void {
    let isDue = false;
    const stream = new EventSource(`${this.#address}/stream?from=${from}`);
    this.#stream = stream;
    stream.addEventListener("message", ({ data }) => {
      const line = JSON.parse(data) as LogLine;
      this.#lines[line.line] = line;
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        this.total.value = this.#lines.length;
        this.version.value += 1;
      });
    });
    stream.addEventListener("end", () => {
      stream.close();
      this.end.value = "complete";
    });
  }
}

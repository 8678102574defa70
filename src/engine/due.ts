import type { JobId } from "../plan/plan.ts";
import type { RunId } from "./events.ts";

/** Something that happens by itself at a time: a wait before the next attempt ends, an approval expires. */
export type Due =
  | { at: number; seq: number; kind: "retry"; run: RunId; job: JobId; attempt: number }
  | { at: number; seq: number; kind: "approval"; run: RunId; environment: string };

/** The earliest first; of two at the same time the one recorded first (`seq` of the event that set it). */
export class DueTimes {
  readonly #heap: Due[] = [];

  get size(): number {
    return this.#heap.length;
  }

  earliest(): Due | undefined {
    return this.#heap[0];
  }

  add(due: Due): void {
    const heap = this.#heap;
    heap.push(due);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(heap[child]!, heap[parent]!)) break;
      swap(heap, child, parent);
      child = parent;
    }
  }

  removeEarliest(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return;
    heap[0] = last;
    let parent = 0;
    for (;;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
      }
      if (least === parent) return;
      swap(heap, parent, least);
      parent = least;
    }
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at !== b.at ? a.at < b.at : a.seq < b.seq;
}

function swap(heap: Due[], a: number, b: number): void {
  const kept = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = kept;
}

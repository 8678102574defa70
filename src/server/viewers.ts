import { Turned } from "./problem.ts";

/** Somebody who looks on: until he hangs up, all has been said, or the server stops. */
export interface Viewer {
  signal: AbortSignal;
  /** May be said several times. */
  leave(): void;
}

/** Streams that are open at the same time: each takes a connection, those of logs also read their own file. */
export class Viewers {
  readonly #most: number;
  readonly #here = new Set<Viewer>();

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#here.size;
  }

  /** One more. @throws {Turned} when there are too many */
  enter(...until: readonly AbortSignal[]): Viewer {
    if (this.#here.size >= this.#most) {
      throw new Turned(
        {
          code: "too-many-viewers",
          status: 503,
          title: "Too many look on at the moment",
          next: "Close a window that nobody looks at, or try again in a minute",
        },
        { "retry-after": "60" },
      );
    }
    const left = new AbortController();
    const viewer: Viewer = {
      signal: AbortSignal.any([...until, left.signal]),
      leave: () => {
        this.#here.delete(viewer);
        left.abort();
      },
    };
    this.#here.add(viewer);
    return viewer;
  }
}

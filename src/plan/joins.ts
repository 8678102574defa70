import type { JobId, Join, JoinId } from "./plan.ts";

/** What something waits for: `requires` is what must have ended well, everything in it is also in `after`. */
export interface Wait {
  after: readonly (JobId | JoinId)[];
  requires: readonly (JobId | JoinId)[];
}

export const noWait: Wait = waitFor([]);

export function waitFor(ids: readonly (JobId | JoinId)[]): Wait {
  return { after: ids, requires: ids };
}

/** The order without the gate. */
export function orderOnly({ after }: Wait): Wait {
  return { after, requires: [] };
}

/** Of all parts together, each id once, in the order met. */
export function together(parts: readonly Wait[]): Wait {
  if (parts.length === 1) return parts[0]!;
  if (parts.every((part) => part.after === part.requires)) {
    return waitFor([...new Set(parts.flatMap((part) => part.after))]);
  }
  const requires = new Set(parts.flatMap((part) => part.requires));
  const after = new Set(parts.flatMap((part) => part.after));
  for (const id of requires) after.add(id);
  return { after: [...after], requires: [...requires] };
}

/** Joins in the order they are made: each names only those before it. */
export class JoinBook {
  readonly #joins = new Map<JoinId, Join>();

  /** The parts under one name, so that many may wait for many at the cost of few edges. A single id needs no name. */
  meet(id: JoinId, parts: readonly Wait[]): Wait {
    const { after, requires } = together(parts);
    if (after.length <= 1) return { after, requires };
    if (!this.#joins.has(id)) this.#joins.set(id, { id, after: [...after], requires: [...requires] });
    return requires.length === 0 ? { after: [id], requires: [] } : waitFor([id]);
  }

  /** Those that something waits for, be it another join. */
  used(waiting: Iterable<Wait>): Join[] {
    const wanted = new Set<string>();
    for (const { after } of waiting) for (const id of after) wanted.add(id);
    const kept: Join[] = [];
    for (const join of [...this.#joins.values()].reverse()) {
      if (!wanted.has(join.id)) continue;
      for (const id of join.after) wanted.add(id);
      kept.push(join);
    }
    return kept.reverse();
  }
}

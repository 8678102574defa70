import type { MovedRelease } from "../../control/views/run.ts";

/** What a run is about: `release 4`, `promotion of release 3`, `rollback to release 1`. */
export function runName({ release, moves }: { release: number; moves?: MovedRelease | undefined }): string {
  if (moves === undefined) return `release ${release}`;
  return moves.kind === "rollback" ? `rollback to release ${moves.release}` : `promotion of release ${moves.release}`;
}

import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { RunId } from "../../engine/events.ts";
import type { JobId } from "../../plan/plan.ts";
import { readChecked, writeChecked } from "./checked-file.ts";

/** Where the jobs of a run work, kept in `.baton/checkouts/<run>.json` so that a resumed run works on the same files. */
export type Workplace =
  /** In the working tree itself; `directory` is absolute. `made`: what lay there, where a commit can stand for it. */
  | { version: 1; kind: "in-place"; directory: string; made?: Made }
  /** Each attempt in a checkout of its own. `prefix` is the definition's folder below the top of the repository. */
  | {
      version: 1;
      kind: "checkout";
      root: string;
      commit: string;
      branch?: string;
      prefix: string;
      /** Jobs that work on the files of another commit. */
      others?: { jobs: JobId[]; commit: string; branch: string }[];
    };

/** What the working tree held when a run was made that works in it. */
export interface Made {
  root: string;
  /** Its files: a snapshot where some were not committed. */
  commit: string;
  /** What was checked out. */
  head: string;
  branch?: string;
}

/** Where that of a run is kept in the folder of the checkouts. */
export const workplacePath = (folder: string, run: RunId): string => join(folder, `${run}.json`);

/** With a checksum: on something else than what was written no job of a run may work. */
export const writeWorkplace = (path: string, place: Workplace): void => writeChecked(path, place);

export const readWorkplace = (path: string): Workplace | "missing" | "damaged" => readChecked<Workplace>(path);

/** The runs of which it can no longer be read. */
export function damagedWorkplaces(folder: string): RunId[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const runs = names.filter((name) => name.endsWith(".json")).map((name) => basename(name, ".json"));
  return runs.filter((run) => readWorkplace(workplacePath(folder, run)) === "damaged").sort();
}

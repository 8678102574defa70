import type { JournalReader } from "../../store/journal-reader.ts";
import type { DeployedView } from "./deployed.ts";
import type { DriftLooked, JobId, RunId } from "./events.ts";

/** Whether environments are still as they were deployed, as somebody has just looked. */
export interface DriftView {
  version: 1;
  looks: DriftLook[];
}

/** One job that says how to look. */
export interface DriftLook {
  environment: string;
  job: JobId;
  /** The run that left it so, and the release that it brought. */
  run: RunId;
  release: number;
  found: DriftLooked["found"];
  /** What was found the last time. */
  before?: DriftLooked["found"];
  /** What its command printed, or why it could not tell. Masked. */
  said: string[];
  /** The file that has all that it printed, where that is more. */
  log?: string;
}

/** What the board says of an environment. */
export interface BoardDrift {
  found: DriftLooked["found"];
  /** When somebody looked last. */
  at: number;
  /** What is not as it was left, or could not be looked at, and what was said of it. */
  jobs: { job: JobId; release: number; found: DriftLooked["found"]; said: string[] }[];
}

export type LastLook = DriftLooked & { at: number };

/** The last look at each job, by environment; `until` that event. */
export function driftIn(
  journal: Pick<JournalReader, "newestDriftLooks"> | undefined,
  until: number | undefined,
): Map<string, LastLook[]> {
  const looks = journal?.newestDriftLooks(until === undefined ? {} : { before: until + 1 }) ?? [];
  const last = Array.from(looks, ({ event, at }): LastLook => ({ ...event, at }));
  return Map.groupBy(last, ({ environment }) => environment);
}

const worstFirst = ["differs", "unknown", "same"] as const;

/** Of what is still there as it was when somebody looked: what was deployed since has put right, or made new, what was found. */
export function driftOf(looks: readonly LastLook[], deployed: DeployedView[string]): BoardDrift | undefined {
  const counting = looks.filter(({ at, deployedBy }) => {
    const there = Object.entries(deployed).find(([pipeline]) => deployedBy.startsWith(`${pipeline}.`))?.[1];
    return there !== undefined && there.at <= at;
  });
  const found = worstFirst.find((one) => counting.some((look) => look.found === one));
  if (found === undefined) return undefined;
  return {
    found,
    at: Math.min(...counting.map(({ at }) => at)),
    jobs: counting
      .filter((look) => look.found !== "same")
      .map(({ deployedBy, release, found: one, said }) => ({ job: deployedBy, release, found: one, said })),
  };
}

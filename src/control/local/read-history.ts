/** Runs of the past out of files that were exported, piece by piece: no file is held as a whole. */

import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { historyOf, type PastRun, type PastRuns } from "../../check/history/past-runs.ts";
import { RecordReader } from "../../check/history/records.ts";

export interface ReadHistory {
  history: ReadonlyMap<string, readonly PastRun[]>;
  runs: number;
  /** Days of the first and the last beginning; empty without runs. */
  from: string;
  to: string;
  /** Records that are no run of these pipelines, or more than are kept. */
  unknown: number;
}

/** @throws what `node:fs` throws where a file cannot be read. */
export async function readHistory(past: PastRuns, files: readonly string[]): Promise<ReadHistory> {
  let skipped = 0;
  for (const file of files) {
    const reader = new RecordReader();
    const stem = basename(file).replace(/\.json$/, "");
    for await (const piece of createReadStream(file, "utf8"))
      for (const record of reader.read(piece as string)) past.add(record, stem);
    skipped += reader.skipped;
  }
  const all = past.all();
  const day = (run: PastRun | undefined) => (run ? new Date(run.begin).toISOString().slice(0, 10) : "");
  const unknown = past.unknown + skipped;
  return { history: historyOf(past), runs: all.length, from: day(all[0]), to: day(all.at(-1)), unknown };
}

/** One line of JSON for each test that was skipped, that failed or that stands in a group of files, for `round.ts`. */
import { relative, resolve } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { isGroup } from "./groups.ts";

export interface Skipped {
  kind: "skipped";
  reason: string;
}

export interface Failed {
  kind: "failed";
  /** The file that was run, from where the tests are run. The test may stand in one that it imports. */
  file: string;
  /** The test, without those it is part of. */
  name: string;
  /** The message of what was thrown. */
  error: string;
}

export interface InGroup {
  kind: "in group";
  group: string;
  /** Absolute. */
  file: string;
  /** By the clock, with the tests inside. */
  durationMs: number;
}

export type Result = Skipped | Failed | InGroup;

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type === "test:pass" && data.skip !== undefined && data.skip !== false) {
      yield line({ kind: "skipped", reason: String(data.skip) });
    }
    if (type === "test:pass" || type === "test:fail") {
      const { file, entryFile: group = "" } = data as { file?: string; entryFile?: string };
      if (isGroup(group) && file !== undefined && data.nesting === 0) {
        yield line({ kind: "in group", group, file, durationMs: data.details.duration_ms });
      }
    }
    if (type !== "test:fail" || (data.todo !== undefined && data.todo !== false)) continue;
    const { failureType, message } = data.details.error as Error & { failureType?: string };
    // What failed inside has a line of its own.
    if (failureType === "subtestsFailed") continue;
    // A file that ended badly outside of its tests is told as a test that is named like it.
    const { entryFile = data.file ?? data.name } = data as { entryFile?: string };
    // Of a group, the file in which the test stands; what could not be loaded is called like its file.
    const file = !isGroup(entryFile) ? entryFile : isGroup(data.file ?? entryFile) ? data.name : data.file!;
    const name = resolve(data.name) === file ? "outside of its tests" : data.name;
    yield line({ kind: "failed", file: relative(process.cwd(), file), name, error: message });
  }
}

const line = (result: Result) => `${JSON.stringify(result)}\n`;

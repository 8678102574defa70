/** One line of JSON for each test that was skipped, for `main.ts`. */
import type { TestEvent } from "node:test/reporters";

export interface Skipped {
  name: string;
  file: string;
  reason: string;
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== "test:pass" || data.skip === undefined || data.skip === false) continue;
    const skipped: Skipped = { name: data.name, file: data.file ?? "", reason: String(data.skip) };
    yield `${JSON.stringify(skipped)}\n`;
  }
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";

const folders: string[] = [];
// Only when all tests have ended: what a test started is ended after it, and would lay files into a folder that is gone.
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of the test's own that goes away with it. */
export function temporaryFolder(_test: TestContext, { parent = tmpdir() } = {}): string {
  const folder = mkdtempSync(join(parent, "baton-store-"));
  folders.push(folder);
  return folder;
}

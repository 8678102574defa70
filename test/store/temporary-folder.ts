import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { removeAtEnd } from "../lane/remove-at-end.ts";

/**
 * A folder of the test's own. It goes when all tests have ended: what a test started is ended after it, and would lay files into a
 * folder that is gone.
 */
export function temporaryFolder(_test: TestContext, { parent = tmpdir() } = {}): string {
  const folder = mkdtempSync(join(parent, "baton-store-"));
  removeAtEnd(folder);
  return folder;
}

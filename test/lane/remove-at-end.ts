/**
 * Folders that go when the process of the tests ends. `after` of node:test is no place for it outside of a `describe`: where test
 * files share a process it may come to belong to whatever test runs while the file is loaded, and runs too early.
 */
import { rmSync } from "node:fs";

const folders: string[] = [];

process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function removeAtEnd(folder: string): void {
  folders.push(folder);
}

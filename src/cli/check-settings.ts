/** `baton.check.yaml` of a repository, read from disk. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckSettings, nothingSet, readSettings, settingsFile } from "../check/settings.ts";
import { UsageError } from "./problem.ts";

/** `root` is the folder of the repository. Nothing is set where there is no such file. */
export function settingsAt(root: string): CheckSettings {
  const file = join(root, settingsFile);
  if (!existsSync(file)) return nothingSet;
  const read = readSettings(readFileSync(file, "utf8"));
  if (read.ok) return read.settings;
  throw new UsageError(`${settingsFile}: ${read.reason}`, {
    next: "defaultBranch, testedBranches and environments can be set there: docs/check.md",
  });
}

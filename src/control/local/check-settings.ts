/** `baton.check.yaml` of a repository, read from disk. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckSettings, nothingSet, readSettings, settingsFile } from "../../check/settings.ts";
import { refused } from "../control.ts";

/** `root` is the folder of the repository. Nothing is set where there is no such file. @throws {Refused} */
export function settingsAt(root: string): CheckSettings {
  const file = join(root, settingsFile);
  if (!existsSync(file)) return nothingSet;
  const read = readSettings(readFileSync(file, "utf8"));
  if (read.ok) return read.settings;
  throw refused("wrong-setting", {
    subject: settingsFile,
    because: `${settingsFile}: ${read.reason}`,
    remedy: "defaultBranch, testedBranches and environments can be set there: docs/check.md",
  });
}

/**
 * Files of the repository that a command runs: scripts, and tasks of Makefiles, package.json, justfile and Taskfile. What
 * they hold are commands again, and the reader of scripts reads them as if they stood in place of the call.
 */

import type { Access } from "../../facts/access.ts";
import type { CommandCall, ScriptSetting } from "../call.ts";
import type { CalledCommands } from "./called-files.ts";
import { justRecipe } from "./justfile.ts";
import { makeTargets } from "./makefile.ts";
import { packageScripts } from "./package-scripts.ts";
import { programScript } from "./program-script.ts";
import { calledScript } from "./shell-script.ts";
import { taskCommands } from "./taskfile.ts";

/** Calls in calls deeper than this are read by their names alone, and so is what a job calls after this many. */
const MAX_DEPTH = 6;
const MAX_CALLS = 300;

/** Characters of called files that are read for one job: of files that call each other a thousand times the rest is left out. */
const MAX_READ = 600_000;

/** What the called commands do; undefined where the command calls no file that is there. */
export function readCalled(
  call: CommandCall,
  read: (script: CalledCommands, setting: ScriptSetting) => readonly Access[],
): readonly Access[] | undefined {
  const { setting } = call;
  const { files, open = [], state } = setting;
  if (!files || open.length >= MAX_DEPTH || state.called >= MAX_CALLS || state.read >= MAX_READ) return undefined;
  const found = [calledScript, makeTargets, packageScripts, justRecipe, taskCommands, programScript]
    .map((find) => find(call, files))
    .find((each) => each !== undefined);
  if (!found) return undefined;
  return found.flatMap((script) => {
    // One that is left out has been looked for all the same, which takes its time too.
    state.called++;
    if (open.includes(script.id) || state.called > MAX_CALLS) return [];
    const text = script.parts.map((part) => (part.kind === "text" ? part.text : "…")).join("");
    state.read += text.length;
    state.opened.push(text);
    return read(script, { ...setting, folder: script.folder, open: [...open, script.id] }).map((access) => ({
      ...access,
      at: call.command.at,
      ...(script.isProgram ? { confidence: "low" as const } : {}),
    }));
  });
}

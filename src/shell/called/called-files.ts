/** Files of the repository that commands run, and what was found in them. */

import type { Key } from "../../facts/access.ts";
import { subfolder } from "../folders.ts";
import type { ScriptPart } from "../script-text.ts";
import { keyText, textKey } from "../words.ts";

/** Other files of the repository, as they are read when something asks for them. Paths are relative to its root. */
export interface CalledFiles {
  text(path: string): string | undefined;
  /** Names in a folder; none where there is no such folder. */
  names(folder: string): readonly string[];
}

/** Commands that one shell runs, from this folder on. */
export interface CalledCommands {
  /** What tells it from others, so that a circle ends. */
  readonly id: string;
  readonly folder: Key;
  readonly parts: readonly ScriptPart[];
  /** Commands of a program, which runs them as it likes. */
  readonly isProgram?: true;
}

/** A path from where the command runs, as one from the root of the repository; undefined where it is not all told. */
export function pathFrom(folder: Key, path: string): string | undefined {
  if (path.startsWith("/") || path.startsWith("~")) return undefined;
  const text = keyText(subfolder(folder, textKey(path)));
  if (text === undefined || text.startsWith("..") || text.startsWith("/")) return undefined;
  return text;
}

export function folderOf(path: string): Key {
  return textKey(path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "");
}

export function plainParts(text: string): ScriptPart[] {
  return [{ kind: "text", text }];
}

/** Undefined where the text is no object in JSON. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof json === "object" && json !== null ? (json as Readonly<Record<string, unknown>>) : undefined;
}

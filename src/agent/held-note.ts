import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunId } from "../engine/events.ts";

/** What one start of an agent has, for the next one: it ends what is left of it, and says so. */
export interface HeldNote {
  agent: string;
  held: { token: string; run: RunId }[];
}

const pathIn = (folder: string) => join(folder, "held.json");

/** Survives the process, however it ends. */
export function writeHeld(folder: string, note: HeldNote): void {
  const path = pathIn(folder);
  writeFileSync(`${path}.new`, JSON.stringify(note));
  renameSync(`${path}.new`, path);
}

export function readHeld(folder: string): HeldNote | undefined {
  try {
    return JSON.parse(readFileSync(pathIn(folder), "utf8")) as HeldNote;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

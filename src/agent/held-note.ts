import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
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

/** Undefined where there is none, or a power cut has left half of one. */
export function readHeld(folder: string): HeldNote | undefined {
  if (!existsSync(pathIn(folder))) return undefined;
  const text = readFileSync(pathIn(folder), "utf8");
  try {
    const note = JSON.parse(text) as HeldNote;
    return typeof note.agent === "string" && Array.isArray(note.held) ? note : undefined;
  } catch {
    return undefined;
  }
}

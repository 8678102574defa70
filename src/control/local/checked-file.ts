import { hash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** Writes plain data as JSON with a checksum: what is not as it was written is not taken for it. `value` has no `checksum`. */
export function writeChecked(path: string, value: object): void {
  writeFileSync(`${path}.new`, `${JSON.stringify({ ...value, checksum: checksumOf(value) })}\n`);
  renameSync(`${path}.new`, path);
}

/** What `writeChecked` wrote there. */
export function readChecked<T extends object>(path: string): T | "missing" | "damaged" {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "missing";
    throw error;
  }
  try {
    const { checksum, ...value } = JSON.parse(text) as T & { checksum?: string };
    return checksum === checksumOf(value) ? (value as unknown as T) : "damaged";
  } catch {
    return "damaged";
  }
}

const checksumOf = (value: object): string => hash("sha256", JSON.stringify(value));

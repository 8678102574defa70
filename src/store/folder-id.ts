import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStoreError } from "./store-error.ts";

/**
 * What a state folder is known by where its journal is copied to; made when it is asked for first. A backup does not take it along: the
 * folder that is made of one is another folder. @throws {StoreError}
 */
export function idOfFolder(statePath: string): string {
  const path = join(statePath, "folder-id");
  const fresh = `${path}.${process.pid}`;
  try {
    const known = idIn(path);
    if (known !== undefined) return known;
    writeFileSync(fresh, `${randomBytes(16).toString("hex")}\n`);
    try {
      linkSync(fresh, path);
    } catch (error) {
      // Somebody else was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw asStoreError(error, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}

function idIn(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

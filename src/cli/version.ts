import { readFileSync } from "node:fs";

/** From the package itself, found from the sources as well as from the bundle. */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const found = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as {
        name: string;
        version: string;
      };
      if (found.name === "baton-cd") return found.version;
    } catch {
      // Not at this depth.
    }
  }
  return "unknown";
}

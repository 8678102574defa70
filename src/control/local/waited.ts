import { readFileSync } from "node:fs";

/**
 * For how many milliseconds a process (its first thread) could have gone on and had no processor, because others had them. 0
 * where the system does not say.
 */
export function waitedMs(pid: number | "self"): number {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}

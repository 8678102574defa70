/** What tests have left behind in the temporary folder that the run gave them, and the processes that belong to it. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface LeftProcess {
  pid: number;
  command: string;
}

export function leftFiles(folder: string): string[] {
  return readdirSync(folder);
}

/** Every process that has the folder in its environment, its command line or its place. None where there is no /proc. */
export function leftProcesses(folder: string): LeftProcess[] {
  return processes().flatMap((pid) => {
    const place = `/proc/${pid}`;
    const command = attempt(() => readFileSync(`${place}/cmdline`, "utf8"))
      .replaceAll("\0", " ")
      .trim();
    const told = [
      command,
      attempt(() => readFileSync(`${place}/environ`, "latin1")),
      attempt(() => readlinkSync(`${place}/cwd`)),
    ];
    return told.some((text) => text.includes(folder)) ? [{ pid, command }] : [];
  });
}

/** They may be about to end: looks again until they have, or the time is up. */
export async function leftProcessesAfter(folder: string, limitMs: number): Promise<LeftProcess[]> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const left = leftProcesses(folder);
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function processes(): number[] {
  return attempt(() => readdirSync("/proc").join(" "))
    .split(" ")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A process may end while it is looked at. */
function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

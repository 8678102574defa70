import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { availableParallelism, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";

// The "magic" of statfs(2), for those that a developer's machine is likely to have.
const fileSystems: Record<number, string> = {
  61267: "ext4",
  2435016766: "btrfs",
  1481003842: "xfs",
  16914836: "tmpfs",
  2035054128: "overlayfs",
  801189825: "zfs",
};

function fileSystemOf(folder: string): string {
  const { type } = statfsSync(folder);
  return fileSystems[type >>> 0] ?? `type 0x${(type >>> 0).toString(16)}`;
}

/** A folder on a real disk: a commit to memory costs nothing and would prove nothing. Gone at the end. */
export function makeWorkFolder(): string {
  const parent = [tmpdir(), "/var/tmp"].find((folder) => fileSystemOf(folder) !== "tmpfs") ?? process.cwd();
  const folder = mkdtempSync(join(parent, "baton-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the numbers depend on; nothing that tells one machine of a kind from another. */
export function machineFacts(workFolder: string): string {
  const { node, sqlite } = process.versions;
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  const programs = [versionOf("ninja"), versionOf("make")].filter((version) => version !== undefined);
  return [
    `${availableParallelism()} cores, ${memoryGb} GB, Linux ${release().split("-")[0]}, ${fileSystemOf(workFolder)}`,
    `Node ${node}, SQLite ${sqlite}${programs.map((version) => `, ${version}`).join("")}`,
  ].join("; ");
}

/** `ninja 1.12.1`; undefined when it is not on the path. */
export function versionOf(program: string): string | undefined {
  if (!versions.has(program)) versions.set(program, askVersion(program));
  return versions.get(program);
}

const versions = new Map<string, string | undefined>();

function askVersion(program: string): string | undefined {
  try {
    const said = execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return `${program} ${/\d+(\.\d+)+/.exec(said)?.[0]}`;
  } catch {
    return undefined;
  }
}

/** The package as npm makes it, unpacked where npm would put it. */

import assert from "node:assert/strict";
import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after } from "node:test";

export const root = join(import.meta.dirname, "../..");

export interface Packed {
  /** The folder for everything; removed when the test file ends. */
  readonly scratch: string;
  /** The tarball. */
  readonly archive: string;
  /** A project that has the package and what it depends on, linked from this clone, in its `node_modules`. */
  readonly project: string;
}

export function packed(): Packed {
  assert.ok(existsSync(join(root, "dist/cli.cjs")), "there is no bundle: npm run build");
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "baton-package-")));
  after(() => rmSync(scratch, { recursive: true, force: true }));
  // `npm test` has built it; building again here would pull it away under the other tests.
  const pack = run("npm", ["pack", "--ignore-scripts", "--pack-destination", scratch], { cwd: root, home: scratch });
  assert.equal(pack.status, 0, pack.stderr);
  const archive = join(scratch, pack.stdout.trim().split("\n").at(-1)!);
  const project = join(scratch, "project");
  mkdirSync(join(project, "node_modules"), { recursive: true });
  execFileSync("tar", ["xzf", archive, "-C", project]);
  renameSync(join(project, "package"), join(project, "node_modules/baton-cd"));
  for (const name of ["commander", "yaml", "zod", "@actions"]) {
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  }
  return { scratch, archive, project };
}

export interface Surroundings {
  readonly cwd: string;
  /** Home folder, with the settings and the cache of npm. */
  readonly home: string;
  /** Folders in which programs are looked for first. Default: that of the Node that runs the test. */
  readonly programs?: readonly string[];
}

/** Without those of packages, such as a Node of their own. */
export const programFolders = (): string[] =>
  (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));

/** Without anything of this clone on the path, and bounded. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, home, programs = [dirname(process.execPath)] }: Surroundings,
): SpawnSyncReturns<string> {
  const PATH = [...programs, ...programFolders()].join(delimiter);
  const { npm_config_cache, NODE_EXTRA_CA_CERTS, HTTPS_PROXY, https_proxy } = process.env;
  const npm = { npm_config_cache, NODE_EXTRA_CA_CERTS, HTTPS_PROXY, https_proxy };
  const kept = Object.fromEntries(Object.entries(npm).filter(([, value]) => value !== undefined));
  const env = { ...kept, PATH, HOME: home, NO_COLOR: "1", CI: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  return spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 120_000 });
}

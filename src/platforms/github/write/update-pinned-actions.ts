/**
 * Looks up the newest release of the same major version for every action of `pinned-actions.ts`, with `gh`, and rewrites the
 * table: `node src/platforms/github/write/update-pinned-actions.ts`. Read the releases' notes before committing.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pinnedActions } from "./pinned-actions.ts";

const file = fileURLToPath(new URL("pinned-actions.ts", import.meta.url));
const target = process.argv[2] ?? file;

const gh = (...args: string[]) => execFileSync("gh", ["api", ...args], { encoding: "utf8" }).trim();

let text = readFileSync(file, "utf8");
for (const { action, sha, version } of Object.values(pinnedActions)) {
  const major = version.split(".")[0]!;
  const newest = gh(
    `repos/${action}/releases?per_page=100`,
    "--jq",
    `[.[] | select(.draft or .prerelease | not).tag_name | select(startswith("${major}."))] | first // empty`,
  );
  if (newest === "" || newest === version) continue;
  // A release's tag may point to a tag object; the commit is what runs.
  const commit = gh(`repos/${action}/commits/${newest}`, "--jq", ".sha");
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`${action} ${newest}: "${commit}" is no commit`);
  text = text.replace(`"${sha}",\n    version: "${version}"`, `"${commit}",\n    version: "${newest}"`);
  console.log(`${action} ${version} -> ${newest}`);
}
writeFileSync(target, text);

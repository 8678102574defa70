/**
 * Looks up the newest release of every action of `pinned-actions.ts` and what it runs on, with `gh`, and rewrites the table:
 * `node src/platforms/github/write/update-pinned-actions.ts`. A new major may mean something else: read the releases' notes.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pinnedActions } from "./pinned-actions.ts";

const file = fileURLToPath(new URL("pinned-actions.ts", import.meta.url));
const target = process.argv[2] ?? file;

const gh = (...args: string[]) => execFileSync("gh", ["api", ...args], { encoding: "utf8" }).trim();

let text = readFileSync(file, "utf8");
for (const { action, sha, version, using } of Object.values(pinnedActions)) {
  const newest = gh(
    `repos/${action}/releases?per_page=100`,
    "--jq",
    '[.[] | select(.draft or .prerelease | not).tag_name | select(test("^v[0-9]+[.][0-9]+[.][0-9]+$"))] | max_by(ltrimstr("v") | split(".") | map(tonumber)) // empty',
  );
  if (newest === "" || newest === version) continue;
  // A release's tag may point to a tag object; the commit is what runs.
  const commit = gh(`repos/${action}/commits/${newest}`, "--jq", ".sha");
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`${action} ${newest}: "${commit}" is no commit`);
  const file = gh(`repos/${action}/contents/action.yml?ref=${commit}`, "-H", "Accept: application/vnd.github.raw+json");
  const runtime = /^ +using: *['"]?([a-z0-9]+)/m.exec(file)?.[1];
  if (runtime === undefined) throw new Error(`${action} ${newest}: its action.yml does not say what it runs on`);
  text = text.replace(
    `"${sha}",\n    version: "${version}",\n    using: "${using}"`,
    `"${commit}",\n    version: "${newest}",\n    using: "${runtime}"`,
  );
  console.log(`${action} ${version} -> ${newest}`);
}
const today = new Date().toISOString().slice(0, 10);
writeFileSync(target, text.replace(/lookedUpOn = "[^"]*"/, `lookedUpOn = "${today}"`));

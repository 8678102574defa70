import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  lookedUpOn,
  pinnedActions,
  pinsMovedIn,
  runtimes,
} from "../../../../src/platforms/github/write/pinned-actions.ts";
import { needs } from "../../../lane/needs.ts";

test("every action is pinned to a commit, with the version it is", () => {
  for (const { action, sha, version } of Object.values(pinnedActions)) {
    assert.match(sha, /^[0-9a-f]{40}$/, action);
    assert.match(version, /^v\d+\.\d+\.\d+$/, action);
  }
});

const remedy = "run src/platforms/github/write/update-pinned-actions.ts and read the releases' notes";

/** What is too old on a day, `2026-11-29`. */
function tooOld(
  day: string,
  pins: readonly { action: string; using: string }[] = Object.values(pinnedActions),
): string[] {
  const monthsAgo = new Date(`${day}T00:00:00Z`);
  monthsAgo.setUTCMonth(monthsAgo.getUTCMonth() - 6);
  const gone = pins.flatMap(({ action, using }) => {
    if (!Object.hasOwn(runtimes, using))
      return [`${action} runs on ${using}, which the table of runtimes does not know`];
    const last = runtimes[using];
    return last !== undefined && last < day ? [`${action} runs on ${using}, which is gone since ${last}`] : [];
  });
  return lookedUpOn < monthsAgo.toISOString().slice(0, 10) ? [...gone, `looked up on ${lookedUpOn}`] : gone;
}

test("no pin runs on what GitHub has taken away, and none was looked up more than six months ago", () => {
  assert.deepEqual(tooOld(new Date().toISOString().slice(0, 10)), [], remedy);
});

test("a runtime that goes, an unknown one and a table that nobody looked at are seen", () => {
  const node20 = { action: "actions/old", using: "node20" };
  assert.deepEqual(tooOld("2026-09-22", [node20]), []);
  assert.deepEqual(tooOld("2026-12-01", [node20]), ["actions/old runs on node20, which is gone since 2026-09-22"]);
  assert.match(tooOld("2026-12-01", [{ action: "a/b", using: "node26" }])[0]!, /does not know/);
  assert.deepEqual(tooOld("2027-05-29"), []);
  assert.deepEqual(tooOld("2027-05-30"), ["looked up on 2026-11-29"]);
  assert.ok(tooOld("2028-05-01").some((one) => /actions\/checkout runs on node24, which is gone/.test(one)));
});

test("the table is brought up to date, past a major version as well", needs("jq"), (t) => {
  const folder = mkdtempSync(join(tmpdir(), "baton-pins-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const commit = "c".repeat(40);
  writeFileSync(
    join(folder, "gh"),
    `#!/bin/bash
case "$2" in
  repos/actions/cache/releases*) echo '[{"draft":false,"prerelease":false,"tag_name":"v6"},{"draft":false,"prerelease":true,"tag_name":"v7.0.0"},{"draft":false,"prerelease":false,"tag_name":"v6.9.0"},{"draft":false,"prerelease":false,"tag_name":"v6.10.0"}]' | jq -r "$4" ;;
  */releases*) echo '[]' | jq -r "$4" ;;
  repos/actions/cache/commits/v6.10.0) echo '{"sha":"${commit}"}' | jq -r "$4" ;;
  repos/actions/cache/contents/action.yml*) printf "runs:\\n  using: 'node26'\\n" ;;
esac
`,
  );
  chmodSync(join(folder, "gh"), 0o755);
  const target = join(folder, "table.ts");
  const script = fileURLToPath(
    new URL("../../../../src/platforms/github/write/update-pinned-actions.ts", import.meta.url),
  );
  const said = execFileSync(process.execPath, [script, target], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  });
  assert.equal(said, `actions/cache ${pinnedActions.cache.version} -> v6.10.0\n`);
  const text = readFileSync(target, "utf8");
  assert.match(text, new RegExp(`"${commit}",\\n {4}version: "v6.10.0",\\n {4}using: "node26"`));
  assert.ok(text.includes(pinnedActions.checkout.sha));
  assert.match(text, /lookedUpOn = "\d{4}-\d\d-\d\d"/);
});

test("a pin that was moved forward in a committed file is kept, an older or a strange one is not", () => {
  const [older, newer] = ["1".repeat(40), "2".repeat(40)];
  const text = `
      - uses: actions/checkout@${older} # v4.2.2
      - uses: actions/cache@${newer} # v99.0.1
      - uses: actions/cache@${older} # v98.10.0
      - uses: someone/else@${newer} # v99.0.0
`;
  assert.deepEqual(pinsMovedIn([text]), { "actions/cache": { sha: newer, version: "v99.0.1" } });
});

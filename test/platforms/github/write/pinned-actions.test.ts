import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { pinnedActions } from "../../../../src/platforms/github/write/pinned-actions.ts";
import { needs } from "../../../lane/needs.ts";

test("every action is pinned to a commit, with the version it is", () => {
  for (const { action, sha, version } of Object.values(pinnedActions)) {
    assert.match(sha, /^[0-9a-f]{40}$/, action);
    assert.match(version, /^v\d+\.\d+\.\d+$/, action);
  }
});

test("the table is brought up to date within the major version", needs("jq"), (t) => {
  const folder = mkdtempSync(join(tmpdir(), "baton-pins-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const commit = "c".repeat(40);
  writeFileSync(
    join(folder, "gh"),
    `#!/bin/bash
case "$2" in
  repos/actions/cache/releases*) echo '[{"draft":false,"prerelease":false,"tag_name":"v5.0.0"},{"draft":false,"prerelease":true,"tag_name":"v4.9.9"},{"draft":false,"prerelease":false,"tag_name":"v4.9.0"}]' | jq -r "$4" ;;
  */releases*) echo '[]' | jq -r "$4" ;;
  repos/actions/cache/commits/v4.9.0) echo '{"sha":"${commit}"}' | jq -r "$4" ;;
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
  assert.equal(said, `actions/cache ${pinnedActions.cache.version} -> v4.9.0\n`);
  const text = readFileSync(target, "utf8");
  assert.match(text, new RegExp(`"${commit}",\\n {4}version: "v4.9.0"`));
  assert.ok(text.includes(pinnedActions.checkout.sha));
});

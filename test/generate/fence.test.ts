import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fenceScript } from "../../src/platforms/github/write/scripts/job-scripts.ts";
import { needs } from "../lane/needs.ts";
import { ArtifactStore } from "./machine/artifact-store.ts";

const when = needs("jq", "zip", "unzip", "tar");

test("a job that is run again after another run has begun to deploy stops before it touches anything", when, (t) => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-fence-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const store = new ArtifactStore(join(scratch, "store"));
  copyFileSync(fileURLToPath(new URL("machine/fake-gh.sh", import.meta.url)), join(scratch, "gh"));
  const mark = join(scratch, "mark");
  mkdirSync(mark);
  writeFileSync(join(mark, "run"), "");
  const begin = (run: number) => store.upload({ name: "started-prod", path: mark, run, sha: "c1" });
  const deploy = (run: number) =>
    spawnSync("bash", ["-eo", "pipefail", "-c", fenceScript], {
      encoding: "utf8",
      env: {
        PATH: `${scratch}:${process.env.PATH}`,
        TMPDIR: scratch,
        GH_STORE: store.folder,
        GITHUB_REPOSITORY: "team/shop",
        GITHUB_RUN_ID: String(run),
        ENVIRONMENT: "prod",
        MARK: "prod",
      },
    });
  begin(1);
  assert.equal(deploy(1).status, 0);
  begin(2);
  assert.equal(deploy(2).status, 0);
  const late = deploy(1);
  assert.equal(late.status, 1);
  assert.match(late.stdout, /Run 2 began to deploy to prod after this one/);
});

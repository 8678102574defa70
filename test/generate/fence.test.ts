import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fenceScript } from "../../src/platforms/github/write/scripts/job-scripts.ts";
import { needs } from "../lane/needs.ts";
import { githubPrograms, githubStandIn } from "../platforms/github/api/stand-in.ts";

const when = needs(...githubPrograms);

test("a job that is run again after another run has begun to deploy stops before it touches anything", when, (t) => {
  const scratch = mkdtempSync(join(tmpdir(), "baton-fence-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const { control, tools, env } = githubStandIn(t, { folder: scratch });
  control.addRepository("team/shop");
  const begin = () => {
    const run = control.addRun("team/shop", { path: ".github/workflows/shop.yml" });
    control.addArtifact("team/shop", run, "started-prod", Buffer.from("a mark"));
    return run;
  };
  const deploy = (run: number) =>
    spawnSync("bash", ["-eo", "pipefail", "-c", fenceScript], {
      encoding: "utf8",
      env: {
        PATH: `${tools}:${process.env.PATH}`,
        TMPDIR: scratch,
        ...env,
        GITHUB_REPOSITORY: "team/shop",
        GITHUB_RUN_ID: String(run),
        ENVIRONMENT: "prod",
        MARK: "prod",
      },
    });
  const first = begin();
  assert.equal(deploy(first).status, 0);
  const second = begin();
  assert.equal(deploy(second).status, 0);
  const late = deploy(first);
  assert.equal(late.status, 1);
  assert.match(late.stdout, new RegExp(`Run ${second} began to deploy to prod after this one`));
});

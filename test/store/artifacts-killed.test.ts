import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ArtifactRef } from "../../src/plan/plan.ts";
import { ArtifactStore } from "../../src/store/artifacts/artifact-store.ts";
import { times } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { spawnScript } from "./spawned.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Everything that one round of keep-artifacts.ts lays, and nothing of another. */
function assertWhole(folder: string): void {
  const round = /^round \d+/.exec(readFileSync(join(folder, "large"), "utf8"))![0];
  assert.equal(readFileSync(join(folder, "large"), "utf8"), round.padEnd(3_000_000, "."));
  const files = readdirSync(join(folder, "folder"));
  assert.equal(files.length, 599);
  for (const file of files) assert.equal(readFileSync(join(folder, "folder", file), "utf8"), `${round} file ${file}`);
}

test(
  "killed at any moment, the store holds every artifact it named, whole, and no half one; nor is half a one laid",
  fullDepth(),
  async (t) => {
    const state = temporaryFolder(t);
    const work = temporaryFolder(t);
    const named: ArtifactRef[] = [];
    for (let kill = 0; kill < times(12); kill++) {
      const keeper = spawnScript(t, { script: "keep-artifacts.ts", args: [state, work, String(kill * 100)] });
      for (let lines = 0; lines < 1 + (kill % 4); lines++) note((await keeper.line())!);
      // Some moment later, another each time: the store is in the middle of something.
      for (let turn = 0; turn < kill * 9; turn++) await new Promise(setImmediate);
      keeper.child.kill("SIGKILL");
      for (let line = await keeper.line(); line !== undefined; line = await keeper.line()) note(line);

      if (existsSync(join(work, "to"))) assertWhole(join(work, "to"));
      const artifacts = new ArtifactStore(state);
      const found = readdirSync(join(state, "artifacts/listings")).map((name) => `sha256:${name}`);
      for (const { digest } of named) assert.ok(found.includes(digest), `${digest} was named and is gone`);
      for (const [index, digest] of found.entries()) {
        const to = join(work, `check-${kill}-${index}`);
        await artifacts.place({ digest, sizeBytes: 0 }, to, { within: work, onto: "replace" });
        assertWhole(to);
      }
      await artifacts.clear({ keep: new Set(found) });
      assert.deepEqual(readdirSync(join(state, "artifacts/staging")), []);
      // Only the newest goes on, so that the checks stay short.
      await artifacts.clear({
        keep: new Set(
          named
            .splice(0)
            .slice(-1)
            .map(({ digest }) => digest),
        ),
      });
    }

    function note(line: string): void {
      if (line !== "placed") named.push(JSON.parse(line));
    }
  },
);

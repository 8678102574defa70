import assert from "node:assert/strict";
import { test } from "node:test";
import { pastOf } from "../../src/control/local/past.ts";
import type { Project } from "../../src/control/project.ts";
import type { Source } from "../../src/control/request/source.ts";
import type { Delivery } from "../../src/model/delivery.ts";
import { openStore } from "../../src/store/store.ts";
import { append, created, digest, finished } from "../store/events.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

test("what is deployed is known of every pipeline; what its run made is read for those that are still defined", async (t) => {
  const folder = temporaryFolder(t);
  using store = openStore(folder);
  const deployed = (release: number) => ({
    ...{ release, commit: `commit-${release}`, outputs: {} },
    artifacts: { dist: { digest: digest("a"), sizeBytes: 1 } },
  });
  const ended = (run: string, pipeline: string, release: number) =>
    finished(run, { deployed: { dev: { [pipeline]: deployed(release) } } });
  await append(store, [created("r1", 1), ended("r1", "web", 1), created("r2", 2), ended("r2", "old", 2)], 10);
  const past = (...names: string[]) =>
    pastOf(store, {
      project: { stateFolder: folder } as Project,
      source: { kind: "folder" } as Source,
      delivery: { pipelines: names.map((name) => ({ name })) } as Delivery,
    });
  const { history, made } = past("web");
  assert.deepEqual(Object.keys(history.deployed.dev!).toSorted(), ["old", "web"]);
  assert.deepEqual(
    made.map(({ release }) => release),
    [1],
  );
  assert.deepEqual(
    past("web", "old").made.map(({ release }) => release),
    [2, 1],
  );
});

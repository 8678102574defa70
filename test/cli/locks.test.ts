/** Who has an environment and since when, who stands in line, and how long that takes by what it took before. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { StatusView } from "../../src/control/views/status.ts";
import { fullDepth } from "../lane/needs.ts";
import { sandbox, until } from "./sandbox.ts";

const definition = `name: shop
environments: { dev: { branch: main } }
pipelines:
  web:
    jobs:
      deploy: { deploys: true, steps: ['[ -e "$FREE" ] || { touch "$SIDE.$BATON_RUN"; until [ -e "$GO" ]; do sleep 0.05; done; }'] }
`;

test("status says who has an environment, who waits, since when and for how long", fullDepth(), async (t) => {
  const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\nside*\ngo\nfree\n" } });
  Object.assign(box.env, { SIDE: `${box.root}/side`, GO: `${box.root}/go`, FREE: `${box.root}/free` });
  box.write({ free: "" });
  assert.equal((await box.baton("run")).code, 0, "so that it is known how long it takes");
  assert.equal((await box.json<StatusView>("status")).locks, undefined, "nobody has anything");
  box.git("clean", "-fdxq", "free");
  const begun = Date.now();
  const holder = box.start("run", "--force");
  await until("the first has the lock", () => existsSync(`${box.root}/side.r0002`));
  const waiter = box.start("run", "--force");
  const locks = async () => (await box.json<StatusView>("status")).locks ?? [];
  await until("the second stands in line", async () => (await locks())[0]?.queue.length === 1);
  const [lock] = await locks();
  const { environment, holder: has, queue } = lock!;
  assert.deepEqual([environment, has?.run, has?.release], ["dev", "r0002", 2]);
  assert.ok(has!.since! >= begun && has!.since! <= Date.now(), "since it took the lock");
  assert.ok(has!.leftMs !== undefined && has!.leftMs >= 0 && has!.leftMs < 60_000);
  const [next] = queue;
  assert.equal(next!.run, "r0003");
  assert.ok(next!.since! >= has!.since! && next!.since! <= Date.now(), "since it lacks nothing else");
  assert.equal(next!.startsInMs, has!.leftMs, "its turn is when the first is done");
  const { stdout } = await box.baton("status");
  assert.match(
    stdout,
    /dev is held by run r0002 \(release 2\) for .*, about .* left\n {2}1\. run r0003 \(release 3\) waits for/,
  );
  box.write({ go: "" });
  const ended = [holder, waiter].map((child) => new Promise((resolve) => child.once("close", resolve)));
  assert.deepEqual(await Promise.all(ended), [0, 0]);
});

/** Several Batons on one state folder, each in a terminal of its own. */

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { replay } from "../../src/engine/fold.ts";
import { openStoreForReading } from "../../src/store/store.ts";
import { times } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { type Sandbox, sandbox, until } from "./sandbox.ts";

/** Each deployment says that it is there and waits until it may go on. */
const shop = `
name: shop
environments:
  dev: { branch: main }
  test: { branch: main }
  prod: { approval: { reviewers: [boss] } }
pipelines:
  app:
    jobs:
      deploy:
        deploys: true
        steps:
          - 'echo "$BATON_RUN $BATON_ENVIRONMENT began" >> "$SIDE"; until [ -e "$GO" ] || ! [ -d "\${GO%/*}" ]; do sleep 0.05; done; echo "$BATON_RUN $BATON_ENVIRONMENT ended" >> "$SIDE"'
`;

interface Scene {
  box: Sandbox;
  side(): string[];
  go(): void;
  start(...args: string[]): Started;
}

interface Started {
  child: ChildProcess;
  said(): string;
  ended: Promise<number | null>;
}

function scene(t: TestContext, definition = shop): Scene {
  const box = sandbox(t, { files: { "baton.yaml": definition } });
  const at = (name: string) => join(box.root, ".git", name);
  box.env.SIDE = at("side");
  box.env.GO = at("go");
  return {
    box,
    side: () => (existsSync(at("side")) ? readFileSync(at("side"), "utf8").trim().split("\n") : []),
    go: () => appendFileSync(at("go"), ""),
    start(...args) {
      const child = box.start(...args);
      let said = "";
      child.stderr!.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      child.stdout!.resume();
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      t.after(() => void child.kill("SIGKILL"));
      return { child, said: () => said, ended };
    },
  };
}

const began = (side: string[]) => side.filter((line) => line.endsWith("began"));

test(
  "different environments are deployed at the same time, and status shows both with their processes",
  fullDepth(),
  async (t) => {
    const { box, side, go, start } = scene(t);
    const dev = start("run", "--env", "dev");
    const other = start("run", "--env", "test");
    await until("both deploy", () => began(side()).length === 2);
    const { open } = await box.json<{ open: { run: string; runBy: { pid: number } }[] }>("status");
    assert.deepEqual(new Set(open.map(({ runBy }) => runBy.pid)), new Set([dev.child.pid, other.child.pid]));
    const refused = await box.baton("resume", open[0]!.run);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /goes on in another terminal/);
    assert.doesNotMatch(refused.stderr, /going on with/);
    const retried = await box.baton("retry", open[0]!.run);
    assert.equal(retried.code, 1);
    assert.match(retried.stderr, /goes on in another terminal/);
    go();
    assert.deepEqual([await dev.ended, await other.ended], [0, 0], dev.said() + other.said());
  },
);

test("the same environment is deployed one after the other, and the second says who is first", async (t) => {
  const { box, side, go, start } = scene(t);
  const first = start("run", "--env", "dev");
  await until("the first deploys", () => began(side()).length === 1);
  const second = start("run", "--env", "dev", "--force");
  await until("the second says what it waits for", () =>
    /dev is held by run r0001 \(process \d+\)/.test(second.said()),
  );
  const hasty = await box.baton("run", "--env", "dev", "--force", "--no-wait");
  assert.equal(hasty.code, 1, hasty.stderr);
  assert.match(hasty.stderr, /run r0001 deploys to dev or waits to/);
  assert.deepEqual(began(side()), ["r0001 dev began"]);
  go();
  assert.deepEqual([await first.ended, await second.ended], [0, 0], second.said());
  assert.deepEqual(side(), ["r0001 dev began", "r0001 dev ended", "r0002 dev began", "r0002 dev ended"]);
});

/** Built once for a release: it says that it builds and waits until it may go on. */
const built = `
name: shop
environments:
  dev: { branch: main }
  test: { branch: main }
pipelines:
  app:
    jobs:
      build:
        per: release
        steps:
          - 'echo "$BATON_RUN builds" >> "$SIDE"; until [ -e "$GO" ] || ! [ -d "\${GO%/*}" ]; do sleep 0.05; done; mkdir -p out; echo "$BATON_RUN" > out/by'
        artifacts: { out: out }
      deploy: { needs: build, deploys: true, uses: [out], steps: ['echo "$BATON_RUN deploys $(cat out/by)" >> "$SIDE"'] }
`;

test(
  "what one Baton is just making of a commit, another waits for and takes: it is made once",
  fullDepth(),
  async (t) => {
    const { box, side, go, start } = scene(t, built);
    const first = start("run", "--env", "dev");
    await until("the first builds", () => side().length === 1);
    const second = start("run", "--env", "test");
    await until("the second says what it waits for", () =>
      /run r0001 is just making app\.build of these files/.test(second.said()),
    );
    const hasty = await box.baton("run", "--env", "test", "--no-wait");
    assert.equal(hasty.code, 1, hasty.stderr);
    assert.match(hasty.stderr, /run r0001 is just making app\.build of these files/);
    const given = start("run", "--env", "test");
    await until("a third one waits as well", () => /is just making/.test(given.said()));
    given.child.kill("SIGINT");
    assert.equal(await given.ended, 130, given.said());
    assert.match(given.said(), /nothing was begun/);
    go();
    assert.deepEqual([await first.ended, await second.ended], [0, 0], first.said() + second.said());
    assert.deepEqual(side().toSorted(), ["r0001 builds", "r0001 deploys r0001", "r0002 deploys r0001"]);
  },
);

test("two that begin at the very same moment make it once as well", fullDepth(), async (t) => {
  const { side, go, start } = scene(t, built);
  go();
  const all = [start("run", "--env", "dev"), start("run", "--env", "test")];
  assert.deepEqual(await Promise.all(all.map(({ ended }) => ended)), [0, 0], all.map(({ said }) => said()).join(""));
  assert.equal(side().filter((line) => line.endsWith("builds")).length, 1, side().join("\n"));
});

test(
  "who waits for what another makes does not wait for one that is gone, and makes anew what was forced",
  fullDepth(),
  async (t) => {
    const { side, go, start } = scene(t, built);
    const first = start("run", "--env", "dev");
    await until("the first builds", () => side().length === 1);
    const second = start("run", "--env", "test");
    await until("the second waits", () => /is just making/.test(second.said()));
    const forced = start("run", "--env", "dev", "--force");
    await until("what is forced does not", () => side().length === 2);
    first.child.kill("SIGKILL");
    go();
    assert.equal(await forced.ended, 0, forced.said());
    assert.equal(await second.ended, 0, second.said());
  },
);

test("Ctrl-C in one terminal ends what was asked for there and nothing else", fullDepth(), async (t) => {
  const { side, go, start } = scene(t);
  const dev = start("run", "--env", "dev");
  const other = start("run", "--env", "test");
  await until("both deploy", () => began(side()).length === 2);
  dev.child.kill("SIGINT");
  await until("it says so", () => /stopping/.test(dev.said()));
  go();
  assert.equal(await other.ended, 0, other.said());
  assert.match(other.said(), /next: baton status/);
  assert.doesNotMatch(other.said(), /cancelled/);
  await dev.ended;
  assert.match(dev.said(), /cancelled the run/);
});

test("who follows the logs of a run that was killed is told that nobody runs it", fullDepth(), async (t) => {
  const { side, start } = scene(t);
  const dev = start("run", "--env", "dev");
  await until("it deploys", () => began(side()).length === 1);
  const logs = start("logs", "--follow");
  dev.child.kill("SIGKILL");
  assert.equal(await logs.ended, 0);
  assert.match(logs.said(), /nobody runs run r0001 now, and it has not ended/);
  assert.match(logs.said(), /next: baton resume r0001/);
});

test(
  "while one run waits for a person, nobody is held up; the answer may come from anywhere",
  fullDepth(),
  async (t) => {
    const { box, side, go, start } = scene(t);
    go();
    const waits = await box.baton("run", "--env", "prod");
    assert.equal(waits.code, 0, waits.stderr);
    assert.match(waits.stderr, /prod waits for approval/);
    assert.equal(await start("run", "--env", "dev").ended, 0);
    assert.equal((await box.baton("approve")).code, 0);
    assert.deepEqual(began(side()), ["r0002 dev began", "r0001 prod began"]);
  },
);

test("a cancel at any moment near the end of a run leaves a journal that can be read", {
  ...fullDepth(),
  timeout: 240_000,
}, async (t) => {
  const box = sandbox(t, {
    files: {
      "baton.yaml":
        "name: q\nenvironments: { dev: {} }\npipelines: { a: { jobs: { d: { deploys: true, steps: [sleep 0.1] } } } }\n",
    },
  });
  const tries = times(40);
  for (let number = 1; number <= tries; number++) {
    const run = box.baton("run", "--force");
    const name = `r${String(number).padStart(4, "0")}`;
    await until("the run is there", async () => lastEvent(box, name) !== undefined);
    // A later moment each time: from the start of the job to the end of the run.
    const moment = (["job.started", "job.succeeded", "lock.released", "run.finished"] as const)[number % 4]!;
    await until(`${name} is at ${moment}`, () =>
      seen(box, name).some((type) => type === moment || type === "run.finished"),
    );
    const cancel = await box.baton("cancel", name);
    assert.ok(cancel.code === 0 || /has ended already/.test(cancel.stderr), cancel.stderr);
    const { code } = await run;
    assert.ok(code === 0 || code === 1, `run ended with ${code}`);
  }
  const status = await box.baton("status");
  assert.equal(status.code, 0, status.stderr);
  using journal = openStoreForReading(join(box.root, ".baton"));
  const state = replay(journal.load());
  assert.equal(state.open.size, 0);
  assert.equal(journal.runs().length, tries);
});

function seen(box: Sandbox, run: string): string[] {
  try {
    using journal = openStoreForReading(join(box.root, ".baton"));
    return [...journal.loadRun(run)].map(({ event }) => event.type);
  } catch (error) {
    if ((error as { code?: string }).code === "empty") return [];
    throw error;
  }
}

const lastEvent = (box: Sandbox, run: string) => seen(box, run).at(-1);

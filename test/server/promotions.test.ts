/** What has soaked is promoted by the server: once, when it is due, where its branch is delivered, and not in a freeze. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { connect } from "../../src/control/connect.ts";
import { answered } from "../../src/control/control.ts";
import type { StatusView } from "../../src/control/views/status.ts";
import { Promotions, type PromotionsOptions } from "../../src/server/promotions.ts";
import type { AccessEntry, AccessPage } from "../../src/server/wire/access-log.ts";
import { sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "./serving.ts";

/** A server's promotions with a clock of our own and a host that starts nothing. */
function served() {
  const state = { refuses: "", frozen: [] as string[], now: 0, breaksOff: false, isLogFull: false };
  const promotions = [{ environment: "test", release: 12, branch: "main", at: 1000 }];
  const [started, notes, said] = [[] as string[], [] as AccessEntry[], [] as string[]];
  const host = {
    async status() {
      const freezes = state.frozen.map((environment) => ({ environment }));
      return { ok: true, value: { promotions, freezes } as unknown as StatusView };
    },
    async move({ kind, to, release }: { kind: string; to: string; release: string }) {
      if (state.refuses !== "") {
        return { ok: false, refusal: { code: state.refuses, subject: to, known: ["r0009"] } };
      }
      return { ok: true, value: { does: `${kind} of ${release} to ${to}` } };
    },
    async start({ does }: { does: string }, _: object, { name, via }: { name: string; via: string }) {
      started.push(`${does} by ${name} (${via})`);
      return { ok: true, value: { run: "r0013", view: () => ({}) } };
    },
  };
  const looks = new Promotions({
    host,
    underways: {
      async take() {
        if (state.breaksOff) throw new Error("underway.json cannot be written");
        return "r0013";
      },
    },
    accessLog: {
      note(entry: AccessEntry) {
        if (state.isLogFull) throw new Error("no space left");
        notes.push(entry);
      },
    },
    secretsFile: undefined,
    branches: ["main"],
    report: (error: Error) => said.push(error.message),
    now: () => state.now,
  } as unknown as PromotionsOptions);
  const at = async (now: number) => {
    state.now = now;
    await looks.look();
  };
  return { at, state, promotions, started, notes, said };
}

const once = ["promotion of 12 to test by baton serve (policy)"];

test("what is due is promoted by the server, and noted; before, of another branch and in a freeze it is not", async () => {
  const server = served();
  await server.at(999);
  server.promotions[0]!.branch = "develop";
  await server.at(1000);
  server.promotions[0]!.branch = "main";
  server.state.frozen = ["test"];
  await server.at(5000);
  assert.deepEqual([server.started, server.notes, server.said], [[], [], []]);
  server.state.frozen = ["prod"];
  await server.at(6000);
  assert.deepEqual(server.started, once);
  assert.deepEqual(
    server.notes.map(({ asked, by, about, status }) => [asked, by, about, status]),
    [["promotion", "baton serve", { branch: "main", environment: "test", release: "12", run: "r0013" }, 200]],
  );
});

test("what is not let in is told once for each reason, and tried again", async () => {
  const server = served();
  server.state.refuses = "environment-busy";
  for (const now of [1000, 2000, 3000]) await server.at(now);
  server.state.refuses = "commit-gone";
  for (const now of [4000, 5000]) await server.at(now);
  assert.deepEqual([server.started, server.said.length], [[], 2]);
  assert.deepEqual(
    server.notes.map(({ code }) => code),
    ["environment-busy", "commit-gone"],
  );
  server.state.refuses = "";
  await server.at(6000);
  assert.deepEqual(server.started, once);
});

test("a run that stands in the journal has begun, and a log that is full ends nothing", async () => {
  const server = served();
  Object.assign(server.state, { breaksOff: true, isLogFull: true });
  await server.at(1000);
  assert.deepEqual([server.started, server.said], [once, ["underway.json cannot be written", "no space left"]]);
});

const definition = `name: shop
environments:
  dev: { branch: main }
  test: { after: dev, promote: { soak: 1s } }
pipelines:
  web:
    jobs: { deploy: { deploys: true, steps: ["test $BATON_ENVIRONMENT = dev || cat page"] } }
`;

test(
  "a real server promotes what was pushed and has soaked, once, and a terminal only says so",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, {
      files: { "baton.yaml": definition, ".gitignore": ".baton\norigin\n", page: "one\n" },
    });
    box.git("init", "--quiet", "--bare", "--initial-branch=main", "origin");
    box.git("remote", "add", "origin", "./origin");
    box.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    assert.equal((await box.baton("run", "--event", "push", "--yes")).code, 0);
    const status = async () => JSON.parse((await box.baton("status", "--json")).stdout) as StatusView;
    await until("it has soaked", async () => (await status()).promotions![0]!.at < Date.now());
    const before = await status();
    assert.deepEqual([Object.keys(before.deployed), before.runs.length], [["dev"], 1], "no push goes past the soak");
    assert.deepEqual(
      before.promotions!.map(({ environment, release, branch }) => [environment, release, branch]),
      [["test", 1, "main"]],
    );
    const said = await box.baton("status");
    assert.match(said.stdout, /^release 1 has soaked before test, and waits for baton serve --deliver main$/m);
    {
      await using elsewhere = await serving(box, "--deliver", "develop");
      assert.equal((await elsewhere.get("/api/status")).status, 200);
      assert.equal((await status()).runs.length, 1);
    }
    await using server = await serving(box, "--deliver", "main");
    await until("it is in test", async () => "test" in (await status()).deployed);
    await until("its run has ended", async () => (await status()).open.length === 0);
    const after = await status();
    assert.deepEqual(
      [after.runs.length, after.promotions, after.runs[0]!.moves],
      [2, undefined, { kind: "promotion", release: 1 }],
    );
    assert.match((await box.baton("logs", "r0002", "web.deploy@test")).stdout, /one/);
    const { entries } = await server.json<AccessPage>("/api/access-log");
    assert.deepEqual(
      entries.filter(({ asked }) => asked === "promotion").map(({ by, about }) => [by, about.release, about.run]),
      [["baton serve", "1", "r0002"]],
    );
  },
);

/** A release of `page` in dev that has soaked, and no server yet. */
async function soaked(t: TestContext, steps: (root: string) => string) {
  const box = sandbox(t, { files: { ".gitignore": ".baton\norigin\nhold\n", page: "one\n" } });
  box.write({ "baton.yaml": definition.replace("cat page", steps(box.root)) });
  box.git("add", "baton.yaml");
  box.git("init", "--quiet", "--bare", "--initial-branch=main", "origin");
  box.git("remote", "add", "origin", "./origin");
  const status = async () => JSON.parse((await box.baton("status", "--json")).stdout) as StatusView;
  const push = async (page: string) => {
    box.write({ page });
    box.git("commit", "--quiet", "--all", "--allow-empty", "--message", page);
    box.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    assert.equal((await box.baton("run", "--event", "push", "--yes")).code, 0);
    await until("it has soaked", async () => (await status()).promotions![0]!.at < Date.now());
  };
  await push("two");
  return { box, status, push };
}

const movedIn = ({ runs }: StatusView) => runs.filter(({ moves }) => moves !== undefined);

test(
  "a server killed while it begins a promotion: the next one goes on with it, and nothing is promoted twice",
  fullDepth(),
  async (t) => {
    const { box, status } = await soaked(t, (root) => `while [ -e ${root}/hold ]; do sleep 0.02; done`);
    box.write({ hold: "" });
    // Sooner or later in what it does, from the first look on.
    for (let ms = 0; movedIn(await status()).length === 0; ms += 15) {
      await using server = await serving(box, "--deliver", "main");
      await setTimeout(ms);
      await server.stop("SIGKILL");
    }
    // The moment between the two files: it stands in the journal, and nowhere else that somebody makes it go on.
    box.git("clean", "-fxq", ".baton/server/underway.json");
    assert.deepEqual(
      (await status()).open.map(({ run, by, runBy }) => [run, by, runBy]),
      [["r0002", "baton serve", undefined]],
    );
    for (const _ of [1, 2, 3]) {
      await using server = await serving(box, "--deliver", "main");
      await until(
        "it goes on",
        async () => (await status()).open[0]?.jobs.some((job) => job.status === "running") === true,
      );
      await server.stop("SIGKILL");
    }
    box.git("clean", "-fxq", "hold");
    await using _last = await serving(box, "--deliver", "main");
    await until("it has ended", async () => (await status()).open.length === 0);
    assert.deepEqual(
      movedIn(await status()).map(({ run, conclusion }) => [run, conclusion]),
      [["r0002", "succeeded"]],
    );
  },
);

test("two servers at once promote each release once, also where it fails at once", fullDepth(), async (t) => {
  const { box, status, push } = await soaked(t, () => "exit 3");
  for (let round = 1; round <= 3; round++) {
    if (round > 1) await push(`round ${round}`);
    await using first = await serving(box, "--deliver", "main");
    await using second = await serving(box, "--deliver", "main");
    await until("it was promoted", async () => movedIn(await status()).length >= round);
    await until("that has ended", async () => (await status()).open.length === 0);
    for (const { said } of [first, second]) assert.doesNotMatch(said(), /Error|unexpected/);
  }
  const promoted = movedIn(await status());
  assert.deepEqual(
    promoted.map(({ moves, conclusion }) => [moves!.release, conclusion]),
    [5, 3, 1].map((release) => [release, "failed"]),
  );
});

test("a promotion that was due begins only if it is still due then", fullDepth(), async (t) => {
  const { box } = await soaked(t, () => "exit 3");
  const host = answered(await connect({ cwd: box.root, env: box.env, entry: "", say: () => {} }, {}));
  const request = { kind: "promotion" as const, to: "test", release: "1", byItself: Date };
  const by = { name: "baton serve", via: "policy" as const };
  const planned = answered(await host.move(request));
  assert.equal((await box.baton("promote", "--to", "test", "--yes")).code, 1);
  const again = await host.move(request);
  assert.equal(again.ok ? "due" : again.refusal.code, "outdated-plan");
  const late = answered(await host.start(planned, { isWatched: false }, by));
  await assert.rejects(late.begin({ event() {}, output() {}, waitsFor() {} }), /outdated-plan/);
  await late.close();
  assert.equal(movedIn(await box.json<StatusView>("status")).length, 1);
});

test(
  "a run by hand in what comes before takes the place of what soaks, and does not go on by itself",
  fullDepth(),
  async (t) => {
    const { box, status } = await soaked(t, () => "cat page");
    box.write({ page: "three" });
    box.git("commit", "--quiet", "--all", "--message", "by hand");
    const said = await box.baton("plan");
    assert.match(
      said.stdout,
      /^release 1 does not go to test by itself then: this takes its place, and does not go on by itself either$/m,
    );
    assert.equal((await box.baton("run", "--to", "dev")).code, 0);
    assert.match(
      (await box.baton("status")).stdout,
      /^release 2 does not go to test by itself: \S+ ran it by hand; baton promote 2 --to test$/m,
    );
    await using server = await serving(box, "--deliver", "main");
    assert.equal((await server.get("/api/status")).status, 200);
    assert.equal((await status()).promotions, undefined);
  },
);

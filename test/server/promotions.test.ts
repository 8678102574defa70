/** What has soaked is promoted by the server: once, when it is due, where its branch is delivered, and not in a freeze. */

import assert from "node:assert/strict";
import { test } from "node:test";
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

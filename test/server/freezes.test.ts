/** Freezes over HTTP: what they hold up, what goes on all the same and why, and who may say so. */

import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StatusView } from "../../src/control/views/status.ts";
import type { AccessPage } from "../../src/server/wire/access-log.ts";
import { sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { post, type Serving, serving } from "./serving.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev }
pipelines:
  web:
    jobs: { deploy: { deploys: true, steps: [echo $BATON_ENVIRONMENT] } }
`;

const files = { "baton.yaml": definition, ".gitignore": ".baton\n" };
const inAnHour = () => Date.now() + 3_600_000;

interface Run {
  view: { conclusion: string; override?: string; waiting: { wait: { kind: string; reason?: string } }[] };
}

const runOf = async (server: Serving, run: unknown) => (await server.json<Run>(`/api/runs/${run}`)).view;

const passes = (server: Serving, run: unknown) =>
  until("it has passed", async () => (await runOf(server, run)).conclusion === "succeeded");

test(
  "a freeze holds up what comes, an override goes on with its reason, and a thaw lets the rest go on",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files });
    await using server = await serving(box);
    const dev = { environment: "dev" };
    const end = inAnHour();
    const frozen = await post(server, "freeze", { until: end, reason: "We look for a fault" }, dev);
    assert.equal(frozen.status, 200, JSON.stringify(frozen.body));
    assert.deepEqual(
      [frozen.body.environment, frozen.body.until, frozen.body.reason],
      ["dev", end, "We look for a fault"],
    );
    const board = await server.json<{ view: { environments: { name: string; freeze?: { reason: string } }[] } }>(
      "/api/board",
    );
    assert.deepEqual(
      board.view.environments.map(({ name, freeze }) => [name, freeze?.reason]),
      [
        ["dev", "We look for a fault"],
        ["prod", undefined],
      ],
    );

    const request = { env: "dev" };
    const { plan, preview } = (await post(server, "plan", request)).body as {
      plan: string;
      preview: { freezes: object[] };
    };
    assert.deepEqual(
      preview.freezes.map((freeze) => (freeze as { environment: string }).environment),
      ["dev"],
    );
    const { run } = (await post(server, "start", { ...request, plan })).body;
    await until("it waits for the freeze", async () =>
      (await runOf(server, run)).waiting.some(({ wait }) => wait.kind === "freeze"),
    );
    assert.equal((await post(server, "thaw", { comment: "found" }, dev)).status, 200);
    await passes(server, run);
    const twice = await post(server, "thaw", {}, dev);
    assert.deepEqual([twice.status, twice.body.code], [409, "not-frozen"]);

    await post(server, "freeze", { until: end, reason: "Christmas" }, { environment: "prod" });
    const move = { kind: "promotion", to: "prod" };
    const looked = (await post(server, "planMove", move)).body as { plan: string; preview: { freezes: object[] } };
    assert.equal(looked.preview.freezes.length, 1);
    const held = await post(server, "move", { ...move, plan: looked.plan });
    assert.deepEqual([held.status, held.body.code], [409, "frozen"]);
    assert.match(String(held.body.title), /^prod is frozen until .*: Christmas$/);
    const blank = await post(server, "move", { ...move, plan: looked.plan, override: "  " });
    assert.equal(blank.status, 400, "a reason says something");
    const override = "Nobody can pay";
    const moved = await post(server, "move", { ...move, plan: looked.plan, override });
    assert.equal(moved.status, 200, JSON.stringify(moved.body));
    await passes(server, moved.body.run);
    assert.equal((await runOf(server, moved.body.run)).override, override);

    const forced = { env: "prod", force: true };
    const again = (await post(server, "plan", forced)).body;
    const started = await post(server, "start", { ...forced, plan: again.plan, override });
    await passes(server, started.body.run);

    const { entries } = await server.json<AccessPage>("/api/access-log");
    assert.deepEqual(
      entries.map(({ asked, status, about }) =>
        [asked, status, about.environment ?? about.to ?? about.env, about.reason ?? about.override ?? ""].join(" "),
      ),
      [
        "start 200 prod Nobody can pay",
        "move 200 prod Nobody can pay",
        "move 400  ",
        "move 409 prod ",
        "freeze 200 prod Christmas",
        "thaw 409 dev ",
        "thaw 200 dev ",
        "start 200 dev ",
        "freeze 200 dev We look for a fault",
      ],
    );
  },
);

test("what a server waits with for the end of a freeze goes past it with a reason, once", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  const made = await box.baton("token", "create", "dora", "--role", "operator:dev");
  const dora = made.stdout.trim();
  const otto = (await box.baton("token", "create", "otto", "--role", "operator")).stdout.trim();
  box.write({ ".git/secrets": "KEY=value\n" });
  await using server = await serving(box, "--secrets-file", ".git/secrets");
  await post(server, "freeze", { until: inAnHour(), reason: "Christmas" }, { environment: "prod", token: otto });
  const request = { to: "prod" };
  const { plan } = (await post(server, "plan", request, { token: otto })).body;
  const { run } = (await post(server, "start", { ...request, plan }, { token: otto })).body;
  const open = async () => (await box.json<StatusView>("status")).open[0];
  await until("it waits", async () => (await open())?.waiting.some(({ wait }) => wait.kind === "freeze") === true);
  const resume = async (body: object, token = otto) => {
    const answer = await fetch(`${server.url}/api/runs/${run}/resume`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return [answer.status, ((await answer.json()) as { code?: string }).code];
  };
  assert.deepEqual(await resume({}), [409, "runs-elsewhere"], "the server goes on with it already");
  assert.deepEqual(await resume({ override: " " }), [400, "wrong-request"]);
  assert.deepEqual(await resume({ override: "Now" }, dora), [403, "not-allowed"]);
  renameSync(join(box.root, ".git/secrets"), join(box.root, ".git/gone"));
  assert.equal((await resume({ override: "Now" }))[0], 503);
  renameSync(join(box.root, ".git/gone"), join(box.root, ".git/secrets"));
  assert.equal((await open())?.override, undefined, "none of these let it in");
  assert.ok((await open())?.runBy, "the server still goes on with it");
  assert.deepEqual(await resume({ override: "Nobody can pay" }), [200, undefined]);
  await until("it has ended", async () => (await open()) === undefined);
  const [ended] = (await box.json<StatusView>("status")).runs;
  assert.deepEqual([ended!.run, ended!.conclusion], [run, "succeeded"]);
  const audit = await box.json<{ entries: { did: string; by: string; comment?: string }[] }>("audit", "--env", "prod");
  assert.match(JSON.stringify(audit), /Nobody can pay/);
  assert.deepEqual((await resume({ override: "Nobody can pay" }))[1], "has-finished");
  await until("nothing is left to take up", () => box.read(".baton/server/underway.json").includes('"runs":[]'));
  assert.equal(server.said().includes("Error"), false, server.said());
});

test(
  "who may not deploy there may not freeze or thaw there, and what is no freeze is refused",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files });
    const made = await box.baton("token", "create", "dora", "--role", "operator:dev");
    const token = made.stdout.trim();
    await using server = await serving(box);
    const body = { until: inAnHour(), reason: "Christmas" };
    for (const [name, environment, sent, status, code] of [
      ["freeze", "prod", body, 403, "not-allowed"],
      ["thaw", "prod", {}, 403, "not-allowed"],
      ["freeze", "dev", { ...body, reason: " \n" }, 400, "wrong-request"],
      ["freeze", "dev", { ...body, reason: "x".repeat(2001) }, 400, "wrong-request"],
      ["freeze", "dev", { reason: "Christmas" }, 400, "wrong-request"],
      ["freeze", "dev", { ...body, until: "tomorrow" }, 400, "wrong-request"],
      ["freeze", "dev", { ...body, until: 1 }, 422, "over-already"],
      ["freeze", "dev", { ...body, by: "somebody else" }, 400, "wrong-request"],
      ["thaw", "dev", {}, 409, "not-frozen"],
    ] as const) {
      const answer = await post(server, name, sent, { environment, token });
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(sent));
    }
    const all = (await box.baton("token", "create", "otto", "--role", "operator")).stdout.trim();
    const nowhere = await post(server, "freeze", body, { environment: "pord", token: all });
    assert.deepEqual([nowhere.status, nowhere.body.near], [404, "prod"]);
    const { status } = await post(server, "freeze", body, { environment: "dev", token });
    assert.equal(status, 200);
    const by = await box.json<{ freezes: { environment: string; by: string }[] }>("status");
    assert.deepEqual(
      by.freezes.map(({ environment, by }) => `${environment} ${by}`),
      ["dev dora"],
    );
  },
);

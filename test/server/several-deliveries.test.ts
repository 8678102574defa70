/** One server for several deliveries: each at its own address, for those who may, with whatever is wrong with another. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { type Grant, grantsWithin, readGrant } from "../../src/server/access/grants.ts";
import { readDeliveriesFile } from "../../src/server/deliveries-file.ts";
import { Room } from "../../src/server/room.ts";
import { deliveriesView } from "../../src/server/wire/deliveries.ts";
import { type Sandbox, sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { eventsOf, raw, type Serving, serving } from "./serving.ts";

const definition = (name: string) => `name: ${name}
environments: { dev: {}, prod: {} }
pipelines:
  web: { jobs: { deploy: { deploys: true, steps: ["cat page"] } } }
`;

const one = (t: TestContext, name: string): Sandbox =>
  sandbox(t, { files: { "baton.yaml": definition(name), ".gitignore": ".baton\n", page: "one\n" } });

/** What the server is started in: a folder of its own. */
function place(t: TestContext, deliveries: Record<string, { box: Sandbox; more?: string }>): Sandbox {
  const lines = Object.entries(deliveries).map(
    ([name, { box, more = "" }]) => `  ${name}: { folder: ${JSON.stringify(box.root)}${more} }\n`,
  );
  return sandbox(t, { files: { "deliveries.yaml": `deliveries:\n${lines.join("")}`, secret: `${secret}\n` } });
}

const secret = "a secret that both sides know";
const several = ["--deliveries", "deliveries.yaml"] as const;

const namesOf = async (server: Serving, headers: Record<string, string> = {}) => {
  const answer = await server.get("/api/deliveries", headers);
  return answer.status === 200
    ? deliveriesView.parse(await answer.json()).deliveries.map(({ name }) => name)
    : answer.status;
};

interface Runs {
  view: { runs: { run: string; commit: string }[] };
}

test(
  "each delivery answers at its own address, and one that cannot be read is told of beside the others",
  fullDepth(),
  async (t) => {
    const [shop, billing, broken] = [one(t, "shop"), one(t, "billing"), one(t, "broken")];
    assert.equal((await shop.baton("run", "--env", "dev")).code, 0);
    assert.equal((await broken.baton("run", "--env", "dev")).code, 0);
    writeFileSync(join(broken.root, ".baton", "journal.db"), "no database\n".repeat(1000));
    const here = place(t, { shop: { box: shop }, billing: { box: billing }, broken: { box: broken } });
    await using server = await serving(here, ...several);

    const { deliveries } = deliveriesView.parse(await server.json("/api/deliveries"));
    assert.deepEqual(
      deliveries.map(({ name, problem }) => [name, problem?.code]),
      [
        ["shop", undefined],
        ["billing", undefined],
        ["broken", "not-ready"],
      ],
    );
    assert.match(deliveries[2]!.problem!.title, /journal/);
    assert.equal((await server.json<Runs>("/d/shop/api/runs")).view.runs.length, 1);
    assert.equal((await server.json<Runs>("/d/billing/api/runs")).view.runs.length, 0);
    assert.equal((await server.get("/d/broken/api/runs")).status, 503);
    for (const path of ["/", "/d/shop", "/d/shop/runs/1", "/d/broken", "/d/none"]) {
      assert.match((await server.get(path)).headers.get("content-type")!, /^text\/html/, path);
    }
    for (const path of ["/d/none/api/runs", "/api/runs", "/d/shopping/api/runs"]) {
      assert.equal((await server.get(path)).status, 404, path);
    }
    assert.match(await (await server.get("/d/shop/metrics")).text(), /baton_deployed_release\{[^}]*delivery="shop"/);
    const document = await server.json<{ servers: unknown }>("/d/shop/openapi.json");
    assert.deepEqual(document.servers, [{ url: "/d/shop" }]);

    const stop = new AbortController();
    const changes = eventsOf(await fetch(`${server.url}/api/events`, { signal: stop.signal }));
    assert.equal((await changes.next()).value!.event, "beat");
    const wanted = { env: "dev" };
    const headers = { "content-type": "application/json" };
    const ask = async (path: string, body: object) =>
      await (await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
    const { plan } = (await ask("/d/billing/api/plan", wanted)) as { plan: string };
    const begun = (await ask("/d/billing/api/runs", { ...wanted, plan })) as { run: string };
    assert.match(begun.run, /^r/);
    const changed = (await changes.next()).value!;
    assert.deepEqual([changed.event, changed.data], ["changed", "billing"]);
    stop.abort();
    await changes.next().catch(() => {});
    assert.equal((await server.json<Runs>("/d/shop/api/runs")).view.runs.length, 1);

    const foreign = {
      method: "POST",
      path: "/d/billing/api/runs",
      headers: { ...headers, origin: "https://evil.example" },
    };
    assert.equal((await raw(server.url, { ...foreign, body: "{}" })).status, 403);
    assert.equal((await raw(server.url, { path: "/d/shop/api/runs", headers: { host: "evil.example" } })).status, 421);
    assert.equal(
      (await raw(server.url, { path: "/d/broken/api/runs", headers: { host: "evil.example" } })).status,
      421,
    );
    assert.equal((await raw(server.url, { path: "/d/shop/..%2f..%2fsecret" })).status, 404);
    assert.match(server.said(), /journal/);
    assert.equal(await server.stop(), 0);
  },
);

test(
  "what is wrong with a delivery is told those who may look at it; a damaged list of runs is laid aside",
  fullDepth(),
  async (t) => {
    const [shop, broken] = [one(t, "shop"), one(t, "broken")];
    assert.equal((await broken.baton("run", "--env", "dev")).code, 0);
    writeFileSync(join(broken.root, ".baton", "journal.db"), "no database\n".repeat(1000));
    assert.equal((await shop.baton("run", "--env", "dev")).code, 0);
    mkdirSync(join(shop.root, ".baton", "server"), { recursive: true });
    writeFileSync(join(shop.root, ".baton", "server", "underway.json"), "{");
    const here = place(t, { shop: { box: shop }, broken: { box: broken } });
    const token = async (role: string) => {
      const made = await here.baton("token", "create", "ada", "--role", role, ...several);
      return { authorization: `Bearer ${made.stdout.trim()}` };
    };
    const [ofShop, ofBroken] = [await token("viewer:shop/*"), await token("viewer:broken/*")];
    await using server = await serving(here, ...several);
    const status = async (headers: Record<string, string>) => (await server.get("/d/broken/api/runs", headers)).status;
    assert.deepEqual([await status({}), await status(ofShop), await status(ofBroken)], [401, 403, 503]);
    assert.equal((await server.get("/d/shop/api/runs", ofShop)).status, 200);
    assert.match(server.said(), /underway\.json is damaged and was laid aside as .*baton resume goes on/s);
    assert.equal(readFileSync(join(shop.root, ".baton", "server", "underway.json.damaged"), "utf8"), "{");
    assert.equal(await server.stop(), 0);
  },
);

test("a token counts for the deliveries that its roles name", fullDepth(), async (t) => {
  const [shop, billing] = [one(t, "shop"), one(t, "billing")];
  const here = place(t, { shop: { box: shop }, billing: { box: billing } });
  const token = async (...roles: string[]) => {
    const options = roles.flatMap((role) => ["--role", role]);
    const made = await here.baton("token", "create", "ada", ...options, ...several);
    return { code: made.code, said: made.stderr, headers: { authorization: `Bearer ${made.stdout.trim()}` } };
  };
  const looks = await token("viewer:shop/*");
  const everywhere = await token("operator:dev");
  const one_ = await token("operator:billing/prod");
  const nowhere = await token("viewer:basket/*");
  assert.deepEqual([nowhere.code, /no delivery basket/.test(nowhere.said)], [2, true]);
  const alone = await shop.baton("token", "create", "ada", "--role", "operator:shop/prod");
  assert.deepEqual([alone.code, /serves one delivery/.test(alone.stderr)], [2, true]);

  await using server = await serving(here, ...several);
  assert.deepEqual(
    [await namesOf(server), await namesOf(server, looks.headers), await namesOf(server, everywhere.headers)],
    [401, ["shop"], ["shop", "billing"]],
  );
  assert.deepEqual(await namesOf(server, one_.headers), ["billing"]);
  const status = async (path: string, { headers }: typeof looks, body?: object) => {
    const json = { ...headers, "content-type": "application/json" };
    const sent = body && { method: "POST", body: JSON.stringify(body) };
    return (await fetch(server.url + path, { headers: json, ...sent })).status;
  };
  assert.deepEqual([await status("/d/shop/api/runs", looks), await status("/d/billing/api/runs", looks)], [200, 403]);
  const freeze = { until: Date.now() + 60_000, reason: "Inventory" };
  const frozen = async (delivery: string, environment: string, whose: typeof looks) =>
    await status(`/d/${delivery}/api/environments/${environment}/freeze`, whose, freeze);
  assert.deepEqual(
    [
      await frozen("shop", "dev", looks),
      await frozen("shop", "dev", everywhere),
      await frozen("shop", "prod", everywhere),
      await frozen("billing", "prod", one_),
      await frozen("billing", "dev", one_),
      await frozen("shop", "prod", one_),
    ],
    [403, 200, 403, 200, 403, 403],
  );
});

test("a webhook makes those deliveries look that are in its repository", fullDepth(), async (t) => {
  const [shop, billing, local] = [one(t, "shop"), one(t, "billing"), one(t, "local")];
  // Nobody listens there: who looks is told all the same.
  shop.git("remote", "add", "origin", "http://127.0.0.1:9/acme/shop.git");
  billing.git("remote", "add", "origin", "http://127.0.0.1:9/acme/billing.git");
  const more = ", deliver: [main]";
  const here = place(t, { shop: { box: shop, more }, billing: { box: billing, more }, local: { box: local, more } });
  await using server = await serving(here, ...several, "--webhook-secret-file", "secret");
  const told = async (repository: string | undefined, branch = "main", key = secret) => {
    const body = JSON.stringify({
      ref: `refs/heads/${branch}`,
      ...(repository !== undefined && { repository: { full_name: repository } }),
    });
    const signature = createHmac("sha256", key).update(body).digest("hex");
    const answer = await raw(server.url, {
      method: "POST",
      path: "/hooks/github",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-hub-signature-256": `sha256=${signature}`,
      },
      body,
    });
    return answer.status === 200 ? (JSON.parse(answer.text) as { deliveries?: string[] }).deliveries : answer.status;
  };
  // Where the pushes of one come from is not known, so it looks.
  assert.deepEqual(await told("acme/shop"), ["shop", "local"]);
  assert.deepEqual(await told("ACME/Billing"), ["billing", "local"]);
  assert.deepEqual(await told(undefined), ["shop", "billing", "local"]);
  assert.deepEqual(await told("acme/shop", "other"), undefined);
  assert.deepEqual(await told("acme/shop", "main", "another secret, as long"), 401);
});

test("what cannot be served together is refused before anything is opened", async (t) => {
  const shop = one(t, "shop");
  const here = place(t, { shop: { box: shop }, again: { box: shop } });
  const said = async (...options: string[]) => {
    const { code, stderr } = await here.baton("serve", "--port", "0", ...several, ...options);
    assert.equal(code, 2, stderr);
    return stderr;
  };
  assert.match(await said(), /shop and again are one and the same/);
  assert.match(await said("--deliver", "main"), /--deliver is for one delivery/);
  assert.match(await said("--secrets-file", "secret"), /--secrets-file is for one delivery/);
  const folder = JSON.stringify(shop.root);
  for (const [settings, what] of [
    ["folder: nowhere", /billing: .*nowhere/],
    [`folder: ${folder}, config: nothing.yaml`, /billing: .*nothing\.yaml/],
    [`folder: ${folder}, drift: soon`, /billing: .*soon/],
  ] as const) {
    here.write({ "deliveries.yaml": `deliveries:\n  billing: { ${settings} }\n` });
    const words = await said();
    assert.match(words, what);
    assert.match(words, /next: look at billing in deliveries\.yaml/);
  }
  here.write({ "deliveries.yaml": "deliveries:\n  Shop: { folder: . }\n" });
  assert.match(await said(), /deliveries\.Shop/);
  here.write({ "deliveries.yaml": "deliveries: {}\n" });
  assert.match(await said(), /there is none/);
});

test("how many runs go on at a time is counted over all deliveries", () => {
  const room = new Room();
  const [here, there] = [
    { size: 0, active: 0 },
    { size: 0, active: 0 },
  ];
  room.add(here);
  room.add(there);
  Object.assign(here, { size: 30, active: 30 });
  Object.assign(there, { size: 19, active: 19 });
  assert.ok(!room.isFull);
  Object.assign(there, { size: 20, active: 20 });
  assert.ok(room.isFull);
  Object.assign(there, { size: 400, active: 19 });
  assert.ok(!room.isFull, "what waits takes little");
  Object.assign(there, { size: 470, active: 0 });
  assert.ok(room.isFull);
});

test("the file that the page shows can be read", () => {
  const page = readFileSync(new URL("../../docs/host.md", import.meta.url), "utf8");
  const [, shown] = /^## Several deliveries$[\s\S]*?```yaml\n([\s\S]*?)```/m.exec(page)!;
  const read = readDeliveriesFile(parse(shown!));
  assert.ok("file" in read, JSON.stringify(read));
  assert.deepEqual([...read.file.deliveries.keys()], ["shop", "billing"]);
  assert.equal(read.file.deliveries.get("shop")!.secretsFile, "shop.env");
  const [, command] = /^baton (token create .* --deliveries .*)$/m.exec(page)!;
  const roles = [...command!.matchAll(/--role '?([^ ']+)/g)].map(([, role]) => readGrant(role!));
  assert.deepEqual(roles, [
    { role: "viewer", environments: ["shop/*"] },
    { role: "operator", environments: ["shop/dev"] },
  ]);
  assert.deepEqual(grantsWithin("shop", roles as Grant[]), [
    { role: "viewer" },
    { role: "operator", environments: ["dev"] },
  ]);
  for (const other of ["billing", undefined]) assert.deepEqual(grantsWithin(other, roles as Grant[]), []);
});

/** Who may do what: every role on every route of the list, tokens and sessions as they are made, used up and taken away. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { AccessStore } from "../../src/server/access/access-store.ts";
import { grantText, isGranted, readGrant } from "../../src/server/access/grants.ts";
import { Rate } from "../../src/server/access/rate.ts";
import { type Route, routes } from "../../src/server/wire/routes.ts";
import { type Sandbox, sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { type Raw, raw, serving } from "./serving.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: {} }
pipelines:
  web:
    jobs: { deploy: { deploys: true, steps: [echo $BATON_ENVIRONMENT] } }
`;

const files = { "baton.yaml": definition, ".gitignore": ".baton\n" };
const json = { "content-type": "application/json" };

async function token(box: Sandbox, ...options: string[]): Promise<string> {
  const { code, stdout, stderr } = await box.baton("token", "create", ...options);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** As the route asks for it; what it names is there or not: who may not, is told only that. */
function asking({ method, path, body }: Route): Raw {
  const filled = path.replace("{run}", "r0001").replace("{job}", "web.deploy@dev").replace("{environment}", "prod");
  const known = body === undefined ? [] : Object.keys(body.shape);
  const sent: Record<string, unknown> = {
    plan: "x",
    ...(known.includes("kind") ? { kind: "promotion", to: "prod" } : { env: "dev" }),
    mode: "graceful",
    answer: "rejected",
    branch: "main",
    until: Date.now() + 3_600_000,
    reason: "looks around",
    token: "wrong",
  };
  const given = Object.fromEntries(Object.entries(sent).filter(([name]) => known.includes(name)));
  return {
    method: method.toUpperCase(),
    path: filled,
    headers: method === "get" ? {} : json,
    ...(method !== "get" && { body: JSON.stringify(given) }),
  };
}

test(
  "every role on every route: who has not the role of the route is refused, and who has it is not",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files });
    assert.equal((await box.baton("run", "--to", "prod")).code, 0);
    const holders = {
      nobody: undefined,
      stranger: `baton_${"A".repeat(43)}`,
      viewer: await token(box, "vera", "--role", "viewer"),
      operator: await token(box, "otto", "--role", "operator"),
      approver: await token(box, "anna", "--role", "approver"),
    };
    await using server = await serving(box);
    const refused: string[] = [];
    for (const [name, route] of Object.entries(routes as Record<string, Route>)) {
      for (const [who, held] of Object.entries(holders)) {
        const request = asking(route);
        const headers = { ...request.headers, ...(held !== undefined && bearer(held)), connection: "close" };
        const { status, text } = await raw(server.url, { ...request, headers, until: "headers" });
        const what = `${who} on ${name}: ${status} ${text}`;
        // Guessing is slowed down: see below.
        const isUnknown = status === 401 || status === 429;
        if (name === "signIn" || (who === "stranger" && !name.startsWith("oidc")))
          assert.ok(isUnknown || name === "signOut", what);
        else if (route.role === "signed") assert.ok(isUnknown, `no token signs: ${what}`);
        else if (name.startsWith("oidc")) assert.equal(status, 404, `without a provider: ${what}`);
        else if (route.role === "anybody") assert.equal(status, 200, what);
        else if (who === "nobody") assert.equal(status, 401, what);
        else if (route.role === "viewer" || route.role === who) assert.ok(![401, 403, 429].includes(status), what);
        else {
          assert.equal(status, 403, what);
          refused.push(`${who} ${name}`);
        }
      }
    }
    assert.ok(refused.length >= 10, refused.join());
    for (const path of ["/healthz", "/readyz", "/", "/openapi.json"])
      assert.equal((await server.get(path)).status, 200);
  },
);

test(
  "only whom the definition names answers, by name or group; a file of tokens of before is brought up to date",
  fullDepth(),
  async (t) => {
    const asks = definition.replace("approval: {}", "approval: { reviewers: [release-managers, kim] }");
    const box = sandbox(t, { files: { ...files, "baton.yaml": asks } });
    assert.equal((await box.baton("run", "--to", "prod")).code, 0);
    const database = join(box.root, ".baton", "server", "access.db");
    mkdirSync(join(database, ".."));
    const before = new DatabaseSync(database);
    const columns = "id text primary key, hash text not null unique, name text not null, grants text not null";
    const times = "created_at integer not null, expires_at integer not null, revoked_at integer, used_at integer";
    before.exec(`create table token (${columns}, ${times}) strict; pragma user_version = 1`);
    const earlier = `baton_${"E".repeat(43)}`;
    before
      .prepare("insert into token values ('e', ?, 'eve', 'approver', 1, ?, null, null)")
      .run(createHash("sha256").update(earlier).digest("hex"), Date.now() + 3_600_000);
    before.close();
    const anna = await token(box, "anna", "--role", "approver:prod", "--group", "developers");
    const mia = await token(box, "mia", "--role", "operator", "--group", "release-managers");
    const rita = await token(box, "rita", "--role", "approver:prod", "--group", "release-managers");
    await using server = await serving(box);
    const answer = async (held: string, said = "approved") => {
      const sent = { method: "POST", path: "/api/approvals/1/prod", headers: { ...json, ...bearer(held) } };
      const { status, text } = await raw(server.url, { ...sent, body: JSON.stringify({ answer: said }) });
      return [status, (JSON.parse(text) as { code?: string }).code];
    };
    for (const held of [anna, earlier])
      for (const said of ["approved", "rejected"]) assert.deepEqual(await answer(held, said), [403, "no-reviewer"]);
    assert.deepEqual(await answer(mia), [403, "not-allowed"], "a reviewer needs the role as well");
    assert.deepEqual(await answer(rita), [200, undefined]);
    const { stdout } = await box.baton("token", "list");
    assert.match(stdout, /rita, release-managers/);
  },
);

test("a role for some environments counts in them alone", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  const dev = await token(box, "dora", "--role", "operator:dev", "--role", "approver:dev,test");
  const all = await token(box, "otto", "--role", "operator", "--role", "approver:prod");
  await using server = await serving(box);
  const post = async (path: string, body: unknown, held: string) => {
    const headers = { ...json, ...bearer(held) };
    const answer = await raw(server.url, { method: "POST", path, headers, body: JSON.stringify(body) });
    return { status: answer.status, body: JSON.parse(answer.text) as Record<string, unknown> };
  };
  const planned = await post("/api/plan", { to: "prod" }, dev);
  const { plan } = planned.body;
  const beyond = await post("/api/runs", { to: "prod", plan }, dev);
  assert.deepEqual(
    [beyond.status, beyond.body.code, beyond.body.title],
    [403, "not-allowed", "dora is no operator in prod"],
  );
  const { run } = (await post("/api/runs", { to: "prod", plan }, all)).body;
  const stop = await post(`/api/runs/${run}/cancel`, { mode: "now" }, dev);
  assert.equal(stop.status, 403, "the run goes to prod as well");
  const let_in = await post(`/api/approvals/${run}/prod`, { answer: "approved" }, dev);
  assert.deepEqual([let_in.status, let_in.body.title], [403, "dora is no approver in prod"]);
  assert.equal((await post(`/api/runs/${run}/cancel`, { mode: "now" }, all)).status, 200);
});

test(
  "a token counts from when it is made until it is revoked or expires, and so do the sessions begun with it",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files });
    await using server = await serving(box);
    assert.equal((await server.get("/api/status")).status, 200, "without tokens, whoever reaches it on this machine");
    const held = await token(box, "vera", "--role", "viewer");
    assert.equal((await server.get("/api/status")).status, 401, "from the first token on, everybody signs in");
    assert.equal((await server.get("/api/status", bearer(held))).status, 200);

    const signIn = (value: string, headers: Record<string, string> = {}) =>
      fetch(`${server.url}/api/session`, {
        method: "POST",
        headers: { ...json, ...headers },
        body: JSON.stringify({ token: value }),
      });
    const fixed = "baton=chosen-by-somebody-else";
    const begun = await signIn(held, { cookie: fixed });
    const set = begun.headers.get("set-cookie")!;
    assert.match(set, /^baton=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    const cookie = set.split(";")[0]!;
    assert.notEqual(cookie, fixed);
    assert.equal((await server.get("/api/status", { cookie: fixed })).status, 401);
    assert.equal((await server.get("/api/status", { cookie })).status, 200);
    const who = (await (await server.get("/api/session", { cookie })).json()) as Record<string, unknown>;
    assert.deepEqual([who.name, who.isRequired], ["vera", true]);

    const second = (await signIn(held)).headers.get("set-cookie")!.split(";")[0]!;
    assert.notEqual(second, cookie);
    await fetch(`${server.url}/api/session/end`, { method: "POST", headers: { ...json, cookie }, body: "{}" });
    assert.equal((await server.get("/api/status", { cookie })).status, 401, "signed out");
    assert.equal((await server.get("/api/status", { cookie: second })).status, 200, "the other one is not");

    const { tokens } = await box.json<{ tokens: { id: string; name: string }[] }>("token", "list");
    assert.equal((await box.baton("token", "revoke", tokens[0]!.id)).code, 0);
    assert.equal((await server.get("/api/status", bearer(held))).status, 401);
    assert.equal((await server.get("/api/status", { cookie: second })).status, 401);
    assert.equal((await server.get("/api/status")).status, 401, "a server whose tokens are all gone is not open again");
    assert.equal((await box.baton("token", "revoke", tokens[0]!.id)).code, 1);
  },
);

test(
  "behind a proxy everybody signs in, under its name, and a cookie goes no other way than by https",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files });
    const open = await box.baton("serve", "--port", "0", "--public-url", "https://baton.example.com");
    assert.deepEqual([open.code, open.stdout], [2, ""]);
    assert.match(open.stderr, /nobody can sign in yet\n {2}next: baton token create/);
    const none = await box.baton("serve", "--port", "0", "--public-url", "https://baton.example.com/deep");
    assert.equal(none.code, 2);
    const nowhere = await box.baton("serve", "--port", "0", "--trusted-proxy", "proxy.example.com");
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /--trusted-proxy proxy\.example\.com is no address and no network\n {2}next: /);
    const held = await token(box, "vera", "--role", "viewer");
    await using server = await serving(box, "--public-url", "https://baton.example.com");
    const headers = {
      ...json,
      host: "baton.example.com",
      origin: "https://baton.example.com",
      "x-forwarded-for": "6.6.6.6, 203.0.113.9",
    };
    const signedIn = await raw(server.url, {
      method: "POST",
      path: "/api/session",
      headers,
      body: JSON.stringify({ token: held }),
    });
    const [cookie] = signedIn.headers["set-cookie"]!;
    assert.match(cookie!, /^__Host-baton=.*; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/);
    const asked = async (more: Record<string, string>) => {
      const { status } = await raw(server.url, { path: "/api/status", headers: { ...headers, ...more } });
      return status;
    };
    assert.equal(await asked({ cookie: cookie!.split(";")[0]! }), 200);
    assert.equal(await asked({}), 401);
    assert.equal(await asked({ ...bearer(held), origin: "http://baton.example.com" }), 403, "not by https");
    assert.equal(await asked({ ...bearer(held), host: "www.baton.example.com" }), 421);
    const deed = await raw(server.url, {
      method: "POST",
      path: "/api/runs",
      headers: { ...headers, ...bearer(held) },
      body: JSON.stringify({ env: "dev", plan: "x" }),
    });
    assert.equal(deed.status, 403);
    const log = box.read(".baton/server/access.jsonl").trim().split("\n");
    const noted = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      noted.map(({ asked, by, code, from }) => [asked, by, code, from]),
      [
        ["signIn", "vera", undefined, "203.0.113.9"],
        ["start", "vera", "not-allowed", "203.0.113.9"],
      ],
      "from where the proxy says",
    );
  },
);

test("guessing tokens is slowed down, and shuts nobody out who has one", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  const held = await token(box, "vera", "--role", "viewer");
  await using server = await serving(box);
  const statuses: number[] = [];
  for (let guess = 0; guess < 30; guess++) {
    const answer = await server.get("/api/status", bearer(`baton_${String(guess).padStart(43, "x")}`));
    statuses.push(answer.status);
    if (answer.status === 429) assert.ok(Number(answer.headers.get("retry-after")) > 0);
  }
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
  assert.equal((await server.get("/api/status", bearer(held))).status, 200);
  for (const wrong of ["Bearer", "Bearer  ", "Basic YTpi", `Bearer ${"x".repeat(5000)}`, "Bearer baton_' or 1=1 --"]) {
    const { status } = await raw(server.url, { path: "/api/status", headers: { authorization: wrong } });
    assert.ok(status === 401 || status === 429, wrong);
  }
});

test("what is kept of a token opens nothing: no file has it, and nobody else may read them", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  const held = await token(box, "vera", "--role", "viewer", "--expires", "1h");
  const folder = join(box.root, ".baton/server");
  assert.equal(statSync(folder).mode & 0o077, 0);
  for (const file of readdirSync(folder)) {
    const content = readFileSync(join(folder, file));
    assert.ok(!content.includes(held) && !content.includes(held.slice("baton_".length)), file);
  }
  const listed = await box.baton("token", "list");
  assert.ok(!listed.stdout.includes(held));
  const access = new AccessStore(join(box.root, ".baton"));
  const now = Date.now();
  assert.equal(access.holder(held, now)?.name, "vera");
  assert.equal(access.holder(held, now + 3_600_000), undefined, "expired");
  const secret = access.beginSession(access.list()[0]!.id, { now, expiresAt: now + 1000 });
  assert.equal(access.ofSession(secret, now)?.name, "vera");
  assert.equal(access.ofSession(secret, now + 1000), undefined);
  access.close();
  for (const [args, said] of [
    [["create"], /whose is this one/],
    [["create", "vera"], /without a role/],
    [["create", "vera", "--role", "admin"], /--role admin is not a role/],
    [["create", "vera", "--role", "viewer:dev"], /is not a role/],
    [["create", "<b>", "--role", "viewer"], /is not a name/],
    [["create", "vera", "--role", "viewer", "--expires", "soon"], /--expires soon/],
    [["forget"], /there is list, create and revoke/],
  ] as const) {
    const { code, stderr, stdout } = await box.baton("token", ...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, said);
    assert.match(stderr, /next: /);
  }
});

test("grants are read as they are written, and nothing is granted that does not stand there", () => {
  for (const text of ["viewer", "operator", "approver:prod", "operator:dev,test"]) {
    assert.equal(grantText(readGrant(text)!), text);
  }
  for (const text of ["", "admin", "viewer:dev", "operator:", "operator:dev,", "operator:dev:prod", "Operator"]) {
    assert.equal(readGrant(text), undefined, text);
  }
  const grants = [readGrant("operator:dev")!, readGrant("approver:test")!];
  assert.ok(isGranted(grants, "viewer") && isGranted(grants, "operator", ["dev"]) && isGranted(grants, "operator"));
  assert.ok(!isGranted(grants, "operator", ["dev", "test"]) && !isGranted(grants, "approver", ["dev"]));
  assert.ok(!isGranted([], "viewer") && !isGranted([readGrant("viewer")!], "operator"));
  assert.ok(!isGranted([readGrant("operator")!], "approver", ["dev"]));
});

test("a limit counts by who asks, in windows, and forgets the oldest when ever new names come", () => {
  const rate = new Rate(2);
  assert.deepEqual([rate.take("a", 0), rate.take("a", 1), rate.take("a", 2), rate.take("b", 2)], [0, 0, 59_998, 0]);
  assert.equal(rate.take("a", 60_000), 0);
  for (let i = 0; i < 20_000; i++) rate.take(`x${i}`, 60_001);
  assert.equal(rate.take("a", 60_002), 0);
});

test("a store of which an older Baton says that it is of its version opens all the same", (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const now = Date.now();
  const first = new AccessStore(root);
  first.create({ name: "eve", grants: [], groups: ["ops"], now, expiresAt: now + 1000 });
  first.close();
  const older = new DatabaseSync(join(root, "server", "access.db"));
  older.exec("pragma user_version = 1");
  older.close();
  const again = new AccessStore(root);
  assert.ok(again.hasTokens);
  again.close();
});

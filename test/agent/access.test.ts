/** An agent can do nothing but its own attempts, and nobody else can do what agents do. Walks over both lists of routes. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Connection } from "../../src/agent/connection.ts";
import { AccessStore } from "../../src/server/access/access-store.ts";
import { grantText, labelsWithin, readGrant } from "../../src/server/access/grants.ts";
import {
  type AgentRoute,
  type AgentRouteName,
  agentRoutes,
  mostTools,
  type PollAnswer,
  protocolHeader,
  protocolVersion,
} from "../../src/server/wire/agents.ts";
import { type Route, routes } from "../../src/server/wire/routes.ts";
import { type Sandbox, sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "../server/serving.ts";

const definition = `name: shop
environments: { dev: { branch: main } }
pipelines:
  web:
    jobs:
      build: { runsOn: [linux], env: { PASSWORD: { secret: PASSWORD } }, artifacts: { dist: dist }, steps: ["mkdir dist; echo $PASSWORD"] }
`;

const digest = `sha256:${"0".repeat(64)}`;
const filled = (path: string, token: string) =>
  path
    .replace("{token}", token)
    .replace("{digest}", digest)
    .replace("{kind}", "files")
    .replace("{name}", digest)
    .replace("{run}", "r0001")
    .replace("{job}", "web.build@dev")
    .replace("{environment}", "dev")
    .replace("{release}", "newest");

/** What each address of agents takes. */
const bodies: Record<AgentRouteName, unknown> = {
  register: {},
  poll: { name: "x", labels: ["linux"], slots: 1, free: 1, holds: [], tools: {}, waitMs: 0 },
  log: { from: 0, sentAt: 0, lines: [{ step: 0, at: 0, text: "forged" }] },
  ended: { durationMs: 1, result: { kind: "succeeded", outputs: {}, artifacts: {} } },
  source: { has: [] },
  listing: undefined,
  content: undefined,
  offer: { listing: "baton artifact 1\n" },
  piece: Buffer.from("forged"),
  keep: {},
};

async function made(box: Sandbox, ...options: string[]): Promise<string> {
  const { code, stdout, stderr } = await box.baton("token", "create", ...options);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

function place(t: Parameters<typeof sandbox>[0]): Sandbox {
  const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n" } });
  box.env.PASSWORD = "hunter22222";
  return box;
}

test("an agent can do nothing but its own attempts, and nobody but an agent what agents do", fullDepth(), async (t) => {
  const box = place(t);
  const operator = await made(box, "ada", "--role", "operator", "--role", "approver");
  const [once, other] = [
    await made(box, "build-1", "--role", "agent"),
    await made(box, "build-2", "--role", "agent:macos"),
  ];
  await using server = await serving(box, "--agents");
  const { url } = server;
  const mine = new Connection({ url, agent: "start-of-1" });
  const theirs = new Connection({ url, agent: "start-of-2" });
  const { credential, name } = await mine.register(once);
  assert.equal(name, "build-1");
  await assert.rejects(new Connection({ url, agent: "start-of-3" }).register(once), /does not count|used before/);
  await theirs.register(other);
  const unused = await made(box, "build-3", "--role", "agent");
  const sign = (token: string) => ({ authorization: `Bearer ${token}`, "content-type": "application/json" });
  const run = async () => {
    const body = async (path: string, given: object) => {
      const answer = await fetch(url + path, { method: "POST", headers: sign(operator), body: JSON.stringify(given) });
      return (await answer.json()) as { plan: string };
    };
    await body("/api/runs", { plan: (await body("/api/plan", {})).plan });
  };
  await run();
  const poll = bodies.poll as object;
  let claims: PollAnswer["claims"] = [];
  const bound = { ...poll, name: "build-1", labels: ["linux", "macos"], waitMs: 0 };
  assert.deepEqual((await theirs.ask("poll", { body: bound })).claims, [], "its token binds its labels");
  await until("it is claimed", async () => {
    ({ claims } = await mine.ask("poll", { body: { ...poll, name: "build-1", waitMs: 1000 } }));
    return claims.length > 0;
  });
  assert.deepEqual(claims[0]!.secrets, { PASSWORD: "hunter22222" });
  const token = String(claims[0]!.launch.token);

  // No address of people's and programs' is an agent's.
  for (const [routeName, route] of Object.entries(routes as Record<string, Route>)) {
    if (route.role === "anybody" || route.role === "signed") continue;
    for (const given of [credential, unused]) {
      const answer = await fetch(url + filled(route.path, token), {
        method: route.method.toUpperCase(),
        headers: sign(given),
        ...(route.method === "post" && { body: "{}" }),
      });
      assert.ok([401, 403].includes(answer.status), `${routeName}: ${answer.status}`);
      await answer.body?.cancel();
    }
  }
  const signIn = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: credential }),
  });
  assert.equal(signIn.status, 403, "an agent signs in to no page");

  // No address of agents' is anybody else's, and of an attempt it is only its holder's.
  for (const [routeName, { method, path }] of Object.entries(agentRoutes as Record<string, AgentRoute>)) {
    const ask = async (by: string | undefined, agent: string, protocol: number | undefined = protocolVersion) => {
      const body = bodies[routeName as AgentRouteName];
      const answer = await fetch(`${url + filled(path, token)}${routeName === "piece" ? "?at=0" : ""}`, {
        method: method.toUpperCase(),
        headers: {
          ...(by !== undefined && { authorization: `Bearer ${by}` }),
          "baton-agent": agent,
          ...(protocol >= 0 && { [protocolHeader]: String(protocol) }),
        },
        ...(body !== undefined && { body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text(), speaks: answer.headers.get(protocolHeader) };
    };
    assert.equal((await ask(undefined, "start-of-1")).status, 401, routeName);
    assert.equal((await ask(operator, "start-of-1")).status, 403, routeName);
    assert.equal((await ask(once, "start-of-1")).status, 401, `${routeName} with a used token`);
    for (const spoken of [-1, protocolVersion + 1]) {
      const { status, text, speaks } = await ask(credential, "start-of-1", spoken);
      assert.equal(status, 426, `${routeName} in protocol ${spoken}`);
      assert.match(text, /up to date: one and the next version work together/);
      assert.equal(speaks, String(protocolVersion));
    }
    if (!path.includes("{token}")) continue;
    // Another agent, an earlier start of this one with another's credential, another start of this one.
    const asTheirs = await theirs.ask("poll", { body: poll });
    assert.deepEqual(asTheirs.claims, []);
    const { status, text } = await ask(credential, "start-of-9");
    if (routeName === "ended") assert.deepEqual([status, JSON.parse(text)], [200, { taken: false }]);
    else assert.equal(status, 404, routeName);
  }
  const stolen = theirs.ask("ended", { params: { token }, body: bodies.ended, agent: "start-of-1" });
  assert.deepEqual(await stolen, { taken: false });

  // Nor does it fill the disk: what it would bring is counted before any of it comes.
  const large = `sha256:${"a".repeat(64)}`;
  await assert.rejects(
    mine.ask("offer", {
      params: { token },
      body: { listing: `baton artifact 1\n["directory",""]\n["file","a",false,${17 * 1024 ** 3},"${large}"]\n` },
    }),
    {
      status: 413,
      code: "too-much-brought",
      message: /would bring 18253611008 bytes .* an attempt may bring 17179869184/,
    },
  );

  // Of its own attempt it offers as many artifacts as the job makes, however often it offers one.
  const listingOf = (name: string) => ({ listing: `baton artifact 1\n["directory",""]\n["directory","${name}"]\n` });
  for (const name of ["a", "a"]) await mine.ask("offer", { params: { token }, body: listingOf(name) });
  await assert.rejects(mine.ask("offer", { params: { token }, body: listingOf("b") }), {
    status: 409,
    message: "its job makes 1 artifact, and as many were offered already",
  });
  const tools = Object.fromEntries(Array.from({ length: mostTools + 1 }, (_, n) => [`tool-${n}`, null]));
  await assert.rejects(mine.ask("poll", { body: { ...poll, tools } }), { status: 400 });

  // Its own attempt it may end, though not with what it never brought, nor with other secrets in the clear.
  assert.deepEqual(await mine.ask("log", { params: { token }, body: bodies.log }), { has: 1 });
  const forged = {
    durationMs: 1,
    result: { kind: "succeeded", outputs: {}, artifacts: { dist: { digest, sizeBytes: 1 } } },
  };
  assert.deepEqual(await mine.ask("ended", { params: { token }, body: forged }), { taken: true });
  await until("it has failed", async () => {
    const seen = await box.json<{ runs: { conclusion: string }[] }>("status");
    return seen.runs[0]?.conclusion === "failed";
  });
  const journal = await (await fetch(`${url}/api/runs/newest`, { headers: sign(operator) })).text();
  assert.match(journal, /the agent has not brought artifact 'dist' here/);

  // What is revoked counts no more, from the next question on.
  const listed = await box.json<{ tokens: { id: string; name: string; revokedAt?: number }[] }>("token", "list");
  const { id } = listed.tokens.find((one) => one.name === "build-1" && one.revokedAt === undefined)!;
  assert.equal((await box.baton("token", "revoke", id)).code, 0);
  await assert.rejects(mine.ask("poll", { body: poll }), { name: "TurnedAway", status: 401 });
});

test("where nobody signs in, nobody registers, and an attempt is its holder's all the same", fullDepth(), async (t) => {
  const box = place(t);
  await using server = await serving(box, "--agents");
  const connection = new Connection({ url: server.url, agent: "start-of-1" });
  for (const [name, { path }] of Object.entries(agentRoutes) as [AgentRouteName, AgentRoute][]) {
    const params = { token: "t1", digest, kind: "files", name: digest };
    const asked = connection.ask(name, { params, query: { at: 0 }, body: bodies[name] });
    if (name === "poll") assert.deepEqual(((await asked) as PollAnswer).claims, []);
    else if (name === "ended") assert.deepEqual(await asked, { taken: false });
    else {
      const isOfAttempt = path.includes("{token}");
      const message = isOfAttempt ? "This agent does not run that attempt" : "Nobody needs to register here";
      await assert.rejects(asked, { name: "TurnedAway", status: isOfAttempt ? 404 : 403, message }, name);
    }
  }
});

test("a server without --agents says so, and a token for an agent is for nothing else", fullDepth(), async (t) => {
  const box = place(t);
  await using server = await serving(box);
  const connection = new Connection({ url: server.url, agent: "start-of-1" });
  await assert.rejects(connection.ask("poll", { body: bodies.poll }), {
    name: "TurnedAway",
    message: "This server hands no jobs out",
    next: "Start it with --agents",
  });
  const mixed = await box.baton("token", "create", "x", "--role", "agent", "--role", "viewer");
  assert.deepEqual([mixed.code, /stands alone/.test(mixed.stderr)], [2, true]);
  const forged = await box.baton("token", "create", "x", "--role", "registered-agent");
  assert.equal(forged.code, 2);
});

test("a token binds the labels of its agent", () => {
  const grant = readGrant("registered-agent:linux,group:big")!;
  assert.equal(grantText(grant), "registered-agent:linux,group:big");
  assert.deepEqual(labelsWithin([grant], ["LINUX", "macos", "group:big"]), ["LINUX", "group:big"]);
  assert.deepEqual(labelsWithin([readGrant("registered-agent")!], ["macos"]), ["macos"]);
  for (const text of ["agent:", "agent:a,,b", "agent:a b", "operator:a:b", "viewer:a"])
    assert.equal(readGrant(text), undefined, text);
});

test("what an agent has counts for a time, and for longer while it is used", () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-access-"));
  const access = new AccessStore(folder);
  const { token, id } = access.create({
    name: "a",
    grants: [{ role: "registered-agent" }],
    groups: [],
    now: 0,
    expiresAt: 1000,
  });
  access.extend(id, 500);
  assert.equal(access.holder(token, 999)?.name, "a");
  access.extend(id, 5000);
  assert.equal(access.holder(token, 4999)?.name, "a");
  assert.equal(access.holder(token, 5000), undefined);
  access.close();
  rmSync(folder, { recursive: true });
});

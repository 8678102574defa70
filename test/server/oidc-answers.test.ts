/** A provider that lies, and one whose clock is wrong: what of its answers is believed. In one process, so that time can be set. */

import assert from "node:assert/strict";
import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { AccessStore } from "../../src/server/access/access-store.ts";
import { OpenIdConnect, pageAt } from "../../src/server/access/oidc.ts";
import { grantsOf, type OidcSettings, readOidcSettings } from "../../src/server/access/oidc-settings.ts";
import { SignIn } from "../../src/server/access/sign-in.ts";
import { Turned } from "../../src/server/problem.ts";

const origin = "http://127.0.0.1:8787";
const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(claims: object, key: KeyObject | undefined): string {
  const text = `${encoded({ alg: key === undefined ? "none" : "RS256", kid: "1" })}.${encoded(claims)}`;
  return `${text}.${key === undefined ? "" : createSign("sha256").update(text).sign(key, "base64url")}`;
}

interface Answers {
  /** What the ID token says, beside what it must. */
  claims(nonce: string, now: number): object;
  key?: KeyObject | undefined;
  status?: number;
  /** It says that the answer comes from this issuer. */
  iss?: string;
}

const honest: Answers = { claims: (nonce) => ({ nonce }), key: own.privateKey };

/** A provider that answers as the test says. */
async function provider() {
  const asked = { answers: honest, nonce: "", sent: new URLSearchParams(), discoveries: 0, isDown: false };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const json = (status: number, value: object) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (request.url === "/.well-known/openid-configuration") {
      asked.discoveries += 1;
      if (asked.isDown) return json(503, {});
      return json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        id_token_signing_alg_values_supported: ["RS256"],
        authorization_response_iss_parameter_supported: true,
      });
    }
    if (request.url === "/jwks") {
      return json(200, { keys: [{ ...own.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] });
    }
    asked.sent = new URLSearchParams(body);
    const { answers, nonce } = asked;
    if (answers.status !== undefined) return json(answers.status, { error: "server_error" });
    const now = Math.floor(Date.now() / 1000);
    const said = { iss: issuer, aud: "baton", sub: "1", iat: now, exp: now + 300, name: "kim", groups: ["a"] };
    json(200, {
      access_token: "x",
      token_type: "Bearer",
      id_token: signed({ ...said, ...answers.claims(nonce, now) }, answers.key),
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const settingsOf = (issuer: string): OidcSettings => ({
  issuer: new URL(issuer),
  client: "baton",
  name: "name",
  groups: "groups",
  grants: new Map(),
});

test("of what a provider answers only what is signed, meant for us, of this sign-in and of now is believed", async (t) => {
  await using lying = await provider();
  const reports: string[] = [];
  const oidc = new OpenIdConnect({
    settings: settingsOf(lying.issuer),
    isSecure: false,
    report: (error) => reports.push(String(error)),
  });
  async function signIn(answers: Answers, laterMs = 0) {
    lying.asked.answers = answers;
    const { location, cookie } = await oidc.begin(origin, "/");
    const { searchParams } = new URL(location);
    lying.asked.nonce = searchParams.get("nonce")!;
    assert.equal(searchParams.get("code_challenge_method"), "S256");
    assert.equal(searchParams.get("scope"), "openid profile email");
    const back = new URL(`${origin}/api/session/oidc/callback`);
    back.search = `${new URLSearchParams({ code: "c", state: searchParams.get("state")!, iss: answers.iss ?? lying.issuer })}`;
    const now = Date.now() + laterMs;
    const clock = laterMs === 0 ? undefined : t.mock.method(Date, "now", () => now);
    try {
      const headers = { cookie: `other=1; ${cookie.split(";")[0]}` };
      return (await oidc.finish(origin, new Request(back, { headers }))).person;
    } catch (error) {
      assert.ok(error instanceof Turned, String(error));
      return error.refusal.code;
    } finally {
      clock?.mock.restore();
    }
  }

  const { issuer } = lying;
  assert.deepEqual(await signIn(honest), { issuer: `${issuer}/`, subject: "1", name: "kim", groups: ["a"] });
  assert.equal(lying.asked.sent.get("code_verifier")?.length, 43);
  assert.equal(lying.asked.sent.get("redirect_uri"), `${origin}/api/session/oidc/callback`);

  const of = (claims: Answers["claims"], more: Partial<Answers> = {}): Answers => ({ ...honest, claims, ...more });
  const clocks = await signIn(of((nonce, now) => ({ nonce, iat: now - 310, exp: now - 20 })));
  assert.ok(typeof clocks !== "string", "a clock that is 20 s behind");
  const refused: [string, Answers][] = [
    ["of another sign-in", of(() => ({ nonce: "another" }))],
    ["of none", of(() => ({}))],
    ["for another client", of((nonce) => ({ nonce, aud: "other" }))],
    ["of another issuer", of((nonce) => ({ nonce, iss: "https://evil.example" }))],
    ["mixed up with another", of((nonce) => ({ nonce }), { iss: "https://evil.example" })],
    ["expired", of((nonce, now) => ({ nonce, iat: now - 3600, exp: now - 60 }))],
    ["not yet", of((nonce, now) => ({ nonce, nbf: now + 3600 }))],
    ["signed by somebody else", of((nonce) => ({ nonce }), { key: foreign.privateKey })],
    ["not signed", of((nonce) => ({ nonce }), { key: undefined })],
    ["a name that is none", of((nonce) => ({ nonce, name: ["kim"] }))],
    ["a name with a line in it", of((nonce) => ({ nonce, name: "kim\nroot" }))],
    ["more groups than can be said", of((nonce) => ({ nonce, groups: undefined, _claim_names: { groups: "s" } }))],
  ];
  for (const [what, answers] of refused) assert.equal(await signIn(answers), "provider-refused", what);
  assert.equal(await signIn({ ...honest, status: 503 }), "provider-unreachable");
  assert.ok(typeof (await signIn(honest, 590_000)) !== "string", "after ten minutes but a little");
  assert.equal(await signIn(honest, 601_000), "not-begun");
  assert.ok(reports.length > 5 && reports.every((said) => !said.includes("eyJ")), "no token is printed");
});

test("whoever asks meanwhile, the provider is asked once, rests after a failure, and what it said is kept", async (t) => {
  await using one = await provider();
  const reports: string[] = [];
  const settings = settingsOf(one.issuer);
  const oidc = new OpenIdConnect({ settings, isSecure: false, report: (error) => reports.push(String(error)) });
  let now = Date.now();
  t.mock.method(Date, "now", () => now);
  const all = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        oidc.begin(origin, "/").then(
          () => "begun",
          (error) => (error as Turned).refusal.code,
        ),
      ),
    );
  one.asked.isDown = true;
  assert.deepEqual(new Set(await all(20)), new Set(["provider-unreachable"]));
  one.asked.isDown = false;
  assert.deepEqual(await all(2), ["provider-unreachable", "provider-unreachable"]);
  assert.deepEqual([one.asked.discoveries, reports.length], [1, 1]);
  now += 5_001;
  assert.deepEqual(new Set(await all(20)), new Set(["begun"]));
  assert.equal(one.asked.discoveries, 2);

  one.asked.isDown = true;
  now += 3_600_001;
  assert.deepEqual(new Set(await all(20)), new Set(["begun"]));
  await oidc.look();
  while (reports.length < 2) await new Promise(setImmediate);
  assert.match(reports[1]!, /what it said before is used to sign in with http:\S+ now: .*503/);
  assert.deepEqual(await all(20), Array(20).fill("begun"));
  assert.deepEqual([one.asked.discoveries, reports.length], [3, 2]);
});

test("of Microsoft's addresses the one of a tenant is taken, and none that answers for every tenant", async (t) => {
  const entra = "https://login.microsoftonline.com";
  const tenant = `${entra}/0b1ab7c2-55a0-4d15-8b5c-2f2f0f4a3a11/v2.0`;
  for (const [given, said, isTaken] of [
    [tenant, tenant, true],
    [`${entra}/common/v2.0`, `${entra}/{tenantid}/v2.0`, false],
    [`${entra}/organizations/v2.0`, `${entra}/{tenantid}/v2.0`, false],
    [`${entra}/%7Btenantid%7D/v2.0`, `${entra}/{tenantid}/v2.0`, false],
    [`${entra}/shop.example/v2.0`, tenant, false],
    ["https://shop.b2clogin.com/x/v2.0", "https://shop.b2clogin.com/y/v2.0", false],
  ] as const) {
    const metadata = {
      issuer: said,
      authorization_endpoint: `${entra}/a`,
      token_endpoint: `${entra}/t`,
      jwks_uri: `${entra}/j`,
    };
    const fetching = t.mock.method(globalThis, "fetch", async () => Response.json(metadata));
    const reports: string[] = [];
    const settings = settingsOf(given);
    const oidc = new OpenIdConnect({ settings, isSecure: true, report: (error) => reports.push(String(error)) });
    if (isTaken) assert.match((await oidc.begin(origin, "/")).location, /^https:\/\/login/);
    else {
      await assert.rejects(oidc.begin(origin, "/"), (error: Turned) => error.refusal.code === "provider-unreachable");
      assert.match(reports.join(), /answers for the issuer https:.* your tenant's address/, given);
    }
    fetching.mock.restore();
  }
});

test("a failed way back ends the one that this browser began, and no other", async () => {
  await using one = await provider();
  const oidc = new OpenIdConnect({ settings: settingsOf(one.issuer), isSecure: false, report: () => {} });
  const mine = await oidc.begin(origin, "/");
  const other = await oidc.begin(origin, "/");
  const comesBack = async (location: string, more: Record<string, string>) => {
    const back = new URL(`${origin}/api/session/oidc/callback`);
    const state = new URL(location).searchParams.get("state")!;
    back.search = `${new URLSearchParams({ state, iss: one.issuer, ...more })}`;
    const headers = { cookie: mine.cookie.split(";")[0]! };
    const error = await oidc.finish(origin, new Request(back, { headers })).catch((error: unknown) => error);
    assert.ok(error instanceof Turned, String(error));
    return [error.refusal.code, error.headers["set-cookie"]];
  };
  assert.deepEqual(await comesBack(other.location, { code: "c" }), ["not-begun", undefined]);
  assert.deepEqual(await comesBack(mine.location, { error: "access_denied" }), ["provider-refused", oidc.ended]);
  assert.deepEqual(await comesBack(mine.location, { code: "c" }), ["not-begun", oidc.ended]);
});

test("who fails, or begins often, shuts nobody out who is behind the same address", async (t) => {
  await using one = await provider();
  const folder = mkdtempSync(join(tmpdir(), "baton-oidc-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const settings = { ...settingsOf(one.issuer), grants: new Map([["*", [{ role: "viewer" }]]]) } as OidcSettings;
  const oidc = new OpenIdConnect({ settings, isSecure: false, report: () => {} });
  const access = new AccessStore(folder);
  const signIn = new SignIn({ access, isRequired: true, owner: "ada", isSecure: false, oidc });
  const gateway = "172.17.0.1";
  const back = `${origin}/api/session/oidc/callback`;
  const failures: string[] = [];
  for (let n = 0; n < 70; n++) {
    await signIn.beginWithProvider(origin, "/", gateway);
    const error = await signIn
      .finishWithProvider(origin, new Request(`${back}?state=x`), gateway)
      .catch((error: unknown) => error);
    assert.ok(error instanceof Turned, String(error));
    failures.push(error.refusal.code);
  }
  assert.deepEqual([failures[0], failures.at(-1)], ["not-begun", "too-many-requests"]);
  const { location, cookie } = await signIn.beginWithProvider(origin, "/", gateway);
  const { searchParams } = new URL(location);
  one.asked.nonce = searchParams.get("nonce")!;
  const url = `${back}?${new URLSearchParams({ code: "c", state: searchParams.get("state")!, iss: one.issuer })}`;
  const request = new Request(url, { headers: { cookie: cookie.split(";")[0]! } });
  assert.equal((await signIn.finishWithProvider(origin, request, gateway)).identity.name, "kim");
});

test("a page whose address is too long for a cookie is not kept", async () => {
  await using one = await provider();
  const oidc = new OpenIdConnect({ settings: settingsOf(one.issuer), isSecure: true, report: () => {} });
  for (const to of [`/${"運".repeat(499)}`, `/?a=${"運".repeat(490)}`, `/runs/${"x".repeat(490)}`]) {
    const { cookie } = await oidc.begin(origin, to);
    assert.ok(cookie.length < 1_000, `${to.slice(0, 9)}: ${cookie.length}`);
  }
  assert.equal(pageAt("/runs/運"), "/runs/%E9%81%8B");
});

test("after signing in nobody is sent anywhere but to a page of the dashboard", () => {
  for (const page of ["/", "/runs/r0001?job=a%40dev&line=3", "/map", "/?wall"]) assert.equal(pageAt(page), page);
  for (const elsewhere of [
    "",
    "runs",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/./\\evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/api/runs",
    "/api/session/oidc",
    "/hooks/github",
    `/${"x".repeat(600)}`,
  ]) {
    const to = pageAt(elsewhere);
    assert.ok(new URL(to, origin).origin === origin && !/^\/(api|hooks)/.test(to), `${elsewhere} leads to ${to}`);
    assert.ok(!to.startsWith("//"), elsewhere);
  }
});

test("groups have what the file grants them, everybody what it grants *, and nobody what it does not", () => {
  const read = readOidcSettings({
    issuer: "https://login.example.com/realms/shop",
    client: "baton",
    grants: { "*": ["viewer"], ops: ["operator", "approver:test,prod"] },
  });
  assert.ok("settings" in read);
  const { settings } = read;
  assert.deepEqual([settings.name, settings.groups], ["email", "groups"]);
  assert.deepEqual(grantsOf(settings, []), [{ role: "viewer" }]);
  assert.deepEqual(grantsOf(settings, ["ops", "Ops", "__proto__"]).length, 3);
  const good = { issuer: "https://login.example.com", client: "b", grants: { a: ["viewer"] } };
  assert.ok("settings" in readOidcSettings(good));
  for (const [wrong, said] of [
    [null, /the file/],
    [{ ...good, client: undefined }, /^client: /],
    [{ ...good, grants: { a: ["admin"] } }, /^grants.a.0: admin is not a role: use viewer, operator, approver/],
    [{ ...good, grants: { a: ["agent"] } }, /agent is not a role/],
    [{ ...good, grants: {} }, /nobody could do anything/],
    [{ ...good, secret: "abc" }, /secret/],
  ] as const) {
    const read = readOidcSettings(wrong);
    assert.ok("problem" in read);
    assert.match(read.problem, said);
  }
  for (const issuer of ["http://login.example.com", "ftp://x", "x", "https://a:b@x.example", "https://x.example/?a"])
    assert.ok("problem" in readOidcSettings({ issuer, client: "b", grants: { a: ["viewer"] } }), issuer);
});

test("the file on the page is one that is taken", () => {
  const page = readFileSync(new URL("../../docs/serve.md", import.meta.url), "utf8");
  const read = readOidcSettings(parse(/```yaml\n([\s\S]*?)```/.exec(page)![1]!));
  assert.ok("settings" in read, JSON.stringify(read));
  assert.equal(grantsOf(read.settings, ["release-managers"]).length, 3);
});

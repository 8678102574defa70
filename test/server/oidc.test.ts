/** People sign in with a real OpenID Connect provider; and what somebody who is none of them tries on the way. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditView } from "../../src/control/views/audit.ts";
import { type Sandbox, sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { Follower, people, secret, sentBack } from "./people.ts";
import { raw, type Serving, serving } from "./serving.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: { reviewers: [release-managers] } }
pipelines:
  web:
    jobs: { deploy: { deploys: true, steps: [echo $BATON_ENVIRONMENT] } }
`;

const json = { "content-type": "application/json" };

function box(t: Parameters<typeof sandbox>[0]): Sandbox {
  return sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\noidc*\n" } });
}

const granting = (issuer: string, grants: string) => `issuer: ${issuer}
client: baton
grants: ${grants}
`;

const grants = `{ release-managers: ["approver:prod"], developers: ["operator:dev"] }`;

const withProvider = ["--oidc", "oidc.yaml", "--oidc-secret-file", "oidc-secret"];

const kim = { sub: "7f3a", email: "kim@example.com", email_verified: true, groups: ["release-managers", "staff"] };
const dora = { sub: "91bc", email: "dora@example.com", email_verified: true, groups: ["developers"] };

/** Why not, as the page has it. */
async function whyNot(response: Response): Promise<{ code: string; title: string; next: string }> {
  const content = /<meta name="sign-in-problem" content="([^"]*)">/.exec(await response.text())![1]!;
  return JSON.parse(content.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&"));
}

const who = async (browser: Follower, server: Serving) =>
  (await (await browser.get(`${server.url}/api/session`)).json()) as Record<string, unknown>;

async function signedIn(server: Serving): Promise<Follower> {
  const browser = new Follower();
  assert.equal((await browser.get(await browser.wayBack(server.url), sentBack)).status, 200);
  return browser;
}

test(
  "somebody signs in, is known by name and group, answers where a group may, and signs out",
  fullDepth(),
  async (t) => {
    const shop = box(t);
    assert.equal((await shop.baton("run", "--to", "prod")).code, 0);
    await using provider = await people();
    shop.write({ "oidc.yaml": granting(provider.issuer, grants), "oidc-secret": `${secret}\n` });
    await using server = await serving(shop, ...withProvider);
    provider.know(server.url);
    provider.person = kim;

    assert.equal((await server.get("/api/status")).status, 401, "with a provider everybody signs in");
    const asked = await server.json<Record<string, unknown>>("/api/session");
    assert.deepEqual([asked.isRequired, asked.provider], [true, new URL(provider.issuer).host]);

    const browser = new Follower();
    const ours = browser.cookiesFor(server.url);
    ours.set("baton", "chosen-by-somebody-else");
    const back = await browser.wayBack(server.url, "/releases/1?at=4");
    assert.deepEqual([...ours.keys()], ["baton", "baton-sign-in"]);
    const callback = await browser.get(back, sentBack);
    assert.equal(callback.status, 200);
    assert.match(await callback.text(), /http-equiv="refresh" content="0;url=\/releases\/1\?at=4"/);
    const [session, ended] = callback.headers.getSetCookie();
    assert.match(session!, /^baton=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    assert.match(ended!, /^baton-sign-in=; .*Max-Age=0$/);
    assert.ok(!(await callback.headers.get("cache-control"))!.includes("public"));
    const { name, groups, grants: held } = await who(browser, server);
    assert.deepEqual(
      [name, groups, held],
      ["kim@example.com", kim.groups, [{ role: "approver", environments: ["prod"] }]],
    );

    const send = async (path: string, body: object, by: Follower) => {
      const cookie = `baton=${by.cookiesFor(server.url).get("baton")}`;
      const answer = await fetch(server.url + path, {
        method: "POST",
        headers: { ...json, cookie },
        body: JSON.stringify(body),
      });
      return [answer.status, ((await answer.json()) as { code?: string }).code];
    };
    provider.person = dora;
    const other = await signedIn(server);
    const approve = { answer: "approved" };
    assert.deepEqual(await send("/api/approvals/1/prod", approve, other), [403, "not-allowed"]);
    assert.deepEqual(
      await send("/api/plan", { to: "dev" }, browser),
      [403, "not-allowed"],
      "who approves starts nothing",
    );
    assert.deepEqual(await send("/api/approvals/1/prod", approve, browser), [200, undefined]);
    const { stdout } = await shop.baton("status", "--json");
    assert.ok(stdout.length > 0);
    const { entries } = await shop.json<AuditView>("audit", "--env", "prod");
    const approved = entries.find(({ deed }) => deed === "approved");
    assert.deepEqual([approved?.by, approved?.unverified], [kim.email, undefined], "the provider knows them");

    assert.equal((await send("/api/session/end", {}, browser))[0], 200);
    assert.equal((await who(browser, server)).name, undefined);
    assert.equal((await who(other, server)).name, "dora@example.com");
    const log = shop.read(".baton/server/access.jsonl").trim().split("\n");
    const noted = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const [first] = noted;
    assert.deepEqual(
      [first!.asked, first!.by, first!.subject, first!.status],
      ["oidcCallback", kim.email, kim.sub, 200],
    );
  },
);

test("a way back that was not begun here, comes again, or was made from two is refused", fullDepth(), async (t) => {
  const shop = box(t);
  await using provider = await people();
  shop.write({ "oidc.yaml": granting(provider.issuer, grants), "oidc-secret": secret });
  await using server = await serving(shop, ...withProvider);
  provider.know(server.url);
  provider.person = kim;
  const refused = async (browser: Follower, url: string, headers: Record<string, string> = sentBack) => {
    const before = browser.cookiesFor(server.url).get("baton");
    const answer = await browser.get(url, headers);
    assert.equal(browser.cookiesFor(server.url).get("baton"), before, "nobody is signed in by it");
    assert.equal((await who(browser, server)).name, undefined);
    return answer;
  };

  const attacker = new Follower();
  const stolen = await attacker.wayBack(server.url);
  const victim = new Follower();
  const forged = await refused(victim, stolen);
  assert.equal(forged.status, 403, "somebody's own way back in another's browser would sign that one in as him");
  assert.equal((await whyNot(forged)).code, "not-begun");

  const own = new URL(await victim.wayBack(server.url));
  const injected = new URL(own);
  injected.searchParams.set("code", new URL(stolen).searchParams.get("code")!);
  const answer = await refused(victim, injected.href);
  assert.deepEqual(
    [answer.status, (await whyNot(answer)).code],
    [403, "provider-refused"],
    "the code of another way: PKCE",
  );

  const browser = new Follower();
  const back = await browser.wayBack(server.url);
  for (const [name, value] of [
    ["state", "x".repeat(43)],
    ["state", ""],
    ["code", ""],
  ] as const) {
    const changed = new URL(back);
    changed.searchParams.set(name, value);
    const copy = new Follower();
    for (const [cookie, held] of browser.cookiesFor(server.url)) copy.cookiesFor(server.url).set(cookie, held);
    if (name === "state") assert.equal((await whyNot(await refused(copy, changed.href))).code, "not-begun");
    else assert.equal((await refused(copy, changed.href)).status, 403);
  }
  assert.equal((await refused(browser, back)).status, 403, "what was tried once is used up");

  const again = new Follower();
  const once = await again.wayBack(server.url);
  const begun = again.cookiesFor(server.url).get("baton-sign-in")!;
  assert.equal((await again.get(once, sentBack)).status, 200);
  const thief = new Follower();
  thief.cookiesFor(server.url).set("baton-sign-in", begun);
  assert.equal(
    (await whyNot(await refused(thief, once))).code,
    "not-begun",
    "a second time, with all that the first had",
  );

  for (const wrong of [
    "",
    "a.b.c",
    `${"A".repeat(43)}.zz.`,
    `${begun}x`,
    begun.replace(/\.[^.]*$/, ".Ly9ldmlsLmV4YW1wbGU"),
  ]) {
    const other = new Follower();
    other.cookiesFor(server.url).set("baton-sign-in", wrong);
    assert.equal((await refused(other, once)).status, 403, wrong);
  }

  provider.person = undefined;
  const cancelled = new Follower();
  const no = await refused(cancelled, await cancelled.wayBack(server.url));
  assert.deepEqual([no.status, (await whyNot(no)).code], [403, "provider-refused"]);

  const elsewhere = { ...sentBack, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
  assert.equal((await refused(new Follower(), stolen, elsewhere)).status, 403);
  const open = async (path: string, headers: Record<string, string>) => await raw(server.url, { path, headers });
  const linked = await open("/runs/r0001", sentBack);
  assert.equal(linked.status, 200, "a link in a mail leads to a page");
  for (const path of ["/api/session", "/api/session/oidc", "/api/status", "/metrics"])
    assert.equal((await open(path, sentBack)).status, 403, `and not to ${path}`);
  assert.equal((await open("/runs/r0001", { ...sentBack, "sec-fetch-dest": "iframe" })).status, 403);
});

test(
  "only who has a role and a proven name comes in, and what groups are granted now counts",
  fullDepth(),
  async (t) => {
    const shop = box(t);
    await using provider = await people();
    const write = (issuer: string, granted: string) =>
      shop.write({ "oidc.yaml": granting(issuer, granted), "oidc-secret": secret });
    write(provider.issuer, grants);
    let kept: Follower;
    let port: string;
    {
      await using server = await serving(shop, ...withProvider);
      port = new URL(server.url).port;
      provider.know(server.url);
      for (const [person, code, words] of [
        [{ ...kim, groups: ["staff"] }, "not-allowed", /kim@example.com may do nothing here/],
        [{ ...kim, groups: [] }, "not-allowed", /may do nothing/],
        [{ ...kim, sub: "u1", email_verified: false }, "provider-refused", /no verified e-mail address/],
        [{ sub: "u2", groups: ["developers"] }, "provider-refused", /no verified e-mail address/],
        [{ ...kim, sub: "u3", email: "kim‮@example.com" }, "provider-refused", /no name/],
      ] as const) {
        provider.person = { ...person, groups: [...person.groups] };
        const browser = new Follower();
        const answer = await browser.get(await browser.wayBack(server.url), sentBack);
        assert.equal(answer.status, 403);
        const said = await whyNot(answer);
        assert.equal(said.code, code);
        assert.match(said.title, words);
        assert.equal(browser.cookiesFor(server.url).get("baton"), undefined);
      }
      provider.person = kim;
      kept = await signedIn(server);
      const before = kept.cookiesFor(server.url).get("baton");
      await kept.get(await kept.wayBack(server.url), sentBack);
      assert.notEqual(kept.cookiesFor(server.url).get("baton"), before);
      assert.equal(
        (await server.get("/api/status", { cookie: `baton=${before}` })).status,
        401,
        "the session before ends",
      );

      await provider[Symbol.asyncDispose]();
      assert.equal(
        (await kept.get(`${server.url}/api/status`)).status,
        200,
        "who is in stays in while the provider is down",
      );
      const { stdout } = await shop.baton("token", "create", "vera", "--role", "viewer");
      const bearer = { authorization: `Bearer ${stdout.trim()}` };
      assert.equal((await server.get("/api/status", bearer)).status, 200, "a token counts beside it");
    }
    const restarted = async (granted: string, issuer = provider.issuer) => {
      write(issuer, granted);
      return await serving(shop, ...withProvider, "--port", port);
    };
    {
      await using server = await restarted(`{ staff: [viewer] }`);
      const { grants: held } = await who(kept, server);
      assert.deepEqual(held, [{ role: "viewer" }], "the session outlives the server, and has what its groups have now");
      const down = await server.get("/api/session/oidc");
      assert.deepEqual([down.status, (await whyNot(down)).code], [503, "provider-unreachable"]);
      assert.match(server.said(), /nobody can sign in with http:\S+ now: .*ECONNREFUSED/);
    }
    {
      await using server = await restarted(grants, "http://127.0.0.1:1/");
      assert.equal((await who(kept, server)).name, undefined, "another provider vouches for nobody of the one before");
    }
    await using server = await serving(shop, "--port", port);
    assert.equal((await who(kept, server)).name, undefined, "without a provider nobody counts who came by it");
    assert.equal((await server.get("/api/session/oidc")).status, 404);
  },
);

test("what stands in the file is refused where it is wrong, with what to do", fullDepth(), async (t) => {
  const shop = box(t);
  shop.write({ "oidc.yaml": granting("http://login.example.com", grants) });
  for (const [options, said] of [
    [["--oidc", "oidc.yaml"], /oidc.yaml: issuer: http:\S+ is not the https address of a provider/],
    [["--oidc", "none.yaml"], /none.yaml: ENOENT/],
    [["--oidc-secret-file", "x"], /without --oidc FILE/],
  ] as const) {
    const { code, stdout, stderr } = await shop.baton("serve", ...options);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, said);
    assert.match(stderr, /next: docs\/serve.md has such a file/);
  }
});

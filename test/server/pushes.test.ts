/** Pushes to a real origin, told by signed webhooks or by nobody: each is run once, and nothing that was not pushed is. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { isFromGithub, isStandard } from "../../src/server/hooks/signature.ts";
import type { AccessPage } from "../../src/server/wire/access-log.ts";
import { type Sandbox, sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { post, raw, type Serving, serving } from "./serving.ts";

const definition = (pipeline: string) => `name: shop
environments:
  dev: { branch: main }
  prod: { branch: release/1 }
pipelines:
  ${pipeline}:
    jobs: { deploy: { deploys: true, steps: ["cat page"] } }
`;

const secret = "a secret that both sides know";

/** A repository with an origin, and what the server is started with. */
function place(t: Parameters<typeof sandbox>[0]): Sandbox {
  const box = sandbox(t, {
    files: { "baton.yaml": definition("web"), ".gitignore": ".baton\norigin\nsecret\n", page: "one\n" },
  });
  box.git("init", "--quiet", "--bare", "--initial-branch=main", "origin");
  box.git("remote", "add", "origin", "./origin");
  box.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  box.write({ secret: `${secret}\n` });
  return box;
}

const options = ["--deliver", "main", "--webhook-secret-file", "secret"];

/** Somebody pushes it; what is checked out where the server stands stays as it is. */
function pushed(box: Sandbox, files: Record<string, string>): void {
  box.write(files);
  box.git("commit", "--quiet", "--all", "--message", "somebody else's work");
  box.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main");
  box.git("reset", "--quiet", "--hard", "HEAD~1");
}

const signed = (body: string, key = secret) => `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;

const push = (branch: string) => JSON.stringify({ ref: `refs/heads/${branch}`, deleted: false, after: "0".repeat(40) });

async function deliver(server: Serving, body: string, headers: Record<string, string> = {}) {
  const given = await raw(server.url, {
    method: "POST",
    path: "/hooks/github",
    headers: {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-hub-signature-256": signed(body),
      ...headers,
    },
    body,
  });
  return { status: given.status, body: JSON.parse(given.text) as Record<string, unknown> };
}

interface Runs {
  view: { runs: { run: string; commit: string; conclusion?: string }[] };
}

const runsOf = async (server: Serving) => (await server.json<Runs>("/api/runs")).view.runs;

/** Resolves when so many runs have passed, and there are no others. */
const havePassed = (server: Serving, count: number) =>
  until(`${count} runs have passed`, async () => {
    const runs = await runsOf(server);
    assert.ok(runs.length <= count, `${runs.length} runs`);
    return runs.length === count && runs.every(({ conclusion }) => conclusion === "succeeded");
  });

test(
  "what is pushed is run once, from its own commit, however often, late or in whatever order it is told",
  fullDepth(),
  async (t) => {
    const box = place(t);
    const late = push("main");
    await using first = await serving(box, ...options);
    await havePassed(first, 1);

    pushed(box, { "baton.yaml": definition("site"), page: "two\n" });
    assert.deepEqual((await deliver(first, push("main"))).body, { version: 1, event: "push", branch: "main" });
    await havePassed(first, 2);
    const [newest] = await runsOf(first);
    assert.equal(newest!.commit, box.git("rev-parse", "origin/main").trim());
    const text = await (await first.get(`/api/runs/${newest!.run}/logs/site.deploy@dev/text`)).text();
    assert.match(text, /^two$/m, "its own files, by its own definition");
    assert.match(box.read("baton.yaml"), /web:/, "what is checked out stays");

    for (let again = 0; again < 3; again++) assert.equal((await deliver(first, late)).status, 200);
    const told = await post(first, "push", { branch: "main" });
    assert.deepEqual([told.body.run, told.body.isNew], [newest!.run, false]);
    await first.stop();

    pushed(box, { "baton.yaml": definition("site"), page: "three\n" });
    await using next = await serving(box, ...options);
    await havePassed(next, 3);
    pushed(box, { "baton.yaml": definition("site"), page: "four\n" });
    const both = await Promise.all([
      post(next, "push", { branch: "main" }),
      post(next, "push", { branch: "main" }),
      deliver(next, late),
    ]);
    assert.deepEqual([...new Set(both.slice(0, 2).map(({ body }) => body.run))].length, 1, JSON.stringify(both));
    await havePassed(next, 4);

    const { entries } = await next.json<AccessPage>("/api/access-log");
    const pushes = entries.filter(({ asked, about }) => asked === "push" && about.run !== undefined);
    assert.deepEqual(pushes.map(({ by, about }) => `${by} ${about.run}`).slice(-3), [
      "baton serve r0003",
      "github r0002",
      "baton serve r0001",
    ]);
  },
);

test("a delivery that is not signed, not of the branch or nothing at all makes nobody look", fullDepth(), async (t) => {
  const box = place(t);
  await using server = await serving(box, ...options);
  await havePassed(server, 1);
  pushed(box, { "baton.yaml": definition("web"), page: "two\n" });
  const body = push("main");
  const other = push("release/1");
  for (const [what, sent, headers, status] of [
    ["signed with another secret", body, { "x-hub-signature-256": signed(body, "another") }, 401],
    ["signed for another body", body, { "x-hub-signature-256": signed(other) }, 401],
    ["by the old signature", body, { "x-hub-signature-256": "", "x-hub-signature": "sha1=00" }, 401],
    ["half a signature", body, { "x-hub-signature-256": signed(body).slice(0, 40) }, 401],
    ["no JSON", "ref=main", { "x-hub-signature-256": signed("ref=main") }, 400],
    ["a list", "[]", { "x-hub-signature-256": signed("[]") }, 400],
    ["too much", body, { "content-length": String(26 * 1024 * 1024) }, 413],
    ["from another site's page", body, { origin: "http://evil.example" }, 403],
  ] as const) {
    const { status: given } = await deliver(server, sent, headers).catch((error: NodeJS.ErrnoException) => {
      // Who sends more than is taken is hung up on.
      if (status !== 413) throw error;
      return { status: 413 };
    });
    assert.equal(given, status, what);
  }
  const gone = JSON.stringify({ ref: "refs/heads/main", deleted: true });
  for (const [what, sent, event] of [
    ["another branch", other, "push"],
    ["a tag", JSON.stringify({ ref: "refs/tags/main" }), "push"],
    ["a branch that is gone", gone, "push"],
    ["a pull request", JSON.stringify({ action: "opened", pull_request: { head: { ref: "main" } } }), "pull_request"],
    [
      "what a workflow did",
      JSON.stringify({ action: "completed", workflow_run: { head_branch: "main" } }),
      "workflow_run",
    ],
    ["a ping", JSON.stringify({ zen: "Speak like a human." }), "ping"],
  ] as const) {
    const taken = await deliver(server, sent, { "x-github-event": event });
    assert.deepEqual([taken.status, taken.body], [200, { version: 1, event }], what);
  }
  assert.equal((await runsOf(server)).length, 1);

  const standard = async (id: string, at: number) => {
    const text = JSON.stringify({ type: "push", data: { branch: "main" } });
    const seconds = Math.round(at / 1000);
    const signature = createHmac("sha256", secret).update(`${id}.${seconds}.${text}`).digest("base64");
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": `v1,AA== v1,${signature}`,
    };
    return await raw(server.url, { method: "POST", path: "/hooks/standard", headers, body: text });
  };
  assert.equal((await standard("msg_1", Date.now() - 3_600_000)).status, 401, "an hour old");
  assert.equal((await standard("msg_1", Date.now())).status, 200);
  await havePassed(server, 2);
  const nowhere = await post(server, "push", { branch: "release/1" });
  assert.deepEqual([nowhere.status, nowhere.body.code], [404, "not-delivered"]);
  const inside = await post(server, "push", { branch: "main", commit: "0".repeat(40) });
  assert.equal(inside.status, 400, "a branch is named, and never a commit");
});

test(
  "a definition that is refused, and an origin that is gone, are told, and the server goes on",
  fullDepth(),
  async (t) => {
    const box = place(t);
    await using server = await serving(box, ...options);
    await havePassed(server, 1);
    pushed(box, { "baton.yaml": "name: [", page: "two\n" });
    const broken = await post(server, "push", { branch: "main" });
    assert.deepEqual([broken.status, broken.body.code], [422, "definition-refused"]);
    box.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main");
    const back = await post(server, "push", { branch: "main" });
    assert.deepEqual([back.status, back.body.isNew], [200, false], "as it was before");
    box.git("remote", "set-url", "origin", "https://ada:hunter22222@127.0.0.1:1/shop.git");
    const gone = await post(server, "push", { branch: "main" });
    assert.deepEqual([gone.status, gone.body.code], [503, "not-reached"]);
    assert.ok(!JSON.stringify(gone.body).includes("hunter22222") && !server.said().includes("hunter22222"));
    assert.deepEqual((await runsOf(server)).length, 1);
  },
);

test("without a secret no webhook is taken, and one that says little is none", async (t) => {
  const box = place(t);
  await using server = await serving(box);
  assert.equal((await deliver(server, push("main"))).status, 401);
  box.write({ secret: "short\n" });
  const { code, stderr } = await box.baton("serve", "--port", "0", "--webhook-secret-file", "secret");
  assert.equal(code, 2);
  assert.match(stderr, /at least 16 characters\n {2}next: openssl rand -hex 32 > secret/);
  assert.deepEqual(await runsOf(server), []);
});

test("signatures are as GitHub and Standard Webhooks document them", () => {
  const github = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  assert.ok(isFromGithub("It's a Secret to Everybody", Buffer.from("Hello, World!"), github));
  assert.ok(!isFromGithub("It's a Secret to Everybody", Buffer.from("Hello, World?"), github));
  assert.ok(!isFromGithub("", Buffer.from("Hello, World!"), github));
  const body = Buffer.from('{"event_type":"ping","data":{"success":true}}');
  const headers = {
    id: "msg_loFOjxBNrRLzqYUf",
    timestamp: "1731705121",
    signature: "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
  };
  const now = 1_731_705_121_000;
  const key = "whsec_plJ3nmyCDGBKInavdOK15jsl";
  assert.ok(isStandard(key, body, { headers, now }));
  assert.ok(isStandard(key, body, { headers, now: now + 299_000 }));
  for (const wrong of [
    { now: now + 301_000 },
    { now: now - 301_000 },
    { headers: { ...headers, id: "msg_2" } },
    { headers: { ...headers, id: null } },
    { headers: { ...headers, timestamp: "1731705122" } },
    { headers: { ...headers, signature: headers.signature.replace("v1", "v2") } },
    { headers: { ...headers, signature: null } },
  ]) {
    assert.ok(!isStandard(key, body, { headers, now, ...wrong }), JSON.stringify(wrong));
  }
});

/** What people and programs do through a real server: runs are started, answered, cancelled and retried, and outlive it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { notice } from "../../src/server/wire/envelope.ts";
import { type Route, type RouteName, routes } from "../../src/server/wire/routes.ts";
import { type Sandbox, sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { eventsOf, raw, type Serving, serving } from "./serving.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: {} }
pipelines:
  web:
    jobs:
      build: { per: release, steps: ["echo built"] }
      deploy:
        needs: [build]
        deploys: true
        env: { PASSWORD: { secret: PASSWORD } }
        steps: ['test ! -e hold || { echo holding; while test -e "$HOLD"; do sleep 0.1; done; }', "echo $BATON_ENVIRONMENT"]
`;

const files = { "baton.yaml": definition, ".gitignore": ".baton\nhold-it\n" };

function place(t: Parameters<typeof sandbox>[0], more: Record<string, string> = {}): Sandbox {
  const box = sandbox(t, { files: { ...files, ...more } });
  box.env.PASSWORD = "hunter22222";
  box.env.HOLD = join(box.root, "hold-it");
  return box;
}

async function post(server: Serving, path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function done(server: Serving, name: RouteName, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await post(server, path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.ok((routes[name] as Route).answer!.safeParse(answer.body).success, JSON.stringify(answer.body));
  return answer.body;
}

/** Looks at the plan and starts exactly that. */
async function start(server: Serving, request: object): Promise<string> {
  const { plan } = await done(server, "plan", "/api/plan", request);
  const { run } = await done(server, "start", "/api/runs", { ...request, plan });
  return run as string;
}

type Run = { view: { status: string; conclusion: string; jobs: { id: string; status: string; attempts: number }[] } };

const runOf = async (server: Serving, run: string) => (await server.json<Run>(`/api/runs/${run}`)).view;

/** Which attempt to deploy is under way; 0: none. */
async function deploying(server: Serving, run: string): Promise<number> {
  const job = (await runOf(server, run)).jobs.find(({ id }) => id === "web.deploy@dev")!;
  return job.status === "running" ? job.attempts : 0;
}

test("a run is looked at, started, approved and told of, and the journal says who did it", fullDepth(), async (t) => {
  const box = place(t);
  await using server = await serving(box);
  const looked = await done(server, "plan", "/api/plan", { to: "prod" });
  const preview = looked.preview as { environments: string[]; approvals: { environment: string }[] };
  assert.deepEqual(preview.environments, ["dev", "prod"]);
  assert.deepEqual(
    preview.approvals.map(({ environment }) => environment),
    ["prod"],
  );
  const other = await post(server, "/api/runs", { to: "prod", plan: "of-something-else" });
  assert.deepEqual([other.status, other.body.code], [409, "outdated-plan"]);
  assert.deepEqual((await server.json<{ view: { runs: unknown[] } }>("/api/runs")).view.runs, []);

  const events = eventsOf(await server.get("/api/events"));
  const run = await start(server, { to: "prod" });
  for await (const { event, data } of events) {
    if (event !== "beat" && notice.parse(data).type === "approval.requested") break;
  }
  const open = await box.json<{ open: { run: string; runBy: { pid: number } }[] }>("status");
  assert.equal(open.open[0]!.runBy.pid, server.process.pid, "it is the server's while it waits");
  const early = await post(server, `/api/approvals/${run}/dev`, { answer: "approved" });
  assert.deepEqual([early.status, early.body.code], [409, "not-waiting"]);
  const nowhere = await post(server, `/api/approvals/${run}/pord`, { answer: "approved" });
  assert.deepEqual([nowhere.status, nowhere.body.near], [422, "prod"]);
  await done(server, "answer", `/api/approvals/${run}/prod`, { answer: "approved", comment: "fine <b>" });
  const twice = await post(server, `/api/approvals/${run}/prod`, { answer: "rejected" });
  assert.equal(twice.status, 409);
  await until("it has ended", async () => (await runOf(server, run)).conclusion === "succeeded");

  const told = eventsOf(await server.get("/api/events?after=0"));
  for await (const { event, data } of told) {
    if (event === "beat") continue;
    const one = notice.parse(data);
    if (one.type !== "approval.answered") continue;
    assert.deepEqual([one.answer, one.environment, one.because], ["approved", "prod", "fine <b>"]);
    assert.ok(one.by);
    break;
  }
  const log = readFileSync(join(box.root, ".baton/server/access.jsonl"), "utf8").trim().split("\n");
  const entries = log.map((line) => JSON.parse(line) as { asked: string; from: string; status: number });
  assert.deepEqual(
    entries.map(({ asked, status }) => `${asked} ${status}`),
    ["start 409", "start 200", "answer 409", "answer 422", "answer 200", "answer 409"],
  );
  assert.ok(entries.every(({ from }) => from === "127.0.0.1"));
  await until("nothing is left to take up", () => box.read(".baton/server/underway.json").includes('"runs":[]'));
  assert.ok(!log.join().includes("hunter22222"));
});

test(
  "a run that was started here is resumable when the server goes, and goes on with the next one",
  fullDepth(),
  async (t) => {
    const box = place(t, { hold: "" });
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      box.write({ "hold-it": "" });
      await using server = await serving(box);
      const run = await start(server, { env: "dev", force: true });
      await until("it deploys", async () => (await deploying(server, run)) === 1);
      const code = await server.stop(signal);
      if (signal === "SIGTERM") assert.equal(code, 0);
      const left = await box.json<{ open: { run: string; runBy?: unknown }[] }>("status");
      assert.deepEqual(
        left.open.map((one) => [one.run, one.runBy]),
        [[run, undefined]],
        "nobody runs it, and it has not ended",
      );
      await using next = await serving(box);
      await until("it deploys again", async () => (await deploying(next, run)) === 2);
      box.git("clean", "-fxq", "hold-it");
      await until("it has ended", async () => (await runOf(next, run)).conclusion === "succeeded");
      const { jobs } = await runOf(next, run);
      assert.equal(jobs.find(({ id }) => id === "web.build")!.attempts, 1, "what had passed was not done again");
      await next.stop();
    }
  },
);

test("a run is cancelled and retried", fullDepth(), async (t) => {
  const box = place(t, { hold: "" });
  box.write({ "hold-it": "" });
  await using server = await serving(box);
  const run = await start(server, { env: "dev" });
  await until("it deploys", async () => (await deploying(server, run)) === 1);
  const busy = await post(server, `/api/runs/${run}/retry`, {});
  assert.deepEqual([busy.status, busy.body.code], [409, "runs-elsewhere"]);
  await done(server, "cancel", `/api/runs/${run}/cancel`, { mode: "now" });
  await until("it has ended", async () => (await runOf(server, run)).conclusion === "cancelled");
  box.git("clean", "-fxq", "hold-it");
  await until("it was let go", () => box.read(".baton/server/underway.json").includes('"runs":[]'));
  await done(server, "retry", `/api/runs/${run}/retry`, {});
  await until("it has passed", async () => (await runOf(server, run)).conclusion === "succeeded");
  const over = await post(server, `/api/runs/${run}/cancel`, { mode: "now" });
  assert.deepEqual([over.status, over.body.code], [409, "has-finished"]);
  const again = await post(server, `/api/runs/${run}/retry`, {});
  assert.deepEqual([again.status, again.body.code], [409, "nothing-to-retry"]);
});

test("what is no request of the list changes nothing: forms, other sites, too much, too deep, the wrong shape", async (t) => {
  const box = place(t);
  await using server = await serving(box);
  const { plan } = await done(server, "plan", "/api/plan", { env: "dev" });
  const body = JSON.stringify({ env: "dev", plan });
  const json = { "content-type": "application/json" };
  const attempts: [string, Record<string, string>, string, number][] = [
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, `env=dev&plan=${plan}`, 415],
    ["JSON as text, which a form can send", { "content-type": "text/plain" }, body, 415],
    ["no type at all", {}, body, 415],
    ["another site", { ...json, origin: "http://evil.example" }, body, 403],
    ["a sandboxed page", { ...json, origin: "null" }, body, 403],
    ["a browser says so", { ...json, "sec-fetch-site": "cross-site" }, body, 403],
    ["another port of this machine", { ...json, "sec-fetch-site": "same-site" }, body, 403],
    ["no page at all", { ...json, "sec-fetch-site": "none" }, body, 403],
    ["another name", { ...json, host: "evil.example" }, body, 421],
    ["no JSON", json, "{", 400],
    ["a list", json, "[]", 400],
    ["a field that there is not", json, JSON.stringify({ env: "dev", plan, secretsFile: "/etc/passwd" }), 400],
    ["another definition", json, JSON.stringify({ env: "dev", plan, config: "/tmp/baton.yaml" }), 400],
    ["a commit", json, JSON.stringify({ env: "dev", plan, since: "--output=x" }), 400],
    ["past its branch", json, JSON.stringify({ env: "dev", plan, anyBranch: true }), 400],
    ["a prototype", json, `{"__proto__": {"plan": "${plan}"}, "env": "dev"}`, 400],
    ["too much", json, JSON.stringify({ env: "dev", plan, to: "x".repeat(70_000) }), 413],
  ];
  for (const [what, headers, sent, status] of attempts) {
    const answer = await raw(server.url, { method: "POST", path: "/api/runs", headers, body: sent });
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
    assert.match(answer.headers["content-type"]!, /problem\+json/, what);
  }
  const endless = await raw(server.url, {
    method: "POST",
    path: "/api/runs",
    headers: { ...json, "transfer-encoding": "chunked" },
    body: " ".repeat(200_000),
  }).catch((error: NodeJS.ErrnoException) => ({ status: error.code }));
  assert.ok([413, "ECONNRESET", "EPIPE"].includes(endless.status!), String(endless.status));
  assert.deepEqual((await server.json<{ view: { runs: unknown[] } }>("/api/runs")).view.runs, []);
});

test(
  "a definition that is code is read as it stands there now, however long the server runs",
  fullDepth(),
  async (t) => {
    const written = (name: string) => `import { delivery, env, pipeline, sh } from "baton-cd";
import { words } from "./words.ts";
const web = pipeline("${name}", { jobs: { deploy: { deploys: true, steps: [sh(\`echo \${words}\`)] } } });
export default delivery("shop", { environments: [env("dev", { branch: "main" })], pipelines: [web] });
`;
    const words = (said: string) => `export const words = "${said}";\n`;
    const box = sandbox(t, {
      files: { "baton.config.ts": written("web"), "words.ts": words("one"), ".gitignore": ".baton\n" },
    });
    await using server = await serving(box);
    const pipelines = async () => {
      const { preview } = await done(server, "plan", "/api/plan", { env: "dev" });
      return (preview as { pipelines: { pipeline: string }[] }).pipelines.map(({ pipeline }) => pipeline);
    };
    assert.deepEqual(await pipelines(), ["web"]);
    box.write({ "baton.config.ts": written("site"), "words.ts": words("two") });
    box.git("commit", "-qam", "another name, other words");
    assert.deepEqual(await pipelines(), ["site"]);
    const run = await start(server, { env: "dev" });
    await until("it has ended", async () => (await runOf(server, run)).conclusion === "succeeded");
    assert.match(await (await server.get(`/api/runs/${run}/logs/site.deploy@dev/text`)).text(), /^two$/m);
  },
);

/** What a real server answers about real runs, each answer held against the schema that documents it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Notice, notice, problem } from "../../src/server/wire/envelope.ts";
import { type Route, type RouteName, routes } from "../../src/server/wire/routes.ts";
import { type Sandbox, sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { eventsOf, raw, type Serving, serving } from "./serving.ts";

const stored = "<script>alert(1)</script>";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: { reviewers: [kim], message: "${stored}" } }
pipelines:
  web:
    outputs: { siteUrl: string }
    jobs:
      build: { per: release, steps: ["seq 1 3000; echo '${stored}'"] }
      deploy:
        needs: [build]
        deploys: true
        steps: ['echo "siteUrl=https://$BATON_ENVIRONMENT/${stored}" >> "$BATON_OUTPUT"']
`;

const files = { "baton.yaml": definition, ".gitignore": ".baton\n" };

/** The answer, when it is as documented. */
async function answer<T>(server: Serving, name: RouteName, path: string): Promise<T> {
  const response = await server.get(path);
  const body = await response.json();
  assert.equal(response.status, 200, `${path}: ${JSON.stringify(body)}`);
  assert.match(response.headers.get("content-type")!, /^application\/json/);
  const parsed = (routes[name] as Route).answer!.safeParse(body);
  assert.ok(parsed.success, `${path} is not as documented: ${parsed.error?.message}`);
  return body as T;
}

async function refusal(server: Serving, path: string) {
  const response = await server.get(path);
  assert.match(response.headers.get("content-type")!, /^application\/problem\+json/);
  const body = problem.parse(await response.json());
  assert.equal(body.status, response.status);
  return body;
}

async function deploy(box: Sandbox): Promise<void> {
  const { code, stderr } = await box.baton("run", "--to", "prod");
  assert.equal(code, 0, stderr);
}

interface Answered<View> {
  asOf: number;
  view: View;
}

type Board = Answered<{
  pipelines: { name: string; in: Record<string, { deployed?: { release: number; number: number } }> }[];
}>;

test("a server tells of an empty place, of a run while it goes on, and of what waits", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  await using server = await serving(box);
  assert.deepEqual(await server.json("/healthz"), { status: "ok" });
  assert.deepEqual(await server.json("/readyz"), { status: "ready", asOf: 0 });
  const none = await answer<Answered<{ runs: unknown[] }>>(server, "status", "/api/status");
  assert.deepEqual([none.asOf, none.view.runs], [0, []]);
  const empty = await answer<Board>(server, "board", "/api/board");
  assert.deepEqual(
    empty.view.pipelines.map((pipeline) => [pipeline.name, pipeline.in]),
    [["web", {}]],
    "before the first run, the definition says what there is",
  );
  const nothing = await refusal(server, "/api/runs/newest");
  assert.deepEqual([nothing.status, nothing.code], [404, "no-runs"]);

  const events = eventsOf(await server.get("/api/events"));
  const running = deploy(box);
  const seen: Notice[] = [];
  for await (const { event, id, data } of events) {
    if (event === "beat") continue;
    const one = notice.parse(data);
    assert.equal(id, String(one.seq));
    seen.push(one);
    if (one.type === "approval.requested") break;
  }
  await running;
  assert.deepEqual(
    seen.map(({ seq }) => seq),
    seen.map((_, at) => at + 1),
    "every event once, in order",
  );
  assert.ok(seen.some(({ type, job }) => type === "job.started" && job === "web.build"));

  const at = seen.at(-3)!.seq;
  const resumed = eventsOf(await server.get("/api/events", { "last-event-id": String(at) }));
  const rest: number[] = [];
  for await (const { event, id } of resumed) {
    if (event === "beat") continue;
    rest.push(Number(id));
    if (rest.length === 2) break;
  }
  assert.deepEqual(rest, [at + 1, at + 2], "it goes on behind the last event that was received");

  const status = await answer<Answered<{ open: { run: string }[] }>>(server, "status", "/api/status?most=1");
  assert.deepEqual(
    status.view.open.map(({ run }) => run),
    ["r0001"],
  );
  assert.ok(status.asOf >= seen.at(-1)!.seq);
  await answer(server, "runs", "/api/runs");
  await answer(server, "waits", "/api/waits");
  const board = await answer<Board>(server, "board", "/api/board");
  assert.equal(board.view.pipelines[0]!.in.dev?.deployed?.release, 1);
  const graph = await answer<Answered<{ jobs: { id: string; decision: string }[] }>>(
    server,
    "graph",
    "/api/runs/1/graph",
  );
  assert.deepEqual(
    graph.view.jobs.map(({ id }) => id),
    ["web.build", "web.deploy@dev", "web.deploy@prod"],
  );
  await answer(server, "releases", "/api/releases");
  const made = await answer<Answered<{ release: number; visits: { environment: string }[] }>>(
    server,
    "release",
    "/api/releases/newest",
  );
  assert.deepEqual([made.view.release, made.view.visits[0]?.environment], [1, "dev"]);
  await answer(server, "compare", "/api/compare?from=1&to=dev");
  assert.equal((await refusal(server, "/api/compare?from=1&to=9")).code, "no-release");
  const run = await answer<Answered<{ status: string; path: string[] }>>(server, "run", "/api/runs/1");
  assert.deepEqual([run.view.status, run.view.path], ["awaiting-approval", ["dev", "prod"]]);
  type Past = Answered<{ status: string; jobs: { id: string; status: string }[] }>;
  const { view: told } = await answer<Answered<{ events: Notice[] }>>(server, "runEvents", "/api/runs/1/events");
  assert.deepEqual(
    told.events.map(({ seq }) => seq),
    seen.map(({ seq }) => seq),
  );
  const built = told.events.find(({ type, job }) => type === "job.succeeded" && job === "web.build")!.seq;
  const then = await answer<Past>(server, "run", `/api/runs/1?at=${built}`);
  assert.equal(then.view.status, "waiting", "as it was when the build had just passed");
  assert.deepEqual(
    then.view.jobs.map(({ status }) => status),
    ["succeeded", "ready", "waiting"],
  );
  const boardThen = await answer<Board>(server, "board", `/api/board?at=${built}`);
  assert.equal(boardThen.view.pipelines[0]!.in.dev!.deployed, undefined);
  assert.equal((await refusal(server, "/api/board?at=999")).code, "no-moment");
  assert.equal((await refusal(server, "/api/runs/1?at=0")).code, "wrong-request");
  const asked = await answer<Answered<{ approvals: { message: string }[] }>>(server, "approvals", "/api/approvals");
  assert.equal(asked.view.approvals[0]!.message, stored);
  const { view } = await answer<Answered<{ environments: Record<string, unknown> }>>(server, "outputs", "/api/outputs");
  assert.match(JSON.stringify(view.environments.dev), /siteUrl/);
  assert.equal(await server.stop(), 0);
});

test(
  "the definition is shown as settings and as the graph of all that it may ever do, without what secrets hold",
  fullDepth(),
  async (t) => {
    const secret = "hunter22222";
    const box = sandbox(t, {
      files: { ...files, "baton.yaml": `${definition}        env: { PASSWORD: { secret: PASSWORD } }\n` },
    });
    box.env.PASSWORD = secret;
    await using server = await serving(box);
    type Settings = Answered<{
      file: string;
      environments: { approval?: { reviewers: string[] } }[];
      pipelines: { jobs: { name: string; secrets: string[] }[] }[];
    }>;
    const { view } = await answer<Settings>(server, "settings", "/api/settings");
    assert.equal(view.file, "baton.yaml");
    assert.deepEqual(view.environments[1]!.approval!.reviewers, ["kim"]);
    assert.deepEqual(
      view.pipelines[0]!.jobs.map(({ name, secrets }) => [name, secrets]),
      [
        ["build", []],
        ["deploy", ["PASSWORD"]],
      ],
    );
    assert.ok(!JSON.stringify(view).includes(secret));
    type Jobs = Answered<{ jobs: { id: string; decision: string; after: string[] }[] }>;
    const map = await answer<Jobs>(server, "map", "/api/map");
    assert.deepEqual(
      map.view.jobs.map(({ id, decision }) => [id, decision]),
      [
        ["web.build", "run"],
        ["web.deploy@dev", "run"],
        ["web.deploy@prod", "run"],
      ],
    );
    assert.deepEqual(map.view.jobs[1]!.after, ["web.build"]);
    box.write({ "baton.yaml": "name: [" });
    assert.equal((await refusal(server, "/api/board")).code, "definition-refused");
  },
);

test("logs come by page, as they are printed, and as a file", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  await deploy(box);
  await using server = await serving(box);
  type Page = Answered<{ lines: { line: number; text: string }[]; total: number; end: string }>;
  const last = await answer<Page>(server, "logs", "/api/runs/1/logs/web.build?most=2");
  assert.deepEqual(
    last.view.lines.map(({ line, text }) => [line, text]),
    [
      [2999, "3000"],
      [3000, stored],
    ],
  );
  assert.deepEqual([last.view.total, last.view.end], [3001, "underway"]);
  const page = await answer<Page>(server, "logs", "/api/runs/newest/logs/web.build?from=10&most=3");
  assert.deepEqual(
    page.view.lines.map(({ text }) => text),
    ["11", "12", "13"],
  );
  const nowhere = await answer<Page>(server, "logs", "/api/runs/1/logs/web.build?at=failure&most=1");
  assert.deepEqual([nowhere.view.lines[0]?.text, "failing" in nowhere.view], [stored, false], "it has not failed");
  const text = await server.get("/api/runs/1/logs/web.build/text");
  assert.match(text.headers.get("content-type")!, /^text\/plain/);
  assert.match(text.headers.get("content-disposition")!, /^attachment/);
  assert.equal((await text.text()).split("\n").length, 3002);
  const lines: string[] = [];
  for await (const { event, id, data } of eventsOf(await server.get("/api/runs/1/logs/web.build/stream?from=2998"))) {
    if (event === "end") break;
    lines.push(`${id} ${(data as { text: string }).text}`);
    if (lines.length === 3) break;
  }
  assert.deepEqual(lines, ["2998 2999", "2999 3000", `3000 ${stored}`]);
  const unknown = await refusal(server, "/api/runs/1/logs/web.biuld");
  assert.deepEqual([unknown.status, unknown.code, unknown.near], [404, "no-job", "web.build"]);
  const noRun = await refusal(server, `/api/runs/${encodeURIComponent("../../x")}`);
  assert.deepEqual([noRun.status, noRun.code], [404, "no-run"]);
  const wrong = await refusal(server, "/api/runs?most=many");
  assert.deepEqual([wrong.status, wrong.code], [400, "wrong-request"]);
});

test("every address is documented, and the document names every shape that it points at", async (t) => {
  await using server = await serving(sandbox(t, { files }));
  const document = await server.json<{
    openapi: string;
    paths: Record<string, Record<string, unknown>>;
    components: { schemas: Record<string, unknown> };
  }>("/openapi.json");
  assert.equal(document.openapi, "3.1.0");
  for (const route of Object.values(routes)) assert.ok(document.paths[route.path]?.[route.method], route.path);
  const pointed = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]!);
  assert.ok(pointed.length > 10);
  for (const name of pointed) assert.ok(document.components.schemas[name], name);
});

test("nothing but the addresses of the list is answered, whatever the path looks like", async (t) => {
  await using server = await serving(sandbox(t, { files }));
  const paths = [
    "/../../etc/passwd",
    "/..%2f..%2fetc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/assets/..%5c..%5cpackage.json",
    "/baton.yaml",
    "/.baton/journal.db",
    "/api/../baton.yaml",
    "/api/nothing",
    "//etc/passwd",
    "/%00",
    "/%ff",
  ];
  for (const path of paths) {
    const { status, text } = await raw(server.url, { path });
    assert.ok(!/root:|pipelines:|SQLite/.test(text), path);
    assert.ok(
      status === 404 || status === 400 || (status === 200 && text.startsWith("<!doctype html>")),
      `${path}: ${status}`,
    );
  }
  const home = await server.get("/");
  assert.match(home.headers.get("content-security-policy")!, /default-src 'none'.*frame-ancestors 'none'/);
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]) {
    const { status } = await raw(server.url, { method, path: "/api/status" });
    assert.ok(status === 404 || status === 403 || status === 400 || status === 405, `${method}: ${status}`);
  }
});

test("another site's page is answered nothing: not under its own name, not from its own origin", async (t) => {
  await using server = await serving(sandbox(t, { files }));
  const { port } = new URL(server.url);
  const own = `127.0.0.1:${port}`;
  const refused: [Record<string, string>, number][] = [
    [{ host: "evil.example" }, 421],
    [{ host: `evil.example:${port}` }, 421],
    [{ host: `127.0.0.1.evil.example:${port}` }, 421],
    [{ host: `localhost.evil.example:${port}` }, 421],
    [{ host: `10.0.0.1:${port}` }, 421],
    [{ host: own, origin: "http://evil.example" }, 403],
    [{ host: own, origin: "null" }, 403],
    [{ host: own, origin: `https://${own}` }, 403],
    [{ host: own, origin: "http://localhost:3000" }, 403],
    [{ host: own, "sec-fetch-site": "cross-site" }, 403],
    [{ host: own, "sec-fetch-site": "same-site" }, 403],
  ];
  for (const [headers, status] of refused) {
    for (const path of ["/api/status", "/", "/healthz"]) {
      const answer = await raw(server.url, { path, headers });
      assert.equal(answer.status, status, JSON.stringify(headers));
      assert.match(answer.headers["content-type"]!, /problem\+json/);
      assert.equal(answer.headers["access-control-allow-origin"], undefined);
    }
  }
  const welcome: Record<string, string>[] = [
    { host: own },
    { host: `localhost:${port}` },
    { host: "localhost:9999" },
    { host: own, origin: `http://${own}` },
    { host: own, "sec-fetch-site": "same-origin" },
    { host: own, "sec-fetch-site": "none" },
  ];
  for (const headers of welcome) {
    assert.equal((await raw(server.url, { path: "/api/status", headers })).status, 200, JSON.stringify(headers));
  }
});

test("an address that others reach is refused, and so is a port that is taken", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  const open = await box.baton("serve", "--host", "0.0.0.0", "--port", "0");
  assert.deepEqual([open.code, open.stdout], [2, ""]);
  assert.match(open.stderr, /next: /);
  await using server = await serving(box);
  const taken = await box.baton("serve", "--port", new URL(server.url).port);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /listens on 127\.0\.0\.1:\d+ already[\s\S]*next: baton serve --port 0/);
  const wrong = await box.baton("serve", "--port", "http");
  assert.equal(wrong.code, 2);
});

test(
  "the board says which release is where, also when a promotion or a rollback has brought it",
  fullDepth(),
  async (t) => {
    const page = (text: string) => ({ "web/page": text });
    const moving = `name: shop
environments: { dev: { branch: main }, prod: { after: dev } }
pipelines: { web: { paths: ["web/**"], jobs: { deploy: { deploys: true, steps: [cat web/page] } } } }
`;
    const box = sandbox(t, { files: { ...files, "baton.yaml": moving, ...page("one") } });
    const all = [
      ["run", "--env", "dev"],
      ["promote", "--to", "prod", "--yes"],
      ["run", "--env", "dev"],
    ];
    for (const [at, args] of [...all, ["promote", "--to", "prod", "--yes"], ["rollback", "prod", "--yes"]].entries()) {
      if (at === 2) {
        box.write(page("two"));
        box.commit("two");
      }
      const { code, stderr } = await box.baton(...args);
      assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    }
    await using server = await serving(box);
    const { view } = await answer<Board>(server, "board", "/api/board");
    const [web] = view.pipelines;
    const isIn = (name: string) => [web!.in[name]?.deployed?.release, web!.in[name]?.deployed?.number];
    assert.deepEqual(
      [isIn("dev"), isIn("prod")],
      [
        [3, 3],
        [1, 5],
      ],
    );
  },
);

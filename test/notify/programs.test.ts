/** Targets that are programs: what they are sent is held against what they publish, and a second time is no second thing. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Recorded } from "../../src/engine/events.ts";
import { spanIdOf } from "../../src/engine/trace-context.ts";
import type { NoticeAddress } from "../../src/model/delivery.ts";
import { post } from "../../src/notify/channels/channels.ts";
import type { Letter, Posted } from "../../src/notify/channels/post.ts";
import type { Notice, NoticeKind } from "../../src/notify/messages/notice.ts";
import { isStandard } from "../../src/server/hooks/signature.ts";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { Control } from "../platforms/github/api/control.ts";
import { respond } from "../platforms/github/api/respond.ts";
import { cdEventProblems, otlpProblems } from "./published/descriptions.ts";
import { httpReceiver } from "./receivers.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const notice: Notice = {
  seq: 7,
  at: Date.UTC(2026, 10, 30, 12),
  kind: "run.begun",
  delivery: "shop",
  environments: ["prod"],
  run: "r0003",
  release: 3,
  commit,
  event: "push",
  branch: "main",
  by: "ann",
  title: "r0003 of release 3 begins",
  because: [],
};
const letter: Letter = { id: "baton_7_abc", notice, link: "https://baton.example.com/runs/r0003" };

const written = (more: Partial<Notice>): Letter => ({ ...letter, notice: { ...notice, ...more } });

function sent(to: NoticeAddress, secrets: Record<string, string>, what: Letter): Promise<Posted> {
  const { signal } = new AbortController();
  return post({ to, letter: what, secrets: (name) => secrets[name], now: Date.UTC(2026, 10, 30, 13), signal });
}

const kinds: readonly Partial<Notice>[] = [
  { kind: "run.begun" },
  { kind: "run.ended", outcome: "succeeded" },
  { kind: "run.ended", outcome: "cancelled" },
  { kind: "failed", because: ["it is full"], failed: { run: "r0003", job: "web.deploy@prod", attempt: 2 } },
  { kind: "deployed", deployed: [{ pipeline: "web", release: 3 }, { pipeline: "infra", release: 2 }] }, // biome-ignore format: one row each
  { kind: "rolled-back", event: "rollback", deployed: [{ pipeline: "web", release: 2 }] },
  ...(
    [
      "rollback.begun", "freeze.overridden", "approval.requested", "approval.expired", "drift.found", "freeze.begun",
      "rollback.declined", "repaired", "deployment.begun", "deployment.ended", "test",
    ] satisfies NoticeKind[] // biome-ignore format: a list of words
  )
    .map((kind) => ({ kind })),
];

test("every notice is a CDEvent by the published schemas, in a CloudEvent that says the same", async (t) => {
  const receiver = await httpReceiver(t);
  const to = { kind: "cdevents", url: "URL", signing: "KEY" } as const;
  for (const one of kinds) {
    for (const link of [letter.link, undefined]) {
      const what = written(one);
      if (link === undefined) delete what.link;
      assert.deepEqual(await sent(to, { URL: receiver.url, KEY: "whsec_a2V5" }, what), { kind: "taken" });
    }
  }
  const types = new Set<string>();
  for (const { headers, body } of receiver.received) {
    assert.match(headers["content-type"] ?? "", /^application\/cloudevents\+json/);
    const { specversion, id, source, type, subject, time, datacontenttype, data } = JSON.parse(body);
    types.add(type);
    assert.deepEqual(cdEventProblems(data), [], `${type}: ${body}`);
    assert.deepEqual([specversion, datacontenttype], ["1.0", "application/json"]);
    const { context } = data;
    assert.deepEqual([id, source, type, time], [context.id, context.source, context.type, context.timestamp]);
    assert.equal(subject, data.subject.id);
    const said = (name: string) => String(headers[`webhook-${name}`]);
    const signed = { id: said("id"), timestamp: said("timestamp"), signature: said("signature") };
    const at = Number(signed.timestamp) * 1000;
    assert.ok(isStandard("whsec_a2V5", Buffer.from(body), { headers: signed, now: at }), "it is signed");
  }
  assert.ok(types.has("dev.cdevents.service.rolledback.0.3.0") && types.has("dev.cdeventsx.baton-drift.found.0.1.0"));
});

test("the schemas of CDEvents would tell a wrong event", () => {
  const context = { specversion: "0.5.1", id: "1", source: "/x", timestamp: "2026-11-30T12:00:00.000Z" };
  const wrong = { context: { ...context, type: "dev.cdevents.pipelinerun.finished.0.3.0" }, subject: { id: "" } };
  assert.notDeepEqual(cdEventProblems(wrong), []);
  assert.notDeepEqual(cdEventProblems({ context: { type: "dev.cdevents.pipelinerun.ended.9" } }), []);
});

test("two pipelines are two events with ids of their own; those that went are sent again with the same ones", async (t) => {
  const receiver = await httpReceiver(t);
  receiver.behave = () => (receiver.received.length === 2 ? 503 : 200);
  const what = written({ kind: "deployed", deployed: [{ pipeline: "web", release: 3 }, { pipeline: "db", release: 2 }] }); // biome-ignore format: fits
  const to = { kind: "cdevents", url: "URL" } as const;
  assert.equal((await sent(to, { URL: receiver.url }, what)).kind, "failed");
  assert.equal((await sent(to, { URL: receiver.url }, what)).kind, "taken");
  const ids = receiver.received.map(({ body }) => JSON.parse(body).id);
  assert.deepEqual(ids, ["baton_7_abc", "baton_7_abc_2", "baton_7_abc", "baton_7_abc_2"]);
});

test("a slow receiver gets all events of many pipelines: each has its own time", fullDepth(), async (t) => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const pipelines = names
    .map((name) => `  ${name}: { jobs: { deploy: { deploys: true, steps: ["true"] } } }\n`)
    .join("");
  const box = sandbox(t, {
    files: {
      ".gitignore": ".baton\n",
      "baton.yaml": `name: shop
environments: { dev: { branch: main } }
pipelines:
${pipelines}notices: { log: { cdevents: { url: { secret: URL } }, on: [deployed] } }
`,
    },
  });
  const receiver = await httpReceiver(t);
  receiver.behave = async () => {
    await setTimeout(2_000);
    return 200;
  };
  assert.equal((await box.baton("run", "--env", "dev")).code, 0);
  box.env.URL = receiver.url;
  const sent = await box.baton("notices", "retry");
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal(receiver.received.length, names.length, "each once, in one attempt of twelve seconds");
});

test("targets are reached through a proxy, and one that refuses is said", fullDepth(), async (t) => {
  const receiver = await httpReceiver(t);
  const asked: string[] = [];
  let isOpen = true;
  const proxy = createServer().on("connect", ({ url }, socket) => {
    asked.push(url!);
    if (!isOpen) return void socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const onward = connect(Number(new URL(receiver.url).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) end.on("error", () => {});
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => proxy.close());
  const box = sandbox(t, {
    files: {
      "baton.yaml": `name: shop
environments: { dev: { branch: main } }
pipelines: { web: { jobs: { deploy: { deploys: true, steps: ["true"] } } } }
notices: { team: { webhook: { url: { secret: URL } } } }
`,
    },
  });
  Object.assign(box.env, {
    URL: "http://hook.example/x",
    HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    NODE_USE_ENV_PROXY: "1",
  });
  const through = await box.baton("notices", "test", "team");
  assert.equal(through.code, 0, through.stderr);
  assert.deepEqual([asked, receiver.received.map(({ path }) => path)], [["hook.example:80"], ["/x"]]);
  isOpen = false;
  const refused = await box.baton("notices", "test", "team");
  assert.match(refused.stdout + refused.stderr, /it did not get to team \(webhook\): the connection broke off/);
});

/** GitHub over a port: the stand-in answers, and what does not fit its published description fails the test. */
async function github(t: TestContext) {
  const control = new Control();
  control.addRepository("team/shop");
  control.setBranch("team/shop", "main", commit);
  control.addToken("token", "baton", { contents: "read", deployments: "write", statuses: "write" });
  const receiver = await httpReceiver(t);
  receiver.behave = ({ method, path: url, body, headers }) => {
    const { host = "", authorization = "" } = headers;
    const reply = respond(control.world, { method, url, host, authorization, body });
    assert.equal(reply.fault, undefined);
    return { status: reply.status, headers: { ...reply.headers }, body: String(reply.body) };
  };
  t.after(() => assert.deepEqual(control.world.problems, []));
  const to = { kind: "github", repository: "team/shop", token: "TOKEN", api: receiver.url } as const;
  const repository = control.world.repositories.get("team/shop")!;
  const tell = (more: Partial<Notice>) => sent(to, { TOKEN: "token" }, written(more));
  return { control, repository, tell, to };
}

test("GitHub has the status of the commit, and one deployment however often it is told", async (t) => {
  const { repository, tell } = await github(t);
  const all: Partial<Notice>[] = [
    { kind: "run.begun" },
    { kind: "deployment.begun" },
    { kind: "deployed", outcome: "succeeded", deployed: [{ pipeline: "web", release: 3 }] },
    { kind: "run.ended", outcome: "succeeded" },
  ];
  for (const one of all) for (const _ of [1, 2]) assert.deepEqual(await tell(one), { kind: "taken" }, one.kind);
  assert.deepEqual(
    repository.statuses.map(({ state, context, target_url }) => [state, context, target_url]),
    ["pending", "pending", "success", "success"].map((state) => [state, "baton/shop", letter.link]),
  );
  assert.equal(repository.deployments.length, 1);
  const [{ sha, environment, payload, statuses }] = repository.deployments as [(typeof repository.deployments)[0]];
  assert.deepEqual([sha, environment, payload], [commit, "prod", { delivery: "shop", run: "r0003", release: 3 }]);
  assert.deepEqual(
    statuses.map(({ state }) => state),
    ["in_progress", "in_progress", "success", "success"],
  );
  await tell({ kind: "deployment.begun", run: "r0004", event: "rollback" });
  await tell({ kind: "rollback.begun", run: "r0004", event: "rollback" });
  await tell({ kind: "rolled-back", run: "r0004", event: "rollback", outcome: "failed" });
  assert.equal(repository.deployments.length, 2);
  assert.equal(repository.deployments[1]!.statuses.at(-1)?.state, "failure");
  assert.equal(repository.statuses.length, 4, "what is moved says nothing new of its commit");
  await tell({ kind: "deployment.ended", run: "r0005", outcome: "succeeded" });
  assert.equal(repository.deployments[2]!.statuses.at(-1)?.state, "inactive");
  assert.deepEqual(await tell({ kind: "freeze.begun" }), { kind: "taken" });
  assert.deepEqual(await tell({ kind: "test" }), { kind: "taken" });
});

test("what GitHub refuses for good is given up, and what it may take later is not; the token stands nowhere", async (t) => {
  const { control, tell, to } = await github(t);
  const unpushed = await tell({ kind: "run.begun", commit: "f".repeat(40) });
  assert.equal(unpushed.kind, "refused");
  assert.match(JSON.stringify(unpushed), /f{7} is not there: push it, then baton notices retry.*No commit found/);
  const noRef = { kind: "status", status: 422, message: `No ref found for: ${"f".repeat(40)}` } as const;
  control.addFault({ match: /^POST .*deployments/, is: noRef, from: 1, to: 1 });
  const nowhere = await tell({ kind: "deployment.begun", commit: "f".repeat(40) });
  assert.match(JSON.stringify(nowhere), /refused.*f{7} is not there: push it/);
  control.addFault({ match: /deployments/, is: { kind: "status", status: 502, message: "token is unhappy" } });
  const later = await tell({ kind: "deployment.begun" });
  assert.deepEqual(later, { kind: "failed", because: 'HTTP 502: {"message":"*** is unhappy"}' });
  assert.equal((await sent(to, { TOKEN: "wrong" }, written({}))).kind, "failed");
  assert.equal((await sent(to, {}, written({}))).kind, "unable");
});

const begun = Date.UTC(2026, 10, 30, 12);
const created = {
  type: "run.created",
  run: "r0003",
  release: 3,
  parallel: 1,
  delivery: { name: "shop", pipelines: [{ name: "web", jobs: { deploy: { deploys: true } } }] },
  plan: {
    change: { event: "push", commit, branch: "main" },
    jobs: [{ id: "web.deploy@prod", pipeline: "web", job: "deploy", environment: "prod" }],
  },
};
const attempt = (token: string, number: number) => ({ run: "r0003", job: "web.deploy@prod", token, attempt: number });
const failure = { kind: "timeout", message: "it took too long" };

const history = [
  created,
  { type: "approval.requested", run: "r0003", environment: "prod", reviewers: [], expiresAt: 0 },
  { type: "approval.answered", run: "r0003", environment: "prod", answer: "approved", by: "bob" },
  { type: "job.started", ...attempt("t1", 1) },
  { type: "job.failed", ...attempt("t1", 1), durationMs: 1000, failure, retryAt: begun },
  { type: "job.started", ...attempt("t2", 2) },
  { type: "job.failed", ...attempt("t2", 2), durationMs: 1000, failure },
  { type: "run.finished", run: "r0003", conclusion: "failed", deployed: {} },
].map((event, at) => ({ seq: at + 1, at: begun + at * 1000, version: 1, event })) as unknown as Recorded[];

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string };
}
const valuesOf = (attributes: Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]));

test("a run is a trace and figures by OTLP and its conventions, and the same again when it is told twice", async (t) => {
  const receiver = await httpReceiver(t);
  receiver.behave = () => ({ status: 200, body: "{}" });
  const to = { kind: "otlp", url: "URL", headers: "HEADERS" } as const;
  const secrets = { URL: `${receiver.url}/otlp/`, HEADERS: "Authorization=Basic%20c2VjcmV0,x-team=shop" };
  const what = { ...written({ kind: "run.ended", outcome: "failed" }), history };
  for (const _ of [1, 2]) assert.deepEqual(await sent(to, secrets, what), { kind: "taken" });
  const [traces, metrics, again] = receiver.received.map(({ body }) => JSON.parse(body));
  assert.deepEqual(again, traces);
  const paths = receiver.received.map(({ path }) => path);
  assert.deepEqual(paths.slice(0, 2), ["/otlp/v1/traces", "/otlp/v1/metrics"]);
  const { authorization, "x-team": team } = receiver.received[0]!.headers;
  assert.deepEqual([authorization, team], ["Basic c2VjcmV0", "shop"]);
  assert.deepEqual(otlpProblems("traces", traces), []);
  assert.deepEqual(otlpProblems("metrics", metrics), []);
  const { resource, scopeSpans } = traces.resourceSpans[0];
  const { "cicd.pipeline.run.id": id, "vcs.ref.head.revision": revision } = valuesOf(resource.attributes);
  assert.deepEqual([id, revision], ["r0003", commit]);
  const [run, first, second, approval] = scopeSpans[0].spans;
  assert.deepEqual([run.name, run.kind, run.status.code, run.parentSpanId], ["RUN shop", 2, 2, undefined]);
  assert.equal(valuesOf(run.attributes)["error.type"], "timeout");
  assert.deepEqual([first.spanId, second.spanId], [spanIdOf("t1"), spanIdOf("t2")]);
  for (const span of [first, second, approval]) {
    assert.deepEqual([span.traceId, span.parentSpanId], [run.traceId, run.spanId]);
  }
  assert.equal(second.startTimeUnixNano, `${begun + 5000}000000`);
  assert.equal(valuesOf(second.attributes)["cicd.pipeline.task.run.result"], "timeout");
  assert.equal(valuesOf(second.attributes)["cicd.pipeline.task.type"], "deploy");
  assert.equal(approval.name, "approval prod");
  const [duration, errors] = metrics.resourceMetrics[0].scopeMetrics[0].metrics;
  assert.deepEqual([duration.histogram.dataPoints[0].sum, duration.histogram.dataPoints[1].sum], [3, 4]);
  assert.equal(errors.sum.dataPoints[0].asInt, "2");
});

test("a run that is retried is one trace, and each round a span of its own", async (t) => {
  const receiver = await httpReceiver(t);
  const to = { kind: "otlp", url: "URL" } as const;
  const last = history.at(-1)!;
  const more = [
    { type: "run.retry-requested", run: "r0003", jobs: ["web.deploy@prod"] },
    { type: "job.started", ...attempt("t3", 3) },
    { type: "job.succeeded", ...attempt("t3", 3), durationMs: 1000, outputs: {}, artifacts: {} },
    { type: "run.finished", run: "r0003", conclusion: "succeeded", deployed: {} },
  ].map((event, at) => ({ seq: last.seq + at + 1, at: last.at + (at + 1) * 1000, version: 1, event }));
  const both = [history, [...history, ...(more as unknown as Recorded[])]];
  for (const one of both) {
    await sent(to, { URL: receiver.url }, { ...written({ kind: "run.ended" }), history: one });
  }
  const rounds = receiver.received
    .filter(({ path }) => path.endsWith("traces"))
    .map(({ body }) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans);
  assert.equal(rounds[0][0].traceId, rounds[1][0].traceId);
  assert.notEqual(rounds[0][0].spanId, rounds[1][0].spanId);
  assert.deepEqual(
    rounds[1].map(({ name }: { name: string }) => name),
    ["RUN shop", "web.deploy@prod"],
  );
});

test("what a collector says that it did not take is listed, and its key stands in no outcome", async (t) => {
  const receiver = await httpReceiver(t);
  const to = { kind: "otlp", url: "URL", headers: "HEADERS" } as const;
  const secrets = { URL: receiver.url, HEADERS: "api-key=very-secret" };
  const what = { ...written({ kind: "run.ended" }), history };
  const partial = { partialSuccess: { rejectedSpans: "2", errorMessage: "very-secret is over its limit" } };
  receiver.behave = () => ({ status: 200, body: JSON.stringify(partial) });
  const some = await sent(to, secrets, what);
  assert.deepEqual(some, { kind: "refused", because: "2 of its traces not taken: *** is over its limit" });
  receiver.behave = () => ({ status: 429, headers: { "retry-after": "7" } });
  assert.deepEqual(await sent(to, secrets, what), { kind: "failed", because: "HTTP 429", retryAfterMs: 7000 });
  receiver.behave = () => 200;
  assert.deepEqual(await sent(to, secrets, written({ kind: "test" })), { kind: "taken" });
  assert.deepEqual(await sent(to, secrets, written({ kind: "deployed" })), { kind: "taken" });
});

test("a collector that takes traces alone, or figures alone, is told what it takes", async (t) => {
  const receiver = await httpReceiver(t);
  const to = { kind: "otlp", url: "URL" } as const;
  const what = { ...written({ kind: "run.ended" }), history };
  const secrets = { URL: receiver.url };
  for (const missing of ["metrics", "traces"]) {
    receiver.behave = ({ path }) => (path.endsWith(missing) ? 404 : 200);
    for (const one of [what, written({ kind: "test" })])
      assert.deepEqual(await sent(to, secrets, one), { kind: "taken" });
  }
  receiver.behave = () => 404;
  const nowhere = { kind: "failed", because: "HTTP 404 for v1/traces and v1/metrics" };
  for (const one of [what, written({ kind: "test" })]) assert.deepEqual(await sent(to, secrets, one), nowhere);
  // What is wrong with the trace is nothing against the figures.
  receiver.received.length = 0;
  receiver.behave = ({ path }) => (path.endsWith("traces") ? 400 : 200);
  assert.deepEqual(await sent(to, secrets, what), { kind: "refused", because: "HTTP 400" });
  assert.deepEqual(
    receiver.received.map(({ path }) => path),
    ["/v1/traces", "/v1/metrics"],
  );
});

test("the address of a collector may have a key, a name and a password; headers that are none are said", async (t) => {
  const receiver = await httpReceiver(t);
  const to = { kind: "otlp", url: "URL", headers: "HEADERS" } as const;
  const what = { ...written({ kind: "run.ended" }), history };
  const url = receiver.url.replace("//", "//ann:open%20sesame@");
  assert.deepEqual(await sent(to, { URL: `${url}/otlp/?key=abcd1234`, HEADERS: "x-team=shop\n" }, what), {
    kind: "taken",
  });
  const [{ path, headers }] = receiver.received as [(typeof receiver.received)[0]];
  assert.equal(path, "/otlp/v1/traces?key=abcd1234");
  assert.deepEqual([headers.authorization, headers["x-team"]], [`Basic ${btoa("ann:open sesame")}`, "shop"]);
  receiver.behave = () => ({ status: 403, body: "abcd1234 of open sesame is no key" });
  const refused = await sent(to, { URL: `${url}/?key=abcd1234`, HEADERS: "a=b" }, what);
  assert.deepEqual(refused, { kind: "failed", because: "HTTP 403: *** of *** is no key" });
  for (const [given, because] of [
    ["Bearer very-secret", "its headers are not name=value,name=value"],
    ["api-key=very%0Asecret", "a header has characters that no header can have"],
  ] as const) {
    assert.deepEqual(await sent(to, { URL: url, HEADERS: given }, what), { kind: "failed", because });
  }
});

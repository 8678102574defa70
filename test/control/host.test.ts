/** One interface for whoever carries a delivery out: what a host can, it answers; what it cannot, it refuses by code. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "../../src/control/connect.ts";
import { type Actor, answered, type Caller } from "../../src/control/control.ts";
import { type Host, hostThat, type Underway, type Verb, verbs } from "../../src/control/host.ts";
import type { Recorded } from "../../src/control/views/events.ts";
import { repository } from "../git/repository.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: {} }
pipelines:
  web:
    outputs: { siteUrl: string }
    jobs:
      build: { per: release, steps: [echo built] }
      deploy:
        needs: [build]
        deploys: true
        steps: ['echo "siteUrl=https://$BATON_ENVIRONMENT" >> "$BATON_OUTPUT"']
`;

const by: Actor = { name: "kim", via: "web" };

function callerIn(t: TestContext, settings?: string): Caller {
  const repo = repository(t);
  repo.write({
    "baton.yaml": definition,
    ".gitignore": ".baton\n",
    ...(settings && { "baton.codepipeline.yaml": settings }),
  });
  repo.commit("start");
  return { cwd: repo.root, env: process.env, entry: join(repo.root, "baton"), say: () => {} };
}

/** What any face does with a run: it begins, goes on until it rests, and is let go. */
async function lived(underway: Underway): Promise<Recorded[]> {
  const events: Recorded[] = [];
  try {
    await underway.begin({ event: (recorded) => void events.push(recorded), output: () => {} });
    await underway.atRest();
    return events;
  } finally {
    await underway.close();
  }
}

async function run(host: Host): Promise<Recorded[]> {
  const planned = answered(await host.plan({ to: "prod" }));
  return await lived(answered(await host.start(planned, { isWatched: true, allowDirty: true, anyBranch: true }, by)));
}

test("this machine answers everything that may be asked about a delivery", async (t) => {
  const caller = callerIn(t);
  const host = answered(await connect(caller, {}));
  assert.equal(host.name, "here");

  const { checkUps } = answered(await host.readiness());
  const names = checkUps.map(({ name, verdict }) => [name, verdict]);
  assert.deepEqual(names.slice(-4), [
    ["definition", "ok"],
    ["state folder", "ok"],
    ["disk", "ok"],
    ["journal", "ok"],
  ]);
  const before = answered(await host.status({ most: 5 }));
  assert.ok(before.runs.length === 0);
  assert.deepEqual(answered(await host.runs({ most: 5 })), { version: 1, runs: [] });
  const none = await host.run();
  assert.ok(!none.ok && none.refusal.code === "no-runs");

  const stop = new AbortController();
  t.after(() => stop.abort());
  const seen: Recorded[] = [];
  const stream = answered(await host.watch({ after: 0, signal: stop.signal }));
  const watching = (async () => {
    for await (const recorded of stream) {
      seen.push(recorded);
      if (recorded.event.type === "run.finished") stop.abort();
    }
  })();

  const events = await run(host);
  assert.ok(events.some(({ event }) => event.type === "approval.requested"));
  const waits = answered(await host.waits());
  assert.deepEqual(
    waits.waiting.filter(({ kind }) => kind === "elsewhere").map(({ run, subject }) => [run, subject]),
    [["r0001", "prod"]],
  );
  const { approvals } = answered(await host.approvals());
  assert.deepEqual(
    approvals.map(({ run, environment, release }) => ({ run, environment, release })),
    [{ run: "r0001", environment: "prod", release: 1 }],
  );

  const answer = answered(await host.answer({ answer: "approved", comment: "fine" }, by));
  assert.ok(answer.kind === "underway");
  const after = await lived(answer.underway);
  const given = after.map(({ event }) => event).find(({ type }) => type === "approval.answered");
  assert.ok(given?.type === "approval.answered" && given.by === "kim" && given.comment === "fine");

  assert.equal(answered(await host.run("1")).conclusion, "succeeded");
  const deployed = answered(await host.outputs("prod")).environments.prod!.web!;
  assert.deepEqual(deployed.outputs, { siteUrl: "https://prod" });
  const logs = answered(await host.logs({ words: ["1", "web.build"], follow: true }));
  const lines: unknown[] = [];
  for await (const { job, text } of logs.lines) lines.push([job.split("@")[0], text]);
  assert.deepEqual(lines, [["web.build", "built"]]);
  assert.deepEqual(logs.end(), { kind: "complete" });

  if (!stop.signal.aborted) await once(stop.signal, "abort");
  await watching;
  assert.deepEqual(
    seen.map(({ seq }) => seq),
    seen.map((_, at) => at + 1),
    "everything that happened, once and in order",
  );

  for (const [asked, code] of [
    [await host.cancel({ run: "1", mode: "now" }, by), "has-finished"],
    [await host.retry({ run: "1" }, by), "nothing-to-retry"],
    [await host.resume({}, by), "none-open"],
    [await host.run("99"), "no-run"],
    [await host.outputs("pord"), "no-environment"],
    [await host.logs({ words: ["1", "web.biuld"], follow: false }), "no-job"],
    [await host.plan({ to: "pord" }), "no-environment"],
    [await host.answer({ answer: "approved" }, by), "nothing-waits"],
  ] as const) {
    assert.equal(asked.ok ? "was answered" : asked.refusal.code, code);
  }
});

test("a platform answers what its port can, and refuses the rest by code", async (t) => {
  const caller = callerIn(t, "layout: single\n");
  // Without the program that asks, so that nothing is asked anywhere.
  const host = answered(await connect({ ...caller, env: { PATH: "/nowhere" } }, { on: "codepipeline" }));
  assert.equal(host.name, "codepipeline");
  const status = await host.pipelines();
  assert.equal(status.ok ? "was answered" : status.refusal.code, "not-reached");
  const readiness = answered(await host.readiness());
  assert.ok(readiness.checkUps.some(({ verdict, name }) => name === "aws" && verdict === "fail"));
  const cancel = await host.cancel({ mode: "now" }, by);
  assert.deepEqual(cancel, {
    ok: false,
    refusal: { code: "host-cannot", subject: "cancel", known: ["pipelines", "readiness"], because: "codepipeline" },
  });
  const unknown = await connect(caller, { on: "gitlab" });
  assert.ok(!unknown.ok && unknown.refusal.code === "no-platform" && unknown.refusal.known.includes("codepipeline"));
});

test("a host that can nothing refuses every verb by code, and throws for none", async () => {
  const host = hostThat("nobody", {});
  const ask = (verb: Verb) => (host[verb] as () => Promise<{ ok: boolean; refusal?: { code: string } }>)();
  for (const verb of verbs) {
    const answer = await ask(verb);
    assert.deepEqual([answer.ok, answer.refusal?.code], [false, "host-cannot"], verb);
  }
});

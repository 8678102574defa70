/** What a step traces hangs below its attempt: the ids that it was given are those of the trace that the collector gets. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { httpReceiver } from "../notify/receivers.ts";
import { sandbox, until } from "./sandbox.ts";

const definition = `name: shop
environments: { dev: { branch: main } }
pipelines:
  web:
    jobs:
      deploy: { deploys: true, steps: ["echo $TRACEPARENT"] }
notices:
  traces: { otlp: { url: { secret: OTLP_URL } } }
  events: { cdevents: { url: { secret: EVENTS_URL } }, on: [run, deployed] }
`;

interface Span {
  traceId: string;
  spanId: string;
  name: string;
}

test(
  "a collector gets the trace of a run with the ids that its steps were given, and others its events",
  fullDepth(),
  async (t) => {
    const [collector, events] = [await httpReceiver(t), await httpReceiver(t)];
    const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n" } });
    Object.assign(box.env, { OTLP_URL: collector.url, EVENTS_URL: events.url });
    const ran = await box.baton("run");
    assert.equal(ran.code, 0, ran.stderr);
    await until("all are told", async () => (await box.baton("notices", "retry")).code === 0);
    const logs = await box.baton("logs", "r0001");
    const [, traceId, spanId] = /00-([0-9a-f]{32})-([0-9a-f]{16})-01/.exec(logs.stdout) ?? assert.fail(logs.stdout);
    const traces = collector.received.filter(({ path }) => path === "/v1/traces");
    const spans: Span[] = JSON.parse(traces[0]!.body).resourceSpans[0].scopeSpans[0].spans;
    assert.deepEqual(
      spans.map(({ name }) => name),
      ["RUN shop", "web.deploy@dev"],
    );
    assert.deepEqual([spans[1]!.traceId, spans[1]!.spanId], [traceId, spanId]);
    assert.deepEqual(
      events.received.map(({ body }) => JSON.parse(body).type.replace(/\.0\.[13]\.0$/, "")),
      [
        "dev.cdevents.pipelinerun.started",
        "dev.cdeventsx.baton-deployment.begun",
        "dev.cdevents.service.deployed",
        "dev.cdevents.pipelinerun.finished",
      ],
    );
  },
);

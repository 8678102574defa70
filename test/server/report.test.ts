/** Figures over HTTP: read by a process of its own, and the same that `baton report` shows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "../../src/server/wire/routes.ts";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "./serving.ts";

const definition = `name: shop
environments: { dev: { branch: main } }
pipelines:
  web: { jobs: { deploy: { deploys: true, steps: [echo hello] } } }
`;

test("figures are those of `baton report`, before anything was run and after", fullDepth(), async (t) => {
  const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n" } });
  await using server = await serving(box);
  const none = routes.report.answer.parse(await server.json("/api/report?days=7")).view;
  assert.deepEqual([none.environments, none.jobs, none.until - none.since], [[], [], 7 * 24 * 3_600_000]);
  const ran = await box.baton("run", "--to", "dev");
  assert.equal(ran.code, 0, ran.stderr);
  const {
    version: _,
    since: __,
    until: ___,
    ...view
  } = routes.report.answer.parse(await server.json("/api/report")).view;
  const told = await box.baton("report", "--json");
  const { version, since, until, ...shown } = JSON.parse(told.stdout);
  assert.deepEqual(view, shown);
  assert.equal(view.environments[0]?.deployments, 1);
  const wrong = await server.get("/api/report?days=0");
  assert.equal(wrong.status, 400);
});

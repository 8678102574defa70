import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { noStyle } from "../../src/cli/terminal/style.ts";
import { view } from "../../src/cli/terminal/view.ts";
import { runView } from "../../src/control/views/run.ts";
import { timeLeft } from "../../src/control/views/time-left.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { fold } from "../../src/engine/fold.ts";
import { emptyState, type State } from "../../src/engine/state.ts";
import { delivery, env, pipeline, sh } from "../../src/model/index.ts";
import { plan } from "../../src/plan/make-plan.ts";

const infra = pipeline("infra", {
  jobs: { apply: { deploys: true, steps: [sh("terraform apply", { name: "Apply" })] } },
});
const web = pipeline("web", {
  needs: [infra],
  jobs: {
    test: {
      per: "release",
      retry: { attempts: 3, delay: "30s" },
      matrix: { values: { node: ["22", "24"] } },
      steps: [sh("npm test")],
    },
    build: { needs: ["test"], steps: [sh("npm run build")] },
    deploy: { needs: ["build"], deploys: true, steps: [sh("cp")] },
  },
});
const shop = delivery("shop", {
  pipelines: [infra, web],
  environments: [env("dev"), env("prod", { after: "dev", approval: { reviewers: ["ops", "ada"] } })],
});

const began = 1_000_000;

/** A run of the shop after these events, the last one at `began` plus their number of seconds. */
function after(...events: EngineEvent[]): State {
  const made = plan(shop, {
    change: { event: "manual", commit: "c0ffee", branch: "main", changedSince: {}, uncommitted: [] },
    environments: ["dev", "prod"],
    pipelines: [],
    parameters: {},
    force: "none",
    history: { deployed: {} },
  });
  const state = emptyState();
  const created: EngineEvent = {
    type: "run.created",
    run: "r0007",
    release: 1,
    delivery: shop,
    plan: made,
    parallel: 4,
  };
  [created, ...events].forEach((event, at) => {
    fold(state, { seq: at + 1, at: began + at * 1000, version: 1, event });
  });
  return state;
}

const run = "r0007";
const start = (job: string, attempt = 1): EngineEvent => ({
  type: "job.started",
  run,
  job,
  attempt,
  token: `${job}-${attempt}`,
});
const pass = (job: string, attempt = 1): EngineEvent => ({
  type: "job.succeeded",
  run,
  job,
  attempt,
  token: `${job}-${attempt}`,
  durationMs: 1000,
  outputs: {},
  artifacts: {},
});
const lock = (environment: string): EngineEvent => ({ type: "lock.acquired", run, environment });

const pictures: Record<string, { state: State; now: number; notice?: string; columns?: number; rows?: number }> = {
  "at the start": { state: after(), now: began + 200 },
  "while jobs run": {
    state: after(
      lock("dev"),
      start("infra.apply@dev"),
      start("web.test[node=22]"),
      start("web.test[node=24]"),
      pass("web.test[node=24]"),
    ),
    now: began + 65_000,
  },
  "before another attempt": {
    state: after(start("web.test[node=22]"), {
      type: "job.failed",
      run,
      job: "web.test[node=22]",
      attempt: 1,
      token: "web.test[node=22]-1",
      durationMs: 900,
      failure: { kind: "exit", message: "step 'npm test' ended with exit code 1", step: 0, exitCode: 1 },
      retryAt: began + 31_000,
    }),
    now: began + 4_000,
  },
  "being stopped, on a narrow and low screen": {
    state: after(lock("dev"), start("infra.apply@dev"), start("web.test[node=22]"), start("web.test[node=24]"), {
      type: "run.cancel-requested",
      run,
      mode: "graceful",
      by: "ada",
    }),
    now: began + 9_000,
    notice: "stopping: nothing new starts, running jobs end first. Ctrl-C again ends them at once.",
    columns: 44,
    rows: 9,
  },
};

const expected = new Map([
  ["infra.apply@dev", 90_000],
  ["web.test[node=22]", 4_000],
  ["web.test[node=24]", 4_000],
  ["web.build@dev", 10_000],
  ["web.deploy@dev", 20_000],
  ["infra.apply@prod", 90_000],
  ["web.build@prod", 10_000],
  ["web.deploy@prod", 20_000],
]);

const golden = new URL("golden/view.txt", import.meta.url);

test("the live picture, in a few moments of a run", () => {
  const shown = Object.entries(pictures).map(([name, { state, now, notice, columns = 90, rows = 30 }]) => {
    const moment = state.runs.get(run)!;
    const doing = new Map([["infra.apply@dev", { step: "Apply", line: "aws_s3_bucket.site: Creating..." }]]);
    const leftMs = timeLeft(moment, expected, now);
    const lines = view(
      { run: runView(state, moment, now), now, expected, doing, leftMs, ...(notice && { notice }) },
      { columns, rows, style: noStyle },
    );
    return `== ${name}\n${lines.map((line) => line.trimEnd()).join("\n")}\n`;
  });
  const text = shown.join("\n");
  if (process.env.UPDATE) writeFileSync(golden, text);
  assert.equal(text, readFileSync(golden, "utf8"), "UPDATE=1 writes the file anew");
});

test("the time left is the longest chain, and unknown when a job was never timed", () => {
  const state = after(lock("dev"), start("infra.apply@dev"));
  const moment = state.runs.get(run)!;
  assert.equal(timeLeft(moment, expected, began + 2000 + 30_000), 60_000 + 10_000 + 20_000 + 90_000 + 10_000 + 20_000);
  const partly = new Map(expected);
  partly.delete("web.build@prod");
  assert.equal(timeLeft(moment, partly, began), undefined);
});

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import type { Project } from "../../src/control/project.ts";
import { readAudit } from "../../src/control/verbs/audit.ts";
import { auditEntries } from "../../src/control/views/audit.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import type { PlannedJob } from "../../src/plan/plan.ts";
import { openStore } from "../../src/store/store.ts";
import { append, created, finished, started, succeeded } from "../store/events.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

const environments = ["dev", "test", "prod"];

/** A run that changes one environment, with as many jobs as that takes. */
function run(number: number): { begin: EngineEvent[]; end: EngineEvent[] } {
  const name = `r${number}`;
  const environment = environments[number % environments.length]!;
  const deploy: PlannedJob = {
    id: `web.deploy@${environment}`,
    pipeline: "web",
    job: "deploy",
    environment,
    decision: "run",
    reason: { code: "forced", text: "asked", because: [] },
    after: [],
    requires: [],
  };
  const event = created(name, number, [deploy]);
  event.by = "kim";
  event.plan.environments = [environment];
  return {
    begin: [event, started(name, deploy.id)],
    end: [succeeded(name, deploy.id), finished(name)],
  };
}

test("the newest entries are the same, however little of the journal is read for them", async (t) => {
  const stateFolder = temporaryFolder(t);
  mkdirSync(stateFolder, { recursive: true });
  const store = openStore(stateFolder);
  // One of each five goes on until three others have come and gone, and one of each seven is retried when it is long over.
  const late: EngineEvent[][] = [];
  for (let number = 1; number <= 60; number++) {
    const { begin, end } = run(number);
    const name = `r${number - 20}`;
    const retried: EngineEvent[] =
      number > 20 && number % 7 === 0
        ? [
            { type: "run.retry-requested", run: name, jobs: [] },
            { type: "run.adopted", run: name, owner: "session", by: "eve" },
            finished(name, { conclusion: "failed" }),
          ]
        : [];
    if (number % 5 === 0) late.push(end);
    const now = number % 5 === 3 ? (late.shift() ?? []) : [];
    await append(store, [...begin, ...(number % 5 === 0 ? [] : end), ...now, ...retried], number * 1_000);
  }
  const all = auditEntries(store.load()).reverse();
  await store.close();
  const project = { stateFolder } as Project;
  for (const most of [1, 2, 3, 5, 8, 13, 50, 100, 1_000]) {
    for (const since of [0, 15_500, 45_000, 60_000, 70_000]) {
      for (const environment of [undefined, "prod", "nowhere"]) {
        const runs = new Set(all.flatMap((one) => (one.environments.includes(environment!) ? [one.run] : [])));
        const wanted = all.filter(({ run, at }) => at >= since && (environment === undefined || runs.has(run)));
        const { entries } = readAudit(project, { most, since, environment });
        assert.deepEqual(entries, wanted.slice(0, most), JSON.stringify({ most, since, environment }));
      }
    }
  }
});

test("what few entries need is not the whole journal", async (t) => {
  using store = openStore(temporaryFolder(t));
  for (let number = 1; number <= 60; number++) {
    const { begin, end } = run(number);
    await append(store, [...begin, ...end], number);
  }
  const { begin, events } = store.newestOfTypes(["run.created", "run.finished"], 5);
  assert.deepEqual(
    events.map(({ event }) => `${event.type} ${event.run}`),
    [
      "run.created r58",
      "run.finished r58",
      "run.created r59",
      "run.finished r59",
      "run.created r60",
      "run.finished r60",
    ],
  );
  assert.equal(begin, events[1]!.seq, "the first one only says what the second is about");
  assert.equal(store.newestOfTypes(["run.created"], 1_000).begin, 0);
});

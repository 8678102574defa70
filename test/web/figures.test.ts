/** What the page of figures says of a report. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../../src/web/data/wire.ts";
import { chartsOf, isEmpty } from "../../src/web/pages/figures/charts.ts";

const hour = 3_600_000;
const until = 1_000 * hour;
const spread = (median: number, ninetieth: number, most: number, count = 10) => ({ count, median, ninetieth, most });

const none: Report = {
  version: 1,
  since: until - 24 * hour,
  until,
  environments: [],
  pipelines: [],
  approvals: [],
  jobs: [],
  costs: { prices: [], months: [], runs: [] },
};

const environment = (name: string, more: Partial<Report["environments"][number]>) => ({
  environment: name,
  deployments: 4,
  perWeek: 4,
  failed: 0,
  takenBack: 0,
  failureRate: 0,
  repairs: 0,
  unknownCommits: 0,
  ...more,
});

const full: Report = {
  ...none,
  environments: [
    environment("dev", { deployments: 8, perWeek: 8, leadTimeMs: spread(hour, 2 * hour, 4 * hour), unknownCommits: 2 }),
    environment("prod", {
      failed: 1,
      takenBack: 1,
      failureRate: 0.25,
      repairs: 1,
      brokenSince: until - 2 * hour,
      leadTimeMs: spread(3 * hour, 6 * hour, 8 * hour),
    }),
  ],
  pipelines: [
    { pipeline: "web", environment: "prod", deployments: 2, perWeek: 2, leadTimeMs: spread(hour, hour, hour, 1) },
  ],
  approvals: [
    {
      environment: "prod",
      asked: 3,
      approved: 2,
      rejected: 0,
      expired: 0,
      waitedMs: spread(hour, 2 * hour, 2 * hour, 2),
      by: [{ name: "kim", answered: 2, waitedMs: spread(hour, 2 * hour, 2 * hour, 2) }],
      openSince: [until - 5 * hour],
    },
  ],
  jobs: [
    {
      pipeline: "web",
      job: "test",
      passed: 9,
      failedAttempts: 3,
      flaked: 2,
      tookMs: { ...spread(4, 5, 6), total: 75 },
    },
    {
      pipeline: "web",
      job: "deploy",
      environment: "prod",
      passed: 4,
      failedAttempts: 0,
      flaked: 0,
      tookMs: { ...spread(1, 2, 3), total: 25 },
    },
  ],
  costs: {
    prices: [
      { machine: "Linux 2-core", usd: 0.006, source: "https://prices.example", asOf: "2026-11" },
      { machine: "Linux 4-core", usd: 0.012, source: "https://prices.example", asOf: "2026-11" },
    ],
    months: [
      { month: "1970-01", runs: 3, minutes: 100, usd: [0.6, 1.2] },
      { month: "1970-02", runs: 2, minutes: 50, usd: [0.3, 0.6] },
    ],
    runs: [{ run: "r0002", release: 2, begunAt: 5 * hour, minutes: 80, usd: [0.48, 0.96] }],
  },
};

test("each chart answers its question, and its bars are of one scale", () => {
  assert.deepEqual(
    chartsOf(full).map(({ question, answer, wrong = "" }) => [question, answer, wrong]),
    [
      ["How often is each environment deployed to?", "Times a week: dev 8.0, prod 4.0.", ""],
      [
        "How long does a commit take to get there?",
        "Half of what got to prod took at most 3 h, nine of ten 6 h; nobody knows when 2 others were made.",
        "",
      ],
      ["How much of it goes wrong?", "1 of 12 deployments failed or was taken back.", "Not mended yet: prod for 2 h"],
      ["How long until it is mended?", "Nothing was mended: either nothing failed, or nothing has passed since.", ""],
      [
        "Who is waited for?",
        "Of answers for prod, the one in the middle took 1 h; 1 question is open, the oldest for 5 h.",
        "",
      ],
      ["Which jobs take the most time?", "web.test takes 75 % of the 0.1 s that all jobs took.", ""],
      [
        "Which jobs fail, and pass when tried again?",
        "web.test failed and passed in the same run, with nothing changed: 2 times.",
        "",
      ],
      [
        "What do the jobs cost where minutes are paid for?",
        "$0.90 on Linux 2-core, $1.80 on Linux 4-core. List prices of 2026-11; nothing of what is free each month is left out.",
        "",
      ],
    ],
  );
  const [, lead] = chartsOf(full);
  assert.deepEqual(
    lead!.rows.map(({ name, isPart = false, bar, cells }) => [name, isPart, bar.solid, bar.tick, cells.at(-1)]),
    [
      ["dev", false, 1 / 8, 4 / 8, "10"],
      ["prod", false, 3 / 8, 1, "10"],
      ["web", true, 1 / 8, 1 / 8, "1"],
    ],
  );
  assert.deepEqual(
    chartsOf(full)
      .at(-1)!
      .rows.map(({ name, isPart = false, to, bar, cells }) => [name, isPart, to, bar.solid, ...cells]),
    [
      ["1970-01", false, undefined, 1, "100", "$0.60", "$1.20"],
      ["r0002", true, "/runs/r0002", 0.8, "80", "$0.48", "$0.96"],
      ["1970-02", false, undefined, 0.5, "50", "$0.30", "$0.60"],
    ],
  );
  for (const { rows, columns, question } of chartsOf(full)) {
    for (const { cells, bar, name } of rows) {
      assert.equal(cells.length, columns.length, `${question} ${name}`);
      for (const share of Object.values(bar)) assert.ok(share >= 0 && share <= 1, `${question} ${name}: ${share}`);
    }
  }
});

test("where there is nothing, that is said and nothing is drawn", () => {
  assert.ok(isEmpty(none));
  assert.ok(!isEmpty(full));
  assert.equal(chartsOf(none).flatMap(({ rows }) => rows).length, 0);
  assert.equal(chartsOf(none)[2]!.answer, "0 of 0 deployments failed or were taken back.");
});

/** Which minutes a cron line names. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { timesOf } from "../../src/model/cron-times.ts";

/** Between two moments, written without seconds. */
const times = (line: string, after: string, until: string) =>
  Array.from(timesOf(line, { after: Date.parse(`${after}Z`), until: Date.parse(`${until}Z`) }), (at) =>
    new Date(at).toISOString().slice(0, 16),
  );

test("a cron line names minutes in UTC; the first moment is outside, the last inside", () => {
  assert.deepEqual(times("30 4 * * 1-5", "2026-11-27T04:30", "2026-12-01T04:30"), [
    "2026-11-30T04:30",
    "2026-12-01T04:30",
  ]);
  assert.deepEqual(times("*/20 9-10 * * *", "2026-11-30T09:00:30", "2026-11-30T11:00"), [
    "2026-11-30T09:20",
    "2026-11-30T09:40",
    "2026-11-30T10:00",
    "2026-11-30T10:20",
    "2026-11-30T10:40",
  ]);
  assert.deepEqual(times("5/30,7 0 29 FEB *", "2026-01-01T00:00", "2028-03-01T00:00"), [
    "2028-02-29T00:05",
    "2028-02-29T00:07",
    "2028-02-29T00:35",
  ]);
});

test("where both days are limited either is enough, else both count", () => {
  const year = ["2026-01-01T00:00", "2026-01-31T23:59"] as const;
  assert.deepEqual(
    times("0 0 13 * FRI", ...year).map((at) => at.slice(8, 10)),
    ["02", "09", "13", "16", "23", "30"],
  );
  assert.deepEqual(
    times("0 0 * * 5", ...year).map((at) => at.slice(8, 10)),
    ["02", "09", "16", "23", "30"],
  );
  assert.deepEqual(times("0 0 31 2 *", "2026-01-01T00:00", "2030-01-01T00:00"), []);
});

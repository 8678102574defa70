import assert from "node:assert/strict";
import { test } from "node:test";
import { duration } from "../../src/cli/terminal/duration.ts";

const hour = 3_600_000;

test("a length of time is told in the units that people would take", () => {
  const told: [number, string][] = [
    [0, "<0.1s"],
    [400, "0.4s"],
    [9_949, "9.9s"],
    [9_950, "10s"],
    [59_400, "59s"],
    [185_000, "3m 05s"],
    [2 * hour + 7 * 60_000, "2h 07m"],
    [47 * hour + 59 * 60_000, "47h 59m"],
    [48 * hour, "2 days"],
    [51 * hour, "2 days 3h"],
    [168 * hour - 500, "7 days"],
    [168 * hour, "7 days"],
    [7 * 24 * hour - 31 * 60_000, "6 days 23h"],
  ];
  for (const [ms, text] of told) assert.equal(duration(ms), text, String(ms));
});

/** Change windows go by what clocks show in their zone, whatever is done to these. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { daysOf, isOpen, isZone, nearDays, opensAt } from "../../src/model/change-windows.ts";
import { type ChangeWindow, weekdays } from "../../src/model/delivery.ts";
import { tries } from "../lane/depth.ts";

const quarterMs = 15 * 60_000;
const dayMs = 96 * quarterMs;

const office: ChangeWindow = { days: daysOf("mon-fri")!, from: "09:00", to: "17:00", zone: "Europe/Berlin" };
const night: ChangeWindow = { days: ["fri"], from: "22:00", to: "02:00", zone: "Europe/Berlin" };
const set: ChangeWindow = { days: ["sun"], from: "02:15", to: "02:45", zone: "Europe/Berlin" };

const at = (text: string) => Date.parse(text);

test("a window is open from its beginning up to its end, on clocks of its zone", () => {
  const cases: [ChangeWindow, string, boolean][] = [
    [office, "2026-11-30T08:00:00+01:00", false],
    [office, "2026-11-30T09:00:00+01:00", true],
    [office, "2026-11-30T16:59:59+01:00", true],
    [office, "2026-11-30T17:00:00+01:00", false],
    [office, "2026-11-29T12:00:00+01:00", false],
    [office, "2026-07-01T09:00:00+02:00", true],
    [office, "2026-07-01T08:30:00+02:00", false],
    [night, "2026-11-27T23:00:00+01:00", true],
    [night, "2026-11-28T01:59:00+01:00", true],
    [night, "2026-11-28T02:00:00+01:00", false],
    [night, "2026-11-27T01:00:00+01:00", false],
    [{ ...office, to: "24:00" }, "2026-11-30T23:59:59+01:00", true],
    // 02:30 is shown twice on the day on which clocks are set back.
    [set, "2026-10-25T02:30:00+02:00", true],
    [set, "2026-10-25T02:30:00+01:00", true],
    // And never on the one on which they are set forward.
    [set, "2026-03-29T03:15:00+02:00", false],
  ];
  for (const [window, time, expected] of cases) assert.equal(isOpen([window], at(time)), expected, time);
  assert.equal(isOpen([office, night], at("2026-11-27T23:00:00+01:00")), true, "one of several is enough");
});

test("the next opening is known to the moment, over weekends, midnights and days of 23 and 25 hours", () => {
  const cases: [ChangeWindow, string, string][] = [
    [office, "2026-11-27T17:00:00+01:00", "2026-11-30T09:00:00+01:00"],
    [office, "2026-11-30T10:00:00+01:00", "2026-11-30T10:00:00+01:00"],
    [office, "2026-03-27T20:00:00+01:00", "2026-03-30T09:00:00+02:00"],
    [office, "2026-10-23T20:00:00+02:00", "2026-10-26T09:00:00+01:00"],
    [night, "2026-11-28T02:00:00+01:00", "2026-12-04T22:00:00+01:00"],
    // What the clocks leave out opens a week later.
    [set, "2026-03-28T12:00:00+01:00", "2026-04-05T02:15:00+02:00"],
    // A beginning that they leave out is when they are set.
    [{ ...set, to: "05:00" }, "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00"],
    [set, "2026-10-25T02:50:00+02:00", "2026-10-25T02:15:00+01:00"],
  ];
  for (const [window, from, expected] of cases) {
    assert.equal(new Date(opensAt([window], at(from))).toISOString(), new Date(at(expected)).toISOString(), from);
  }
});

const time = fc
  .tuple(fc.nat(23), fc.constantFrom("00", "15", "30", "45"))
  .map(([hour, minute]) => `${String(hour).padStart(2, "0")}:${minute}`);
const window: fc.Arbitrary<ChangeWindow> = fc
  .record({
    days: fc.subarray([...weekdays], { minLength: 1, maxLength: 3 }),
    from: time,
    to: fc.oneof(time, fc.constant("24:00")),
    zone: fc.constantFrom(
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kathmandu",
      "America/Sao_Paulo",
      "UTC",
    ),
  })
  .filter(({ from, to }) => from !== to);
/** Near the days on which clocks are set, or anywhere in some years. */
const moment = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        at("2026-03-29T01:00Z"),
        at("2026-10-25T01:00Z"),
        at("2026-03-08T07:00Z"),
        at("2026-04-04T15:00Z"),
        at("2026-10-03T15:30Z"),
      ),
      fc.integer({ min: -8 * 96, max: 96 }),
    )
    .map(([set, quarters]) => set + quarters * quarterMs),
  fc.integer({ min: at("2018-01-01T00:00Z"), max: at("2030-01-01T00:00Z") }),
);

/** As long as it is closed, looked at each quarter of an hour: nothing of these windows and zones begins in between. */
function lookedFor(windows: readonly ChangeWindow[], from: number): number {
  if (isOpen(windows, from)) return from;
  let next = Math.floor(from / quarterMs) * quarterMs + quarterMs;
  while (!isOpen(windows, next) && next < from + 15 * dayMs) next += quarterMs;
  return Math.min(next, from + 15 * dayMs);
}

const agrees = (opens: typeof opensAt) =>
  fc.property(fc.array(window, { minLength: 1, maxLength: 2 }), moment, (windows, from) => {
    assert.equal(opens(windows, from), lookedFor(windows, from));
  });

test("the next opening is the one that somebody finds who looks all the time", () => {
  fc.assert(agrees(opensAt), tries(200));
});

test("that is seen to be wrong where the clocks are taken to go on evenly", () => {
  const evenly: typeof opensAt = (windows, from) => {
    if (isOpen(windows, from)) return from;
    const begins = windows.flatMap((one) => {
      for (let shift = -14; shift <= 14; shift += 0.25) {
        const shown = (text: number) => new Date(text + shift * 3_600_000).toISOString().slice(11, 16);
        const clock = new Intl.DateTimeFormat("en-GB", { timeZone: one.zone, hour: "2-digit", minute: "2-digit" });
        if (clock.format(from) === shown(from)) {
          const today = Math.floor((from + shift * 3_600_000) / dayMs) * dayMs;
          const [hour, minute] = one.from.split(":").map(Number);
          return Array.from(
            { length: 17 },
            (_, day) => today + (day - 1) * dayMs + (hour! * 60 + minute!) * 60_000 - shift * 3_600_000,
          );
        }
      }
      return [];
    });
    return Math.min(from + 15 * dayMs, ...begins.filter((begin) => begin > from && isOpen(windows, begin)));
  };
  assert.ok(fc.check(agrees(evenly), { numRuns: 500, seed: 1 }).failed);
});

test("days are named alone or from one to another, and zones are those of the IANA", () => {
  assert.deepEqual(daysOf("mon-fri"), ["mon", "tue", "wed", "thu", "fri"]);
  assert.deepEqual(daysOf("sat-mon"), ["sat", "sun", "mon"]);
  assert.deepEqual(daysOf("tue"), ["tue"]);
  for (const none of ["", "monday", "mon-", "mon-fri-sun", "fr"]) assert.equal(daysOf(none), undefined, none);
  assert.ok(isZone("Europe/Berlin") && isZone("UTC"));
  assert.ok(!isZone("Europe/Bonn") && !isZone(""));
  assert.ok(isZone("Etc/GMT+1"));
  for (const offset of ["+01:00", "-0500", "+01", "-05:30"]) assert.ok(!isZone(offset), offset);
  const near = {
    "monday-friday": "mon-fri",
    weekdays: "mon-fri",
    tues: "tue",
    "Mon – Fr": "mon-fri",
    weekend: "sat-sun",
  };
  for (const [text, days] of Object.entries(near)) assert.equal(nearDays(text), days, text);
  for (const none of ["", "m", "holiday", "mon-fri-sun"]) assert.equal(nearDays(none), undefined, none);
});

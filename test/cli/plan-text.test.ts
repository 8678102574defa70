import assert from "node:assert/strict";
import { test } from "node:test";
import { unusualLines } from "../../src/cli/plan-text.ts";
import { zonedDayTime } from "../../src/cli/terminal/duration.ts";
import { noStyle } from "../../src/cli/terminal/style.ts";
import type { Plan } from "../../src/control/views/plan.ts";

type Approval = Parameters<typeof unusualLines>[0]["requirements"]["approvals"][number];

function said(approval: Pick<Approval, "reviewers" | "count" | "selfApproval">): string[] {
  const requirements = { approvals: [{ environment: "prod", ...approval }], hollowGates: [] };
  const [, ...doubts] = unusualLines({ plan: {} as Plan, requirements, strays: [], guessed: undefined }, noStyle);
  return doubts;
}

test("an approval that nobody can give is told from one that somebody can", () => {
  assert.deepEqual(said({ reviewers: ["ada", "bob"], count: 3 }), [
    "prod: 3 must approve and 2 are named: nobody gets there unless one of them is a group",
  ]);
  assert.deepEqual(said({ reviewers: ["ada"], selfApproval: false }), [
    "prod: a run that ada asks for cannot be approved unless ada is a group",
  ]);
  assert.deepEqual(said({ reviewers: ["ada", "bob"], count: 2, selfApproval: false }), [
    "prod: a run that ada or bob asks for cannot be approved unless one of them is a group",
  ]);
  for (const fine of [
    { reviewers: [], count: 3 },
    { reviewers: ["ada", "bob"], count: 2 },
    { reviewers: ["ada"] },
    { reviewers: ["ada", "bob"], selfApproval: false as const },
  ]) {
    assert.deepEqual(said(fine), [], JSON.stringify(fine));
  }
});

test("a time that was written down elsewhere names the zone in which it is shown", () => {
  assert.match(zonedDayTime(Date.UTC(2026, 11, 1, 8)), /^2026-1[12]-\d\d \d\d:\d\d UTC(?:[+-]\d\d:\d\d)?$/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Approval, ChangeWindow } from "../../src/model/delivery.ts";
import type { Move } from "../../src/release/moves.ts";
import { underTodaysPolicies } from "../../src/release/todays-policies.ts";
import { delivery, environment } from "../engine/world/build.ts";

const asks = (...reviewers: string[]): Approval => ({ reviewers, timeoutMs: 1000 });

/** Who is asked about prod when a release of then is moved there now. */
function reviewers(then: Approval | undefined, now: Approval | undefined) {
  const shop = (approval: Approval | undefined) => delivery([], [environment("prod", approval && { approval })]);
  const moved = { to: "prod", release: { number: 1, facts: { delivery: shop(then) } } } as unknown as Move;
  const { move, policies } = underTodaysPolicies(moved, shop(now));
  return { asked: move.release.facts.delivery.environments[0]?.approval?.reviewers, differ: policies.differ };
}

test("a rule of today reaches a release of before it, and none that the release had is lost", () => {
  assert.deepEqual(reviewers(undefined, asks("ann")), { asked: ["ann"], differ: true });
  assert.deepEqual(reviewers(asks("ann"), undefined), { asked: ["ann"], differ: false });
  assert.deepEqual(reviewers(asks("ann"), asks("bob")), { asked: ["bob"], differ: true });
  assert.deepEqual(reviewers(asks("ann"), asks()), { asked: ["ann"], differ: false }, "nobody in particular is less");
  assert.deepEqual(reviewers(undefined, undefined), { asked: undefined, differ: false });
});

test("as many approve as the stricter of the two says, and not whoever asked where either says so", () => {
  const approvalOf = (then: Partial<Approval>, now: Partial<Approval>) => {
    const shop = (more: Partial<Approval>) =>
      delivery([], [environment("prod", { approval: { ...asks("ann"), ...more } })]);
    const moved = { to: "prod", release: { number: 1, facts: { delivery: shop(then) } } } as unknown as Move;
    const { move, policies } = underTodaysPolicies(moved, shop(now));
    const { count, selfApproval } = move.release.facts.delivery.environments[0]!.approval!;
    return { count, selfApproval, differ: policies.differ };
  };
  const strict = { count: 2, selfApproval: false } as const;
  assert.deepEqual(approvalOf({}, strict), { ...strict, differ: true });
  assert.deepEqual(approvalOf(strict, {}), { ...strict, differ: false });
  assert.deepEqual(approvalOf({ count: 3 }, { count: 2 }), { count: 3, selfApproval: undefined, differ: false });
});

test("change windows are those of today, and that they were taken out opens none", () => {
  const day: ChangeWindow = { days: ["mon"], from: "09:00", to: "17:00", zone: "UTC" };
  const night: ChangeWindow = { ...day, from: "22:00", to: "02:00" };
  const windowsOf = (then: ChangeWindow[] | undefined, now: ChangeWindow[] | undefined) => {
    const shop = (windows: ChangeWindow[] | undefined) => delivery([], [environment("prod", windows && { windows })]);
    const moved = { to: "prod", release: { number: 1, facts: { delivery: shop(then) } } } as unknown as Move;
    const { move, policies } = underTodaysPolicies(moved, shop(now));
    return { windows: move.release.facts.delivery.environments[0]!.windows, differ: policies.differ };
  };
  assert.deepEqual(windowsOf([day], [night]), { windows: [night], differ: true });
  assert.deepEqual(windowsOf([day], undefined), { windows: [day], differ: false });
  assert.deepEqual(windowsOf(undefined, [night]), { windows: [night], differ: true });
});

test("what is done about a failure is as today; without a definition of today all is as in the release", () => {
  const then = delivery([], [environment("prod", { onFailure: "rollback" })]);
  const moved = { to: "prod", release: { number: 1, facts: { delivery: then } } } as unknown as Move;
  const now = underTodaysPolicies(moved, delivery([], [environment("prod")]));
  assert.equal(now.move.release.facts.delivery.environments[0]?.onFailure, undefined);
  assert.deepEqual(now.policies, { judgedBy: "today", differ: true });
  assert.deepEqual(underTodaysPolicies(moved, undefined), {
    move: moved,
    policies: { judgedBy: "release", differ: false },
  });
  assert.equal(underTodaysPolicies(moved, delivery([], [environment("qa")])).policies.judgedBy, "release");
});

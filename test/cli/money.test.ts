import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { centsThatAddUp, difference, dollars } from "../../src/cli/terminal/money.ts";
import { tries } from "../lane/depth.ts";

test("cents add up to the rounded sum, and none is further than a cent from its amount", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e5, noNaN: true })), (amounts) => {
      const cents = centsThatAddUp(amounts);
      const exact = amounts.map((usd) => Math.round(usd * 1e6) / 1e4);
      const sum = Math.round(exact.reduce((total, each) => total + each, 0));
      assert.equal(
        cents.reduce((total, each) => total + each, 0),
        sum,
      );
      for (const [at, each] of cents.entries()) {
        assert.ok(Number.isInteger(each) && Math.abs(each - exact[at]!) <= 1, `${each} for ${exact[at]}`);
      }
    }),
    tries(100),
  );
  assert.deepEqual(centsThatAddUp([0.004, 0.004, 0.004]), [1, 0, 0]);
});

test("amounts and differences as people write them", () => {
  assert.deepEqual([dollars(0), dollars(105), dollars(-20)], ["$0.00", "$1.05", "-$0.20"]);
  assert.deepEqual([difference(5), difference(0), difference(-100)], ["+$0.05", "$0.00", "-$1.00"]);
});

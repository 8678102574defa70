import assert from "node:assert/strict";
import { test } from "node:test";
import { isFull, seed as single, times } from "../../lane/depth.ts";
import { keptSeeds } from "./kept-seeds.ts";
import { simulate, type Violation } from "./simulate.ts";
import type { Entry } from "./world/trace.ts";

/** A seed that is asked for is the one world that is lived through, and shown whole. */
const count = isFull ? times(10_000) : 60;

test("kept seeds stay good", async () => {
  for (const { seed, was } of keptSeeds) {
    const violation = await simulate(seed);
    assert.equal(violation, undefined, violation && `${was}\n${explain(violation)}`);
  }
});

test(single === undefined ? `${count} seeds` : `seed ${single}`, async (t) => {
  if (single !== undefined) {
    const violation = await simulate(single);
    assert.equal(violation, undefined, violation && explain(violation));
    return;
  }
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= count; seed += 1) {
    const violation = await simulate(seed, { onEnd: ({ entries }) => tally(entries, seen) });
    assert.equal(violation, undefined, violation && explain(violation));
  }
  t.diagnostic(`${count} simulated worlds, every promise held: ${[...seen].map((each) => each.join(" ")).join(", ")}`);
  // Too rare to be among a few worlds.
  if (isFull) assert.ok(seen.has("passed over"), "nobody was ever passed over for being outside of a change window");
  for (const kind of mustHappen) assert.ok((seen.get(kind) ?? 0) > count / 100, `${kind} hardly ever happened`);
});

test("crashes before and after every single write", async () => {
  for (let seed = 1; seed <= (isFull ? times(25) : 1); seed += 1) {
    let flushes = 0;
    await simulate(seed, { crash: { flush: 0, when: "before" }, onEnd: (life) => (flushes = life.flushes) });
    for (let flush = 1; flush <= flushes; flush += 1) {
      for (const when of ["before", "after"] as const) {
        const violation = await simulate(seed, { crash: { flush, when } });
        assert.equal(violation, undefined, violation && `crash ${when} write ${flush}\n${explain(violation)}`);
      }
    }
  }
});

/** What these worlds are for: if one of them gets rare, the promises about it are hardly tested. */
const mustHappen = [
  ...["crashed", "stopped", "closed", "gone", "stop", "opened", "quiet", "lease lost", "acknowledged", "lost"],
  ...["job.failed", "job.retry-due", "job.cancelled", "job.interrupted", "run.retry-requested", "run.cancel-requested"],
  ...["run.adopted", "run.suspended", "job.verified", "rollback.declined", "taken back"],
  ...["environment.frozen", "environment.thawed", "approval.given", "approval.reminded"],
  ...["lock.acquired", "lock.released", "approval.requested", "approval.answered", "run.finished"],
  ...["promotion", "rollback"],
  ...["gate", "not-needed", "fail-fast", "superseded", "not-approved", "cancelled"],
];

function tally(entries: readonly Entry[], seen: Map<string, number>): void {
  const add = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const entry of entries) {
    if (entry.kind !== "durable") add(entry.kind);
    else if (entry.recorded.event.type === "run.created" && entry.recorded.event.moves !== undefined) {
      add(entry.recorded.event.plan.change.event);
      if (entry.recorded.event.unasked) add("taken back");
    } else if (entry.recorded.event.type === "lock.acquired" && entry.recorded.event.past !== undefined) {
      add("passed over");
      add("lock.acquired");
    } else add(entry.recorded.event.type === "job.skipped" ? entry.recorded.event.code : entry.recorded.event.type);
  }
}

/** The end of the story; earlier lines are there when the seed is asked for. */
function explain({ seed, checker, message, trace }: Violation): string {
  const shown = single === undefined ? trace.slice(-40) : trace;
  const left = trace.length - shown.length;
  return [
    `seed ${seed} broke "${checker}": ${message}`,
    ...(left > 0
      ? [`(${left} earlier lines: BATON_TEST_SEED=${seed} node --test test/engine/simulation/simulation.test.ts)`]
      : []),
    ...shown,
    `Keep it: add seed ${seed} to test/engine/simulation/kept-seeds.ts`,
  ].join("\n");
}

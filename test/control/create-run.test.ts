/** A run is made of a plan that nobody has overtaken: what happens while others deploy and make the same at that moment. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { createRun, madeOrGivenUp, mostPlans } from "../../src/control/local/create-run.ts";
import { EngineRefusal } from "../../src/engine/refusal.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { delivery, environment, job, pipeline, plan, planned } from "../engine/world/build.ts";
import { settle, World } from "../engine/world/world.ts";

const beingMade = () => new EngineRefusal("being-made", { subject: "r1", known: ["web.build"], text: "is being made" });
const outdated = () => new EngineRefusal("outdated-plan", { subject: "r2", text: "something was deployed" });

/** Plans are numbered by their commits; `refusals` are met in turn, and then the run is made. */
async function createdAfter(refusals: readonly (() => Error)[], { isPatient = true } = {}) {
  let plans = 0;
  const waitedWith: string[] = [];
  const left = [...refusals];
  const made = createRun({
    planNow: async () =>
      ({ ...plan([planned("web.build")]), change: { commit: `plan ${++plans}` } }) as unknown as Plan,
    async create(now) {
      const refusal = left.shift();
      if (refusal) throw refusal();
      return now.change.commit;
    },
    ...(isPatient && {
      async untilMade({ run, jobs, plan: refused }) {
        assert.deepEqual([run, jobs], ["r1", ["web.build"]]);
        waitedWith.push(refused.change.commit);
      },
    }),
  });
  const came = await made.catch((error: EngineRefusal) => error.code);
  return { came, plans, waitedWith };
}

const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

test("whoever is overtaken plans anew, a few times and then no more", async () => {
  assert.deepEqual(await createdAfter([]), { came: "plan 1", plans: 1, waitedWith: [] });
  const often = await createdAfter(times(mostPlans - 1, outdated));
  assert.deepEqual([often.came, often.plans], [`plan ${mostPlans}`, mostPlans]);
  const tooOften = await createdAfter(times(mostPlans, outdated));
  assert.deepEqual([tooOften.came, tooOften.plans], ["outdated-plan", mostPlans]);
});

test("waiting for others is not being overtaken: it neither uses up the plans nor lets them go on without end", async () => {
  const waits = times(mostPlans, beingMade);
  assert.equal((await createdAfter([...waits, outdated])).came, `plan ${mostPlans + 2}`);
  const { came, plans } = await createdAfter([...waits, ...times(mostPlans + 3, outdated)]);
  assert.deepEqual([came, plans], ["outdated-plan", 2 * mostPlans]);
});

test("waited is for what the refused plan wants, not for what an earlier one did", async () => {
  const { came, waitedWith } = await createdAfter([beingMade, outdated, beingMade]);
  assert.deepEqual([came, waitedWith], ["plan 4", ["plan 1", "plan 3"]]);
});

test("whoever does not wait is refused at once, and what is no refusal is not tried again", async () => {
  assert.equal((await createdAfter([beingMade], { isPatient: false })).came, "being-made");
  const broken = createdAfter([() => new EngineRefusal("wrong-plan", { subject: "r1", text: "cannot be run" })]);
  assert.deepEqual([(await broken).came, (await broken).plans], ["wrong-plan", 1]);
});

for (const [how, end] of [
  ["the other has made it", async (world: World) => await world.end("web.build")],
  ["nobody wants it", (_: World, wanted: AbortController) => wanted.abort()],
] as const) {
  test(`waiting ends when ${how}, and leaves no listener behind`, async () => {
    const shop = delivery([pipeline("web", { build: job({ per: "release" }) })], [environment("dev")]);
    const shopPlan = plan([planned("web.build", { reason: { code: "never-deployed", text: "", because: [] } })]);
    const world = new World();
    const engine = await world.open();
    const { run } = await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 2 });
    await settle();
    const wanted = new AbortController();
    const waiting = madeOrGivenUp(engine, { run, plan: shopPlan, signal: wanted.signal });
    await settle();
    assert.equal(getEventListeners(wanted.signal, "abort").length, 1, "it waits");
    await end(world, wanted);
    await waiting;
    assert.equal(getEventListeners(wanted.signal, "abort").length, 0);
  });
}

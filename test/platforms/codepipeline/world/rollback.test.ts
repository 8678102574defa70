/** The function that rolls back, through moves that people, alarms and the platform can make. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tries } from "../../../lane/depth.ts";
import { after, type Move } from "./rollbacks.ts";

const good = (...names: string[]): Move[] =>
  names.flatMap((name): Move[] => [
    ["begin", name],
    ["passes", name],
  ]);
const bad = (name: string): Move[] => [
  ["begin", name],
  ["fails", name],
  ["hears of failure", name],
];

test("a run that failed goes back to the last one that went well", async () => {
  const { calls, told } = await after([...good("A", "B"), ...bad("C")]);
  assert.deepEqual(calls, ["B"]);
  assert.deepEqual(told, ["prod goes back from C to B, by the run R1."]);
});

test("never to one that was taken back, by an alarm or by a failure", async () => {
  const { calls } = await after([...good("A", "B"), ["rings", "unhealthy"], ["passes", "R1"], ...bad("C")]);
  assert.deepEqual(calls, ["A", "A"]);
  // The rollback itself went wrong: what it ran away from is no better for that.
  const again = await after([...good("A", "B"), ["rings", "unhealthy"], ["fails", "R1"], ...bad("C")]);
  assert.deepEqual(again.calls, ["A", "A"]);
  const twice = await after([
    ...good("A", "B"),
    ["rings", "slow"],
    ["passes", "R1"],
    ...good("C", "D"),
    ["rings", "slow"],
    ["passes", "R2"],
    ...bad("E"),
  ]);
  assert.deepEqual(twice.calls, ["A", "C", "C"]);
});

test("once for each stage and run, however many alarms and events there are", async () => {
  const alarms = await after([...good("A", "B"), ["rings", "unhealthy"], ["rings", "slow"], ["rings", "unhealthy"]]);
  assert.deepEqual([alarms.calls, alarms.told.length], [["A"], 1]);
  const events = await after([...good("A"), ...bad("B"), ["hears of failure", "B"]]);
  assert.deepEqual([events.calls, events.told.length], [["A"], 1]);
  const late = await after([...good("A"), ...bad("B"), ["passes", "R1"], ["hears of failure", "B"]]);
  assert.deepEqual([late.calls, late.told.length], [["A"], 1]);
});

test("an alarm speaks of a deployment only while it is watched, and of no run that is on its way", async () => {
  const old = await after([...good("A", "B"), ["wait", 30_000], ["rings", "unhealthy"]]);
  assert.deepEqual(old.calls, []);
  assert.match(
    old.told[0]!,
    /unhealthy rings \d{5} minutes after the end of the deployment B of prod.*Nothing goes back/,
  );
  const before = await after([...good("A", "B"), ["rings", "unhealthy", -10]]);
  assert.deepEqual(before.calls, []);
  assert.match(before.told[0]!, /minutes before the end/);
  const busy = await after([...good("A", "B"), ["begin", "C"], ["rings", "unhealthy"]]);
  assert.deepEqual(busy.calls, []);
  assert.match(busy.told[0]!, /rings while C is on its way into prod/);
});

test("a rollback that goes wrong needs a person, and so does a pipeline that has changed", async () => {
  const failed = await after([...good("A"), ...bad("B"), ["fails", "R1"], ["hears of failure", "R1"]]);
  assert.deepEqual(failed.calls, ["A"]);
  assert.match(failed.told[1]!, /Nothing more is tried/);
  const rang = await after([...good("A"), ...bad("B"), ["passes", "R1"], ["rings", "slow"]]);
  assert.deepEqual(rang.calls, ["A"]);
  const changed = await after([...good("A"), ["change"], ...bad("B")]);
  assert.deepEqual(changed.calls, []);
  assert.match(changed.told[0]!, /since the pipeline itself was changed last/);
});

/** Any history: at each point a run comes, an alarm rings, an event comes again, time goes by, a rollback ends. */
const histories = fc.array(
  fc.constantFrom("good", "bad", "rings", "again", "wait", "rollback passes", "rollback fails", "change"),
  { minLength: 3, maxLength: 14 },
);

function movesOf(history: readonly string[]): Move[] {
  const moves: Move[] = [];
  let run = 0;
  for (const one of history) {
    if (one === "good") moves.push(...good(`run${++run}`));
    else if (one === "bad") moves.push(...bad(`run${++run}`));
    else if (one === "rings") moves.push(["rings", "unhealthy"]);
    else if (one === "again" && run > 0) moves.push(["hears of failure", `run${run}`]);
    else if (one === "wait") moves.push(["wait", 60]);
    else if (one === "change") moves.push(["change"]);
  }
  return moves;
}

test("of any history: nothing goes to a run that did not go well or was left before", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const moves = movesOf(history);
      const failed = new Set(moves.filter(([move]) => move === "fails").map(([, name]) => name));
      const { calls, told } = await after(moves);
      for (const target of calls) assert.ok(!failed.has(target), `${target} had failed`);
      const left = told.flatMap((text) => /goes back from (\S+) to/.exec(text)?.[1] ?? []);
      assert.equal(new Set(left).size, left.length, "each run is left once");
      for (const [at, target] of calls.entries()) assert.ok(!left.slice(0, at).includes(target), `${target} was left`);
    }),
    tries(400),
  );
});

for (const [what, words, by, moves, calls] of [
  [
    "goes to what was taken back",
    "wasTakenBack(+one.startTime)",
    "false",
    [...good("A", "B"), ["rings", "unhealthy"], ["passes", "R1"], ...bad("C")],
    ["A", "B"],
  ],
  [
    "does not look who is in the stage",
    "there.run !== run",
    "false",
    [...good("A"), ...bad("B"), ["passes", "R1"], ["hears of failure", "B"]],
    ["A", "A"],
  ],
] as const) {
  test(`the world sees a function that ${what}`, async () => {
    const found = await after(moves as readonly Move[], (source) => {
      assert.ok(source.includes(words));
      return source.replace(words, by);
    });
    assert.deepEqual(found.calls, calls);
  });
}

test("what fails for a reason that passes is done when it is called again, once", async () => {
  for (const command of ["GetPipelineState", "ListPipelineExecutions", "GetPipeline", "RollbackStage"]) {
    const { calls, told } = await after([...good("A"), ["breaks", command], ...bad("B")]);
    assert.deepEqual([calls, told.length], [["A"], 1], command);
  }
  // It went back before the news could be told: the rule for failed runs tells of those.
  const { calls } = await after([...good("A"), ["breaks", "Publish"], ...bad("B")]);
  assert.deepEqual(calls, ["A"]);
  // Lambda gives up, and an alarm tells of it.
  const never = await after([...good("A"), ["breaks", "GetPipeline", 3], ...bad("B")]);
  assert.deepEqual([never.calls, never.told], [[], []]);
});

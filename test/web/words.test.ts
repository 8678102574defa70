/** What the pages say of times, of waits and of who needs whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { approvalsSaid, mayAnswer } from "../../src/web/data/may.ts";
import { indexOf, merged, momentsOf } from "../../src/web/data/moments.ts";
import { ago, duration, roughly } from "../../src/web/data/time.ts";
import { whyChain } from "../../src/web/data/why.ts";
import type { Session, Waiting, WaitView } from "../../src/web/data/wire.ts";
import { twigs } from "../../src/web/pages/board/tree.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

test("durations have two units at most, ages one", () => {
  const cases: [number, string, string][] = [
    [0, "0 ms", "just now"],
    [42.4, "42 ms", "just now"],
    [420, "0.4 s", "just now"],
    [14.2 * second, "14 s", "14 s ago"],
    [59.6 * second, "1 m 00 s", "59 s ago"],
    [2 * minute + 5 * second, "2 m 05 s", "2 m ago"],
    [hour, "1 h", "1 h ago"],
    [70 * minute, "1 h 10 m", "1 h ago"],
    [7 * 24 * hour, "7 d", "7 d ago"],
    [76 * hour, "3 d 4 h", "3 d ago"],
  ];
  for (const [ms, long, past] of cases) assert.deepEqual([duration(ms), ago(ms)], [long, past]);
  assert.equal(ago(-3 * hour), "in 3 h");
  assert.equal(roughly(-20 * minute), "20 m");
});

const waiting = (run: string, subject: string, wait: WaitView): Waiting => ({
  run,
  release: Number(run.slice(1)),
  subject,
  wait,
  kind: wait.kind === "jobs" || wait.kind === "slot" || wait.kind === "legs" ? "turn" : "elsewhere",
});

test("why something waits is followed to its root: jobs, the approval behind them, the run that is in the way", () => {
  const approval: WaitView = { kind: "approval", environment: "prod", reviewers: ["kim"] };
  const waits = [
    waiting("r2", "prod", approval),
    waiting("r2", "web.deploy@prod", { kind: "jobs", jobs: ["api.deploy@prod"], more: 0 }),
    waiting("r3", "api.deploy@test", { kind: "lock", environment: "test", holder: "r2", ahead: 0 }),
    waiting("r4", "a", { kind: "jobs", jobs: ["b"], more: 1 }),
    waiting("r5", "x", { kind: "lock", environment: "dev", holder: "r6", ahead: 0 }),
    waiting("r6", "y", { kind: "lock", environment: "test", holder: "r5", ahead: 0 }),
  ];
  const said = (run: string, subject: string) => {
    const { causes, end } = whyChain(waits, run, subject);
    return [...causes.map((cause) => `${cause.subject} ${cause.wait.kind}`), ...(end ? [`${end.job} runs`] : [])];
  };
  assert.deepEqual(said("r2", "web.deploy@prod"), ["web.deploy@prod jobs", "prod approval"]);
  assert.deepEqual(said("r3", "api.deploy@test"), ["api.deploy@test lock", "prod approval"]);
  assert.deepEqual(said("r4", "a"), ["a jobs", "b runs"]);
  assert.deepEqual(said("r2", "ended"), []);
  assert.deepEqual(said("r5", "x"), ["x lock", "y lock"], "two that wait for each other are told once each");
});

test("each pipeline hangs on the one that keeps it waiting longest", () => {
  const drawn = twigs([
    { name: "network", needs: [] },
    { name: "database", needs: ["network"] },
    { name: "api", needs: ["network", "database"] },
    { name: "web", needs: ["api"] },
    { name: "worker", needs: ["database"] },
    { name: "docs", needs: [] },
  ]).map(({ rails, isLast, depth }) => {
    const lines = rails.map((goesOn) => (goesOn ? "│ " : "  ")).join("");
    return depth === 0 ? "" : lines + (isLast ? "└─" : "├─");
  });
  assert.deepEqual(drawn, ["", "└─", "  ├─", "  │ └─", "  └─", ""]);
});

test("what happened is told as moments, and an event stands at the last of them that it does not come before", () => {
  const run = "r1";
  const one = [
    { seq: 4, at: 40, type: "run.created", run, release: 1 },
    { seq: 9, at: 90, type: "job.failed", run, job: "api.test", attempt: 2, because: "it ended with 3" },
  ];
  const other = [
    { seq: 7, at: 70, type: "approval.answered", run: "r2", environment: "prod", answer: "approved", by: "kim" },
    { seq: 12, at: 120, type: "run.finished", run: "r2", conclusion: "succeeded" },
    { seq: 13, at: 130, type: "something.new", run: "r2", environment: "dev" },
  ];
  const moments = momentsOf(merged([one, other]));
  assert.deepEqual(
    moments.map(({ seq, said, state = "" }) => [seq, said, state]),
    [
      [4, "run 1 is planned", ""],
      [7, "approved for prod by kim", "passed"],
      [9, "api.test has failed, attempt 2: it ended with 3", "failed"],
      [12, "the run has passed", "passed"],
      [13, "something new dev", ""],
    ],
  );
  assert.deepEqual(
    [undefined, 1, 4, 8, 12, 99].map((seq) => indexOf(moments, seq)),
    [4, 0, 0, 1, 3, 4],
  );
});

test("who may answer: by role, by whom it asks, and not whoever asked for the run or has approved already", () => {
  const session = (name: string): Session => ({
    version: 1,
    isRequired: true,
    name,
    grants: [{ role: "approver", environments: ["prod"] }],
    groups: [],
  });
  const asked = { environment: "prod", reviewers: ["ada", "bob", "kim"], given: ["bob"], notBy: "kim" };
  const may = (name: string, environment = "prod") => mayAnswer({ ...asked, environment }, session(name));
  assert.deepEqual(
    [may("ada"), may("bob"), may("kim"), may("eve"), may("ada", "dev")],
    ["yes", "approved-already", "own-run", "no-reviewer", "no-role"],
  );
  assert.equal(mayAnswer(asked, undefined), "yes");
  assert.equal(mayAnswer(asked, { ...session("kim"), isRequired: false }), "yes");
});

test("how many approvals it takes is said with those who gave one", () => {
  assert.deepEqual(
    [{}, { count: 2 }, { count: 2, given: ["ada"] }, { count: 4, given: ["ada", "bob", "kim"] }].map(approvalsSaid),
    ["", "2 approvals", "2 approvals, ada gave one", "4 approvals, ada, bob and kim gave one each"],
  );
});

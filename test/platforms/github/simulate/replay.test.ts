import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readRepository } from "../../../../src/platforms/github/read/repository.ts";
import { githubPlatform } from "../../../../src/platforms/github/simulate/platform.ts";
import { createSimulator } from "../../../../src/platforms/github/simulate/simulator.ts";
import { isFull, tries } from "../../../lane/depth.ts";
import { contains, everyTrace, momentsOf } from "../../every-trace.ts";
import { writeTree } from "../read/tree.ts";
import { job, push, scenario, simulatorOf } from "./fixtures.ts";
import { cases, describe, repositoryOf } from "./random-workflows.ts";

/** The same cases each time: of random ones too many are too large to look at every order. */
const search = tries(60, 20_261_120);

test("a replay is possible exactly where some order of events is", () => {
  const verdicts = { possible: 0, impossible: 0 };
  fc.assert(
    fc.property(
      cases({ workflows: 2, jobs: 2, events: 2 }),
      fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), { minLength: 8, maxLength: 8 }),
      (given, picks) => {
        const simulator = createSimulator(repositoryOf(given), { searchLimit: 100_000 });
        const traces = everyTrace(simulator, given.scenario, 400);
        fc.pre(traces !== undefined);
        const moments = momentsOf(traces);
        fc.pre(moments.length > 1);
        for (const pick of picks) {
          const schedule = pick.map((at) => moments[at % moments.length]!);
          const isPossible: boolean = traces.some((trace) => contains(trace, schedule));
          const replay = simulator.replay(given.scenario, schedule);
          const wanted: keyof typeof verdicts = isPossible ? "possible" : "impossible";
          assert.equal(replay.kind, wanted, `${JSON.stringify(schedule)}\n${describe(given)}`);
          verdicts[wanted]++;
          if (replay.kind === "possible") assert.ok(contains(replay.trace, schedule));
        }
      },
    ),
    search,
  );
  if (isFull) assert.ok(Math.min(verdicts.possible, verdicts.impossible) > 60, JSON.stringify(verdicts));
});

test("an impossible replay says why", () => {
  const simulator = simulatorOf({
    "a.yml": "on: { push: { branches: [main] } }\njobs: { j: { if: false, runs-on: x, steps: [{ run: echo }] } }",
    "b.yml": "on: { push: { branches: [dev] } }\njobs: { j: { runs-on: x, steps: [{ run: echo }] } }",
    "c.yml": "on: schedule\njobs: { j: { runs-on: x, steps: [{ run: echo }] } }",
  });
  const reason = (file: string) => {
    const replay = simulator.replay(scenario([push("p")]), [{ kind: "job-started", job: job(file, "j") }]);
    return replay.kind === "impossible" ? replay.reason : "possible";
  };
  assert.equal(reason("a.yml"), ".github/workflows/a.yml#j is skipped");
  assert.equal(reason("b.yml"), ".github/workflows/b.yml does not start: its branch filter leaves out main");
  assert.equal(reason("c.yml"), "nothing starts .github/workflows/c.yml");
});

test("a job that is cancelled in place of a step ends as late as anybody likes", () => {
  const lined =
    "jobs:\n  a:\n    runs-on: x\n    concurrency: { group: line, queue: max }\n    steps: [{ run: echo }]\n";
  const simulator = simulatorOf({ "w.yml": `on: push\n${lined}` });
  const { run } = job("w.yml", "a", "second");
  const first = { pipeline: run.pipeline, event: "first" };
  const cancelled = scenario([push("first"), push("second")], {
    outcomes: [{ job: job("w.yml", "a"), outcome: "cancelled" }],
  });
  const replay = simulator.replay(cancelled, [
    { kind: "job-started", job: job("w.yml", "a", "second") },
    { kind: "run-ended", run: first, conclusion: "cancelled" },
    { kind: "job-ended", job: job("w.yml", "a") },
  ]);
  assert.equal(replay.kind, "possible");
});

test("steps are passed over only where nothing can hinge on when they come", () => {
  const jobWith = (steps: string) => `on: push\njobs:\n  a:\n    runs-on: x\n    steps: [${steps}]\n`;
  const isPassedOver = (steps: string, outcome?: "cancelled"): boolean => {
    const tree = writeTree({ ".github/workflows/w.yml": jobWith(steps) });
    const platform = githubPlatform(readRepository(tree, { defaultBranch: "main" }));
    const outcomes = outcome ? [{ job: job("w.yml", "a"), outcome }] : [];
    const machine = platform.begin(scenario([push("p")], { outcomes }), { isBesideOthers: false });
    for (const wanted of ["deliver p", "start 0:.github/workflows/w.yml#a[0]"]) {
      machine.perform([...machine.moves()].find((move) => machine.nameOf(move) === wanted)!);
    }
    const [step, ...others] = machine.moves();
    assert.deepEqual([step && machine.nameOf(step), others], ["advance 0:.github/workflows/w.yml#a[0]", []]);
    return machine.isUnseen(step!, []);
  };
  assert.equal(isPassedOver("{ run: echo }"), true);
  assert.equal(isPassedOver("{ run: echo }", "cancelled"), false);
  assert.equal(isPassedOver("{ run: echo }, { run: echo, if: always() }"), false);
  assert.equal(isPassedOver("{ run: git push }"), false);
});

/** What the service guarantees and what it leaves open, one thing at a time, over every order that is possible. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allNames, noNames } from "../../../../src/facts/name-set.ts";
import { nameSet } from "../../../../src/platforms/codepipeline/facts/name-sets.ts";
import type {
  SimulatedPipeline,
  SimulatedStart,
} from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { World } from "../../../../src/platforms/codepipeline/simulate/world.ts";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import type { Trace } from "./simulate.ts";
import { simulate } from "./simulate.ts";
import { action, everyTrace, indexOf, pipeline, push, stage, told } from "./worlds.ts";

function every(pipelines: readonly SimulatedPipeline[], world: Omit<World, "choose">): Trace[] {
  const traces = everyTrace(pipelines, world, 60_000);
  assert.ok(traces, "too many orders to try them all");
  return traces;
}

/** The first possible move each time. */
const plainly = (pipelines: readonly SimulatedPipeline[], world: Omit<World, "choose">): Trace =>
  simulate(pipelines, { ...world, choose: () => 0 });

const failing =
  (...names: readonly string[]): NonNullable<World["outcome"]> =>
  ({ run, action: name }) =>
    names.includes(`${run.id} ${name}`) ? "failed" : "passed";

const statuses = ({ runs }: Trace) => runs.map(({ status }) => status);

describe("one run", () => {
  const shop = pipeline("shop", [stage("Build", ["test", "lint", "pack:2"]), stage("Deploy", ["api"])]);

  test("goes through stages and run orders one after another, and actions of one order in any order", () => {
    const traces = every([shop], { events: [push("p")] });
    for (const trace of traces) {
      assert.ok(
        indexOf(trace, { what: "action-started", action: "pack" }) >
          indexOf(trace, { what: "action-passed", action: "test" }),
      );
      assert.ok(
        indexOf(trace, { what: "action-started", action: "pack" }) >
          indexOf(trace, { what: "action-passed", action: "lint" }),
      );
      assert.ok(
        indexOf(trace, { what: "action-started", action: "api" }) >
          indexOf(trace, { what: "stage-passed", stage: "Build" }),
      );
      assert.deepEqual(statuses(trace), ["succeeded"]);
    }
    const firsts = new Set(
      traces.map(
        (trace) =>
          indexOf(trace, { what: "action-passed", action: "test" }) <
          indexOf(trace, { what: "action-passed", action: "lint" }),
      ),
    );
    assert.equal(firsts.size, 2);
  });

  test("ends with the first stage in which an action fails; what runs beside that goes on", () => {
    for (const trace of every([shop], { events: [push("p")], outcome: failing("0 test") })) {
      assert.ok(indexOf(trace, { what: "action-passed", action: "lint" }) >= 0);
      assert.equal(indexOf(trace, { what: "action-started", action: "pack" }), -1);
      assert.deepEqual(statuses(trace), ["failed"]);
    }
  });

  test("takes the pushed commit; one that nobody pushed takes the newest when its source runs", () => {
    const source = pipeline("shop", [
      stage("Source", [action("git", { source: { branch: [{ kind: "text", text: "main" }] } })]),
    ]);
    const commits = (events: readonly RootEvent[]) =>
      new Set(
        every([source], { events }).flatMap((trace) =>
          trace.events.flatMap((event) =>
            event.what === "takes-commit" ? [`${trace.runs[event.run]!.root} ${event.commit}`] : [],
          ),
        ),
      );
    assert.deepEqual(commits([push("p")]), new Set(["p commit-p"]));
    const byHand: RootEvent = { id: "hand", kind: "dispatch", pipeline: "shop", branch: "main", inputs: {} };
    assert.deepEqual(
      commits([push("p"), byHand, push("q")]),
      new Set(["p commit-p", "q commit-q", "hand commit-p", "hand commit-q"]),
    );
  });
});

describe("several runs of one pipeline", () => {
  const stages = [stage("Deploy", ["deploy"])];
  const events = [push("a"), push("b"), push("c")];
  const inside = (trace: Trace, name: string) =>
    trace.events.flatMap((event) =>
      "stage" in event && event.stage === name && (event.what === "stage-entered" || event.what === "stage-passed")
        ? [`${event.what === "stage-entered" ? "in" : "out"} ${event.run}`]
        : [],
    );

  for (const executionMode of ["SUPERSEDED", "QUEUED"] as const) {
    test(`${executionMode}: a stage takes one run at a time`, () => {
      for (const trace of every([pipeline("shop", stages, { executionMode })], { events })) {
        const visits = inside(trace, "Deploy");
        visits.forEach((visit, at) => {
          if (visit.startsWith("in")) assert.equal(visits[at + 1], visit.replace("in", "out"));
        });
      }
    });
  }

  test("QUEUED: none is dropped, and none overtakes another", () => {
    for (const trace of every([pipeline("shop", stages, { executionMode: "QUEUED" })], { events })) {
      assert.deepEqual(statuses(trace), ["succeeded", "succeeded", "succeeded"]);
      assert.deepEqual(
        inside(trace, "Deploy").filter((visit) => visit.startsWith("in")),
        ["in 0", "in 1", "in 2"],
      );
    }
  });

  test("SUPERSEDED: only one that waits is replaced, by a newer one, and the last one never", () => {
    const traces = every([pipeline("shop", stages)], { events });
    for (const trace of traces) {
      assert.equal(statuses(trace)[2], "succeeded");
      trace.events.forEach((event) => {
        if (event.what !== "superseded") return;
        const entered = trace.events.some(
          (other) => other.what === "stage-entered" && other.run === event.run && other.stage === event.stage,
        );
        assert.ok(!entered);
      });
    }
    assert.ok(traces.some((trace) => statuses(trace)[1] === "superseded"));
    assert.ok(traces.some((trace) => statuses(trace).every((status) => status === "succeeded")));
  });

  test("PARALLEL: nobody waits, and nothing is rolled back", () => {
    const parallel = pipeline(
      "shop",
      [stage("Deploy", ["deploy"], { onFailure: { result: "ROLLBACK", retry: "FAILED_ACTIONS" } })],
      {
        executionMode: "PARALLEL",
      },
    );
    const traces = every([parallel], { events: events.slice(1), outcome: failing("1 deploy") });
    assert.ok(
      traces.some((trace) =>
        inside(trace, "Deploy")
          .slice(0, 2)
          .every((visit) => visit.startsWith("in")),
      ),
    );
    for (const trace of traces) {
      assert.ok(trace.events.every(({ what }) => what !== "waits"));
      assert.deepEqual(statuses(trace), ["succeeded", "failed"]);
    }
  });

  test("QUEUED and PARALLEL refuse one more than so many in progress; SUPERSEDED does not", () => {
    for (const executionMode of ["QUEUED", "PARALLEL", "SUPERSEDED"] as const) {
      const traces = every([pipeline("shop", stages, { executionMode })], { events, mostRuns: 1 });
      const refused = traces.some((trace) => indexOf(trace, { what: "not-started" }) >= 0);
      assert.equal(refused, executionMode !== "SUPERSEDED", executionMode);
    }
  });
});

describe("failures", () => {
  const rollback = { onFailure: { result: "ROLLBACK", retry: "FAILED_ACTIONS" } } as const;
  const deploys = [
    stage("Build", [action("pack", { outputs: ["bundle"] })]),
    stage("Deploy", [action("api", { inputs: ["bundle"] })], rollback),
  ];

  test("ROLLBACK: a run of its own does the stage again with the artifacts of the last run that passed it", () => {
    const shop = pipeline("shop", deploys, { executionMode: "QUEUED" });
    for (const trace of every([shop], { events: [push("a"), push("b")], outcome: failing("1 api") })) {
      assert.deepEqual(statuses(trace), ["succeeded", "failed", "succeeded"]);
      const { kind, release, commit, root } = trace.runs[2]!;
      assert.deepEqual([kind, release, commit, root], ["rollback", 0, "commit-a", "b"]);
      assert.deepEqual(
        told(trace).filter((line) => line.startsWith("2 ")),
        [
          "2 run-started",
          "2 Deploy stage-entered",
          "2 Deploy/api action-started",
          "2 Deploy/api finds-artifact",
          "2 Deploy/api action-passed",
          "2 Deploy stage-passed",
          "2 run-ended",
        ],
      );
      assert.ok(trace.events.some((event) => event.what === "finds-artifact" && event.run === 2 && event.from === 0));
    }
  });

  test("ROLLBACK: not without a run that passed, not of the source, and a rollback that fails is not rolled back", () => {
    const shop = pipeline("shop", deploys);
    assert.deepEqual(statuses(plainly([shop], { events: [push("a")], outcome: failing("0 api") })), ["failed"]);
    const source = pipeline("shop", [stage("Source", [action("git", { source: { branch: undefined } })], rollback)]);
    const twice = { events: [push("a"), push("b")], outcome: failing("1 git") };
    for (const trace of every([source], twice)) assert.equal(trace.runs.length, 2);
    for (const trace of every([{ ...shop, executionMode: "QUEUED" }], {
      events: [push("a"), push("b")],
      outcome: failing("1 api", "2 api"),
    })) {
      assert.deepEqual(statuses(trace), ["succeeded", "failed", "failed"]);
    }
  });

  test("RETRY: once, with the actions that failed or with all", () => {
    for (const retry of ["FAILED_ACTIONS", "ALL_ACTIONS"] as const) {
      const shop = pipeline("shop", [stage("Deploy", ["api", "web"], { onFailure: { result: "RETRY", retry } })]);
      let times = 0;
      const trace = plainly([shop], {
        events: [push("a")],
        outcome: ({ action: name }) => (name === "api" && times++ === 0 ? "failed" : "passed"),
      });
      const started = told(trace).filter((line) => line.endsWith("action-started"));
      assert.equal(started.filter((line) => line.includes("/web")).length, retry === "ALL_ACTIONS" ? 2 : 1);
      assert.deepEqual(statuses(trace), ["succeeded"]);
      const failed = plainly([shop], { events: [push("a")], outcome: failing("0 api") });
      assert.deepEqual(statuses(failed), ["failed"]);
      assert.equal(told(failed).filter((line) => line === "0 Deploy/api action-failed").length, 2);
    }
  });

  test("somebody has the failed stage done again, until another run goes in", () => {
    const shop = pipeline("shop", [stage("Build", ["build"]), stage("Deploy", ["api", "web:2"])], {
      executionMode: "QUEUED",
    });
    const again: RootEvent = { id: "again", kind: "rerun", of: { pipeline: "shop", event: "a" } };
    let times = 0;
    const resumed = plainly([shop], {
      events: [push("a"), again],
      outcome: ({ action: name }) => (name === "web" && times++ === 0 ? "failed" : "passed"),
    });
    assert.deepEqual(statuses(resumed), ["succeeded"]);
    assert.equal(told(resumed).filter((line) => line === "0 Deploy/api action-started").length, 1);
    for (const trace of every([pipeline("shop", [stage("Deploy", ["api"])], { executionMode: "QUEUED" })], {
      events: [push("a"), push("b"), again],
      outcome: failing("0 api"),
    })) {
      const isResumed = indexOf(trace, { what: "run-resumed" });
      const other = indexOf(trace, { what: "stage-entered", run: 1 });
      assert.ok(isResumed < 0 || other < 0 || isResumed < other);
    }
  });

  test("asked for twice, the stage is done again once", () => {
    const shop = pipeline("shop", [stage("Build", ["build"]), stage("Deploy", ["api"])], { executionMode: "QUEUED" });
    const again = (id: string): RootEvent => ({ id, kind: "rerun", of: { pipeline: "shop", event: "a" } });
    const events = [push("a"), again("again"), again("once-more")];
    let times = 0;
    const outcome = ({ action: name }: { action: string }) => (name === "api" && times++ === 0 ? "failed" : "passed");
    const trace = plainly([shop], { events, outcome });
    assert.equal(told(trace).filter((line) => line === "0 run-resumed").length, 1);
    assert.deepEqual(statuses(trace), ["succeeded"]);
  });

  test("a missing artifact makes the action fail", () => {
    const shop = pipeline("shop", [stage("Deploy", [action("api", { inputs: ["bundle"] })])]);
    const trace = plainly([shop], { events: [push("a")] });
    assert.ok(trace.events.some((event) => event.what === "finds-artifact" && event.from === undefined));
    assert.deepEqual(statuses(trace), ["failed"]);
    assert.deepEqual(statuses(plainly([{ ...shop, partial: true }], { events: [push("a")] })), ["succeeded"]);
  });
});

describe("stops", () => {
  const stop: RootEvent = { id: "stop", kind: "cancel", of: { pipeline: "shop" } };

  test("what runs may end or is abandoned; nothing new begins", () => {
    const shop = pipeline("shop", [stage("Deploy", ["api", "web:2"])]);
    const traces = every([shop], { events: [push("a"), stop] });
    for (const trace of traces) {
      const ended = indexOf(trace, { what: "run-ended" });
      const stopped = indexOf(trace, { what: "event", event: "stop" });
      const begun = trace.events.findLastIndex(({ what }) => what === "action-started");
      assert.deepEqual(statuses(trace), [stopped < ended ? "stopped" : "succeeded"]);
      assert.ok(stopped > ended || begun < stopped);
    }
    const ends = new Set(traces.flatMap(({ events }) => events.map(({ what }) => what)));
    assert.ok(ends.has("action-abandoned") && traces.some((trace) => statuses(trace)[0] === "succeeded"));
  });

  test("what would run beside it does not begin any more", () => {
    const shop = pipeline("shop", [stage("Deploy", ["api", "web"])]);
    const traces = every([shop], { events: [push("a"), stop] });
    for (const trace of traces) {
      const begun = trace.events.findLastIndex(({ what }) => what === "action-started");
      const stopped = indexOf(trace, { what: "event", event: "stop" });
      if (stopped < indexOf(trace, { what: "run-ended" })) assert.ok(begun < stopped);
    }
    assert.ok(traces.some((trace) => told(trace).filter((line) => line.endsWith("action-started")).length === 1));
  });

  test("a run that waits is stopped at once, and the one before it goes on", () => {
    const shop = pipeline("shop", [stage("Deploy", ["api"])], { executionMode: "QUEUED" });
    const second: RootEvent = { ...stop, of: { pipeline: "shop", event: "b" } };
    for (const trace of every([shop], { events: [push("a"), push("b"), second] })) {
      assert.equal(statuses(trace)[0], "succeeded");
      if (indexOf(trace, { what: "stage-entered", run: 1 }) < 0) assert.equal(statuses(trace)[1], "stopped");
    }
  });
});

describe("conditions", () => {
  const check = (variable: string, operator: "EQ" | "NE" | "CONTAINS" | "MATCHES", value: string) => ({
    name: "check",
    provider: "VariableCheck",
    check: { variable, operator, value },
  });
  const gated = (result: "SKIP" | "FAIL", rule = check("#{Gate.changed}", "EQ", "yes")) =>
    pipeline("shop", [
      stage("Gate", [action("look", { namespace: "Gate" })]),
      stage("Deploy", ["api"], { beforeEntry: { result, rules: [rule] } }),
      stage("After", ["tell"]),
    ]);
  const says = (changed: string): Omit<World, "choose"> => ({
    events: [push("a")],
    variables: ({ action: name }): Record<string, string> => (name === "look" ? { changed } : {}),
  });

  test("a variable that an action sets decides whether a stage is entered, skipped, or fails the run", () => {
    const stagesOf = (trace: Trace) => told(trace).filter((line) => / stage-/.test(line) && !line.includes("Gate"));
    assert.deepEqual(stagesOf(plainly([gated("SKIP")], says("no"))), [
      "0 Deploy stage-skipped",
      "0 After stage-entered",
      "0 After stage-passed",
    ]);
    assert.deepEqual(stagesOf(plainly([gated("SKIP")], says("yes"))).slice(0, 2), [
      "0 Deploy stage-entered",
      "0 Deploy stage-passed",
    ]);
    assert.deepEqual(stagesOf(plainly([gated("FAIL")], says("no"))), ["0 Deploy stage-failed"]);
    assert.deepEqual(statuses(plainly([gated("FAIL")], says("no"))), ["failed"]);
  });

  for (const [operator, value, passes, fails] of [
    ["EQ", "web", "web", "webs"],
    ["NE", "web", "api", "web"],
    ["CONTAINS", "web", "api web", "api"],
    ["MATCHES", "w.b", "web", "a web"],
  ] as const) {
    test(`${operator}`, () => {
      const skips = (changed: string) =>
        indexOf(plainly([gated("SKIP", check("#{Gate.changed}", operator, value))], says(changed)), {
          what: "stage-skipped",
        }) >= 0;
      assert.deepEqual([skips(passes), skips(fails)], [false, true]);
    });
  }

  test("variables of the pipeline have defaults, which a start by hand replaces", () => {
    const shop = pipeline(
      "shop",
      [
        stage("Deploy", ["api"], {
          beforeEntry: { result: "SKIP", rules: [check("#{variables.size}", "EQ", "large")] },
        }),
      ],
      {
        variables: { size: "small" },
      },
    );
    const byHand: RootEvent = {
      id: "hand",
      kind: "dispatch",
      pipeline: "shop",
      branch: "main",
      inputs: { size: "large" },
    };
    assert.ok(indexOf(plainly([shop], { events: [push("a")] }), { what: "stage-skipped" }) >= 0);
    assert.equal(indexOf(plainly([shop], { events: [byHand] }), { what: "stage-skipped" }), -1);
  });

  test("the world decides about every other rule, and about a variable that nobody has set", () => {
    const unset = gated("SKIP", check("#{Nobody.said}", "EQ", "yes"));
    assert.equal(indexOf(plainly([unset], says("yes")), { what: "stage-skipped" }), -1);
    assert.ok(indexOf(plainly([unset], { ...says("yes"), rule: () => "failed" }), { what: "stage-skipped" }) >= 0);
  });

  test("on success, a stage is still held while its condition is looked at, and a failing one rolls back", () => {
    const alarm = {
      result: "ROLLBACK",
      rules: [{ name: "quiet", provider: "CloudWatchAlarm", check: undefined }],
    } as const;
    const shop = pipeline("shop", [stage("Deploy", ["api"], { onSuccess: alarm })], { executionMode: "QUEUED" });
    const world: Omit<World, "choose"> = {
      events: [push("a"), push("b")],
      rule: ({ run }) => (run.id === 1 ? "failed" : "passed"),
    };
    for (const trace of every([shop], world)) {
      assert.deepEqual(statuses(trace), ["succeeded", "failed", "succeeded"]);
      assert.equal(trace.runs[2]!.kind, "rollback");
    }
  });

  test("on failure, the result comes about when a rule fails", () => {
    const condition = {
      result: "ROLLBACK",
      rules: [{ name: "alarm", provider: "CloudWatchAlarm", check: undefined }],
    } as const;
    const shop = pipeline(
      "shop",
      [stage("Deploy", ["api"], { onFailure: { result: "ROLLBACK", retry: "FAILED_ACTIONS", condition } })],
      {
        executionMode: "QUEUED",
      },
    );
    const runs = (how: "passed" | "failed") =>
      plainly([shop], { events: [push("a"), push("b")], outcome: failing("1 api"), rule: () => how }).runs.length;
    assert.deepEqual([runs("passed"), runs("failed")], [2, 3]);
  });
});

describe("what starts pipelines", () => {
  const place = { source: { path: "x", text: "", byteOrderMark: false }, start: 0, end: 0 } as never;
  const only = (...names: readonly string[]) =>
    nameSet({ includes: names.map((name) => ({ key: [{ kind: "text", text: name }], at: place })), excludes: [] });
  const started = (starts: readonly SimulatedStart[], event: RootEvent, more: Partial<World> = {}) =>
    plainly([pipeline("shop", [stage("Build", ["build"])], { starts })], { events: [event], ...more }).runs.length ===
    1;
  const pushes = {
    kind: "push",
    repository: "a/shop",
    branches: only("main"),
    tags: only("v*"),
    paths: only("web/**"),
    branch: undefined,
    isPolled: false,
  } as const;

  test("a push by branch, path, tag and repository", () => {
    assert.ok(started([pushes], push("p")));
    assert.ok(started([pushes], push("p", { paths: ["docs/a", "web/b"] })));
    assert.ok(!started([pushes], push("p", { paths: ["docs/a"] })));
    assert.ok(!started([pushes], push("p", { ref: { kind: "branch", name: "dev" } })));
    assert.ok(started([pushes], push("p", { ref: { kind: "tag", name: "v1" }, paths: [] })));
    assert.ok(started([pushes], push("p", { repository: "A/Shop" })));
    assert.ok(!started([pushes], push("p", { repository: "a/other" })));
    assert.ok(!started([{ ...pushes, repository: "s3:bucket/key" }], push("p")));
  });

  test("a push that is found by looking now and then may be passed over for a newer one", () => {
    const polled = { ...pushes, paths: allNames, isPolled: true } as const;
    const source = stage("Source", [action("git", { source: { branch: undefined } })]);
    const shop = pipeline("shop", [source], { starts: [polled], executionMode: "QUEUED" });
    const traces = every([shop], { events: [push("a"), push("b")] });
    const roots = new Set(traces.map(({ runs }) => runs.map(({ root }) => root).join(" ")));
    assert.deepEqual(roots, new Set(["b", "a b"]));
  });

  test("a branch whose name only a deployment knows is what the world says", () => {
    const open = {
      ...pushes,
      branches: allNames,
      tags: noNames,
      branch: [{ kind: "expression", text: "t.yml#Branch" }],
    } as const;
    assert.ok(!started([open], push("p")));
    assert.ok(started([open], push("p"), { known: (name) => (name === "t.yml#Branch" ? "main" : undefined) }));
  });

  test("a pull request by what it is, its target and its paths", () => {
    const requests = {
      kind: "pull-request",
      repository: "a/shop",
      branches: only("main"),
      paths: only("web/**"),
      actions: ["opened"],
    } as const;
    const request = (more: object) =>
      ({
        id: "r",
        kind: "pull-request",
        base: "main",
        head: "topic",
        outsider: false,
        action: "opened",
        merged: false,
        paths: "every",
        commit: "c",
        ...more,
      }) as RootEvent;
    assert.ok(started([requests], request({})));
    assert.ok(!started([requests], request({ base: "dev" })));
    assert.ok(!started([requests], request({ action: "closed" })));
    assert.ok(!started([requests], request({ paths: ["docs/a"] })));
    assert.ok(!started([requests], push("p")));
  });

  test("a schedule starts those that have one; anybody can start anything by hand", () => {
    const schedule: RootEvent = { id: "s", kind: "schedule", pipeline: "shop" };
    assert.ok(started([{ kind: "schedule" }], schedule));
    assert.ok(!started([], schedule));
    assert.ok(started([], { id: "h", kind: "dispatch", pipeline: "shop", branch: "main", inputs: {} }));
  });

  const infra = pipeline("infra", [stage("Apply", ["apply"]), stage("Check", ["check"])]);
  const after = (more: Partial<Extract<SimulatedStart, { kind: "state" }>>) =>
    pipeline("web", [stage("Deploy", ["deploy"])], {
      starts: [
        {
          kind: "state",
          level: "pipeline",
          pipelines: ["infra"],
          stages: undefined,
          actions: undefined,
          states: ["SUCCEEDED"],
          ...more,
        },
      ],
    });

  test("the success of another pipeline, at any time after it", () => {
    const traces = every([infra, after({})], { events: [push("p")] });
    for (const trace of traces) {
      assert.deepEqual(
        trace.runs.map(({ pipeline: id, root, cause }) => [id, root, cause.kind]),
        [
          ["infra", "p", "event"],
          ["web", "p", "run"],
        ],
      );
      assert.ok(indexOf(trace, { what: "run-started", run: 1 }) > indexOf(trace, { what: "run-ended", run: 0 }));
    }
    const failed = plainly([infra, after({})], { events: [push("p")], outcome: failing("0 apply") });
    assert.equal(failed.runs.length, 1);
  });

  test("the success of a stage, while the rest of that pipeline goes on", () => {
    const traces = every([infra, after({ level: "stage", stages: ["Apply"] })], { events: [push("p")] });
    const early = traces.filter(
      (trace) => indexOf(trace, { what: "action-passed", run: 1 }) < indexOf(trace, { what: "run-ended", run: 0 }),
    );
    assert.ok(early.length > 0 && early.length < traces.length);
    for (const trace of traces) {
      assert.ok(
        indexOf(trace, { what: "run-started", run: 1 }) > indexOf(trace, { what: "stage-passed", stage: "Apply" }),
      );
    }
  });

  test("a stage that is skipped does not tell success; one that is rolled back does", () => {
    const skipping = {
      result: "SKIP",
      rules: [{ name: "never", provider: "LambdaInvoke", check: undefined }],
    } as const;
    const gated = pipeline("infra", [stage("Apply", ["apply"], { beforeEntry: skipping })]);
    const web = after({ level: "stage", stages: ["Apply"] });
    assert.equal(plainly([gated, web], { events: [push("p")], rule: () => "failed" }).runs.length, 1);
    const undone = pipeline(
      "infra",
      [stage("Apply", ["apply"], { onFailure: { result: "ROLLBACK", retry: "FAILED_ACTIONS" } })],
      { executionMode: "QUEUED" },
    );
    const trace = plainly([undone, web], {
      events: [push("p"), push("q")],
      outcome: ({ run }) =>
        run.root === "q" && run.pipeline === "infra" && run.kind === "standard" ? "failed" : "passed",
    });
    assert.deepEqual(
      trace.runs.filter(({ pipeline: id }) => id === "web").map(({ root }) => root),
      ["p", "q"],
    );
  });

  test("an action that starts a pipeline does not wait for it", () => {
    const infraThenWeb = pipeline("infra", [
      stage("Apply", [action("start", { startsPipelines: ["web"] })]),
      stage("Check", ["check"]),
    ]);
    const traces = every([infraThenWeb, pipeline("web", [stage("Deploy", ["deploy"])], { starts: [] })], {
      events: [push("p")],
    });
    const orders = new Set(
      traces.map(
        (trace) => indexOf(trace, { what: "run-ended", run: 0 }) < indexOf(trace, { what: "run-ended", run: 1 }),
      ),
    );
    assert.equal(orders.size, 2);
  });

  test("pipelines that start each other are stopped from going round for ever", () => {
    const circle = { ...infra, starts: [...infra.starts, ...after({ pipelines: ["web"] }).starts] };
    const trace = plainly([circle, after({})], { events: [push("p")] });
    assert.deepEqual(
      trace.runs.map(({ pipeline: id }) => id),
      ["infra", "web", "infra", "web", "infra", "web"],
    );
    assert.ok(indexOf(trace, { what: "not-started" }) > 0);
  });

  test("one push starts several, in any order", () => {
    const traces = every([infra, pipeline("web", [stage("Deploy", ["deploy"])])], { events: [push("p")] });
    assert.equal(new Set(traces.map(({ runs }) => runs[0]!.pipeline)).size, 2);
  });
});

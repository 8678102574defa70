/** Workflows and pipelines in one world: what comes from outside comes to both, and nothing else orders them. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codepipelinePlatform } from "../../src/platforms/codepipeline/simulate/platform.ts";
import type { SimulatedPipeline } from "../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import { readTexts } from "../../src/platforms/github/read/repository.ts";
import { githubPlatform } from "../../src/platforms/github/simulate/platform.ts";
import type { JobPattern, RootEvent } from "../../src/simulation/scenario.ts";
import type { Moment } from "../../src/simulation/schedule.ts";
import type { Simulator } from "../../src/simulation/simulator.ts";
import { createSimulator } from "../../src/simulation/simulator.ts";
import * as pipelines from "./codepipeline/simulate/worlds.ts";
import { push, scenario } from "./github/simulate/fixtures.ts";

const file = ".github/workflows/infra.yml";
const infra = "on: push\njobs:\n  apply:\n    runs-on: x\n    steps: [{ run: terraform apply }]\n";
const web = pipelines.pipeline("web", [pipelines.stage("Deploy", ["upload"])]);

function both(...made: readonly SimulatedPipeline[]): Simulator {
  const repository = readTexts(new Map([[file, infra]]), { defaultBranch: "main" });
  return createSimulator([githubPlatform(repository), codepipelinePlatform(made)]);
}

const apply = (event?: string): JobPattern => ({
  run: { pipeline: file, ...(event ? { event } : {}) },
  path: ["apply"],
});
const upload = (event?: string): JobPattern => ({
  run: { pipeline: "web", ...(event ? { event } : {}) },
  path: ["Deploy", "upload"],
});
const starts = (job: JobPattern): Moment => ({ kind: "job-started", job });
const ends = (job: JobPattern): Moment => ({ kind: "job-ended", job });

describe("one push", () => {
  const simulator = both(web);
  const orders: readonly (readonly Moment[])[] = [
    [ends(apply()), starts(upload())],
    [ends(upload()), starts(apply())],
    [starts(apply()), starts(upload()), ends(apply())],
    [
      { kind: "run-created", run: upload().run },
      { kind: "run-created", run: apply().run },
    ],
    [
      { kind: "run-created", run: apply().run },
      { kind: "run-created", run: upload().run },
    ],
  ];
  for (const [i, schedule] of orders.entries()) {
    test(`starts both, in any order (${i + 1})`, () => {
      const replay = simulator.replay(scenario([push("p")]), schedule);
      assert.equal(replay.kind, "possible");
      assert.equal(replay.trace.entries.filter(({ kind }) => kind === "event").length, 1);
      assert.deepEqual(
        replay.trace.runs.map(({ id }) => id),
        [0, 1],
      );
      for (const [at, entry] of replay.trace.entries.entries()) assert.equal(entry.at, at);
    });
  }

  test("comes before what it starts on either side", () => {
    const replay = simulator.replay(scenario([push("p"), push("q")]), [
      starts(apply("q")),
      { kind: "event", event: "p" },
    ]);
    assert.equal(replay.kind, "impossible");
  });
});

describe("what comes from outside", () => {
  test("of another repository starts only those that have it as their source", () => {
    const replay = both({
      ...web,
      starts: web.starts.map((start) => ({ ...start, repository: "s3:bucket/site.zip" })),
    });
    const elsewhere = scenario([push("p", { repository: "s3:bucket/site.zip" })]);
    assert.equal(replay.replay(elsewhere, [ends(upload())]).kind, "possible");
    const workflow = replay.replay(elsewhere, [ends(apply())]);
    assert.equal(workflow.kind === "impossible" && workflow.reason, `nothing starts ${file}`);
    assert.equal(replay.replay(scenario([push("p")]), [ends(upload())]).kind, "impossible");
  });

  for (const [name, of] of Object.entries({ workflow: file, pipeline: "web" })) {
    test(`a stop of a ${name} waits for it to run, and leaves the other side alone`, () => {
      const stop: RootEvent = { id: "stop", kind: "cancel", of: { pipeline: of } };
      const { trace } = both(web).replay(scenario([push("p"), stop]), [{ kind: "event", event: "stop" }]);
      const conclusions = trace.entries.flatMap((entry) =>
        entry.kind === "run-ended" ? [`${trace.runs[entry.run]!.pipeline} ${entry.conclusion}`] : [],
      );
      const other = of === file ? "web" : file;
      assert.deepEqual(conclusions.sort(), [`${of} cancelled`, `${other} success`].sort());
    });
  }
});

test("the run that another one has started keeps its cause among the runs of both", () => {
  const after = { level: "pipeline", pipelines: ["web"], stages: undefined, actions: undefined } as const;
  const tell = pipelines.pipeline("tell", [pipelines.stage("Tell", ["tell"])], {
    starts: [{ kind: "state", ...after, states: ["SUCCEEDED"] }],
  });
  const told: JobPattern = { run: { pipeline: "tell", after: "web" }, path: ["Tell", "tell"] };
  const replay = both(web, tell).replay(scenario([push("p")]), [ends(apply()), ends(told)]);
  assert.equal(replay.kind, "possible");
  const run = replay.trace.runs.find(({ pipeline }) => pipeline === "tell")!;
  assert.ok(run.cause.kind === "run");
  assert.equal(replay.trace.runs[run.cause.run]!.pipeline, "web");
});

test("what has nothing to do with the pipelines in question is left out, what starts them is not", () => {
  const others = Array.from({ length: 20 }, (_, i) => pipelines.pipeline(`other-${i}`, web.stages));
  const after = { level: "pipeline", pipelines: ["other-3"], stages: undefined, actions: undefined } as const;
  const last = pipelines.pipeline("last", web.stages, { starts: [{ kind: "state", ...after, states: ["SUCCEEDED"] }] });
  const simulator = both(...others, last);
  const wanted: Moment = { kind: "run-created", run: { pipeline: "last" } };
  const named = ({ trace }: ReturnType<Simulator["replay"]>) => trace.runs.map(({ pipeline }) => pipeline).sort();
  const part = simulator.replay(scenario([push("p")]), [wanted], new Set(["last"]));
  assert.deepEqual(named(part), ["last", "other-3"]);
  assert.equal(named(simulator.replay(scenario([push("p")]), [wanted])).length, 22);
});

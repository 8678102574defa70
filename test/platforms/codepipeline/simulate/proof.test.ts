/**
 * What is written is carried out: the printed templates of random deliveries, read back and simulated with every action
 * failing once, and whatever the service leaves open decided at random. What happens must be what the delivery allows.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import type { Delivery, Job } from "../../../../src/model/delivery.ts";
import {
  type SimulatedPipeline,
  simulate,
  type Trace,
  type TraceEvent,
} from "../../../../src/platforms/codepipeline/simulate/simulate.ts";
import { CannotWrite } from "../../../../src/platforms/codepipeline/write/options.ts";
import { samples } from "../../../plan/random-delivery.ts";
import { write } from "../write/written.ts";

/** Where a job of the delivery is written: stage and actions, by `pipeline.job` and environment. */
interface Place {
  readonly pipeline: string;
  readonly name: string;
  readonly job: Job;
  readonly stage: string;
}

/** What CodePipeline can do: nothing runs after a failure, nothing hangs on the event, every line has one branch. */
function expressible(made: Delivery): Delivery {
  const copy = structuredClone(made);
  for (const { jobs } of copy.pipelines) {
    for (const job of Object.values(jobs)) {
      job.runsAfter = "success";
      delete job.condition;
    }
  }
  for (const environment of copy.environments) if (environment.after.length === 0) environment.branch ??= "main";
  return copy;
}

/** The printed pipeline of a line, as the service would read it. */
function readBack(text: string): SimulatedPipeline[] {
  interface Printed {
    Type: string;
    Properties: {
      ExecutionMode: SimulatedPipeline["executionMode"];
      Stages: { Name: string; Actions: { Name: string; RunOrder: number }[]; OnFailure?: { Result: "ROLLBACK" } }[];
    };
  }
  const { Resources } = parse(text, { logLevel: "silent" }) as { Resources: Record<string, Printed> };
  return Object.values(Resources)
    .filter(({ Type }) => Type === "AWS::CodePipeline::Pipeline")
    .map(({ Properties }) => ({
      executionMode: Properties.ExecutionMode,
      stages: Properties.Stages.map(({ Name, Actions, OnFailure }) => ({
        name: Name,
        actions: Actions.map((action) => ({ name: action.Name, runOrder: action.RunOrder })),
        onFailure: OnFailure?.Result,
      })),
    }));
}

function placesOf(delivery: Delivery): Place[] {
  return delivery.pipelines.flatMap(({ name: pipeline, jobs }) =>
    Object.entries(jobs).flatMap(([name, job]) => {
      const stages = job.per === "release" ? ["Build"] : delivery.environments.map((environment) => environment.name);
      return stages.map((stage) => ({ pipeline, name, job, stage }));
    }),
  );
}

/** Whether an action is this job, or a leg of it. */
const isOf = ({ pipeline, name, job, stage }: Place, event: { stage: string; action: string }) =>
  event.stage === stage &&
  (event.action === `${pipeline}-${name}` ||
    (job.matrix !== undefined && event.action.startsWith(`${pipeline}-${name}-`)));

/** Said by the delivery itself, not by the writer: what must have passed before a job begins. */
function mustPrecede(delivery: Delivery, places: readonly Place[], later: Place): Place[] {
  const { needs } = delivery.pipelines.find(({ name }) => name === later.pipeline)!;
  const before = environmentsBefore(delivery, later.stage);
  return places.filter((earlier) => {
    if (earlier.stage === later.stage) {
      return earlier.pipeline === later.pipeline
        ? later.job.needs.includes(earlier.name)
        : needs.includes(earlier.pipeline);
    }
    // A release comes into an environment built, and proven in those before it.
    return later.stage !== "Build" && (earlier.stage === "Build" || before.includes(earlier.stage));
  });
}

function environmentsBefore(delivery: Delivery, environment: string): string[] {
  return delivery.environments.find(({ name }) => name === environment)?.after ?? [];
}

const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 });

/** As the array says, over and over: all that is random is in the sample, so a failing case can be shrunk. */
function chooser(picks: readonly number[]) {
  let at = 0;
  return (count: number) => picks[at++ % picks.length]! % count;
}

const written = samples
  .map(({ delivery }) => expressible(delivery))
  .map((delivery) => ({ delivery, pipelines: readable(delivery) }))
  .filter((one): one is { delivery: Delivery; pipelines: SimulatedPipeline[] } => one.pipelines !== undefined);

function readable(delivery: Delivery): SimulatedPipeline[] | undefined {
  try {
    return readBack(write(delivery).files[0]!.text);
  } catch (error) {
    if (error instanceof CannotWrite) return undefined;
    throw error;
  }
}

test("whatever fails: order, gates, one run in an environment at a time, none dropped, and a rollback of the whole", () => {
  let traces = 0;
  let rollbacks = 0;
  fc.assert(
    fc.property(written, choices, fc.nat(2), ({ delivery, pipelines }, picks, failingRun) => {
      const places = placesOf(delivery);
      for (const pipeline of pipelines) {
        const mine = places.filter(({ stage }) => pipeline.stages.some(({ name }) => name === stage));
        const actions = pipeline.stages.flatMap(({ name, actions }) =>
          actions.map((action) => ({ stage: name, action: action.name })),
        );
        for (const failing of [undefined, ...actions]) {
          const trace = simulate(pipeline, {
            starts: 3,
            choose: chooser(picks),
            outcome: ({ run, stage, action }) =>
              run === failingRun && stage === failing?.stage && action === failing.action ? "failed" : "passed",
          });
          traces++;
          rollbacks += trace.runs.filter(({ kind }) => kind === "rollback").length;
          followsOrder(delivery, mine, trace);
          oneAtATime(delivery, trace);
          nothingIsDropped(pipeline, trace);
          environmentsAreWhole(delivery, mine, trace);
          if (failing === undefined) everyJobRuns(mine, trace);
        }
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(traces > 300 && rollbacks > 20, `${traces} traces with ${rollbacks} rollbacks prove little`);
});

function followsOrder(delivery: Delivery, places: readonly Place[], { events }: Trace): void {
  events.forEach((event, index) => {
    const later = places.find((place) => isOf(place, event));
    if (event.what !== "started" || later === undefined) return;
    for (const earlier of mustPrecede(delivery, places, later)) {
      // A rollback deploys what was built and proven before, in the order of the environment.
      const run = earlier.stage === event.stage ? event.run : event.release;
      const passed = events
        .slice(0, index)
        .some((one) => one.run === run && one.what === "passed" && isOf(earlier, one));
      assert.ok(
        passed,
        `${event.stage}/${event.action} began before ${earlier.stage}/${earlier.pipeline}.${earlier.name} had passed`,
      );
    }
  });
}

function oneAtATime(delivery: Delivery, { events }: Trace): void {
  for (const { name } of delivery.environments) {
    const inside = events.filter(({ stage }) => stage === name).map(({ run }) => run);
    const visits = inside.filter((run, index) => run !== inside[index - 1]);
    assert.equal(visits.length, new Set(visits).size, `runs ${visits.join(", ")} were in ${name} together`);
  }
}

function nothingIsDropped({ stages }: SimulatedPipeline, { runs, events }: Trace): void {
  assert.ok(runs.every(({ status }) => status === "succeeded" || status === "failed"));
  for (const { name } of stages) {
    const order = events.filter(({ stage, kind }) => stage === name && kind === "standard").map(({ run }) => run);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      `an older run came after a newer one into ${name}`,
    );
  }
}

/** After all is over, what an environment has is one release, or its very first deployment failed and nothing was there. */
function environmentsAreWhole(delivery: Delivery, places: readonly Place[], { events }: Trace): void {
  for (const { name } of delivery.environments) {
    const inside = events.filter(({ stage }) => stage === name);
    const last = inside.at(-1);
    if (last === undefined) continue;
    const ofLastRun = inside.filter(({ run }) => run === last.run);
    if (ofLastRun.some(({ what }) => what === "failed")) {
      const earlier = inside.filter(({ run, kind }) => run < last.run && kind === "standard").map(({ run }) => run);
      const good = [...new Set(earlier)].filter(
        (run) => !inside.some((event) => event.run === run && event.what === "failed"),
      );
      assert.deepEqual(good, [], `${name} was left broken although run ${good[0]} had passed`);
      continue;
    }
    for (const place of places.filter(({ stage }) => stage === name)) {
      const deployed = inside.findLast((event: TraceEvent) => event.what === "passed" && isOf(place, event));
      assert.equal(deployed?.release, last.release, `${name} holds ${place.pipeline}.${place.name} of another release`);
    }
  }
}

function everyJobRuns(places: readonly Place[], { events }: Trace): void {
  for (const run of [0, 1, 2]) {
    for (const place of places) {
      const passed = events.filter((event) => event.run === run && event.what === "passed" && isOf(place, event));
      assert.equal(
        passed.length,
        place.job.matrix ? 2 : 1,
        `${place.stage}/${place.pipeline}.${place.name} in run ${run}`,
      );
    }
  }
}

test("the proof sees what it is for: a stage for each pipeline mixes releases, a superseding pipeline drops them", () => {
  const stage = (name: string, action: string) => ({
    name,
    actions: [{ name: action, runOrder: 1 }],
    onFailure: "ROLLBACK" as const,
  });
  const apart: SimulatedPipeline = {
    executionMode: "QUEUED",
    stages: [stage("infra-prod", "infra"), stage("web-prod", "web")],
  };
  const traces = fc.sample(choices, 200).map((picks) =>
    simulate(apart, {
      starts: 2,
      choose: chooser(picks),
      outcome: ({ run, action }) => (run === 1 && action === "web" ? "failed" : "passed"),
    }),
  );
  const deployed = (trace: Trace, action: string) =>
    trace.events.findLast((event) => event.action === action && event.what === "passed")?.release;
  assert.ok(
    traces.some((trace) => deployed(trace, "infra") === 1 && deployed(trace, "web") === 0),
    "the infrastructure of the failed run stays under the site of the one before",
  );
  const superseding = fc
    .sample(choices, 200)
    .map((picks) =>
      simulate(
        { ...apart, executionMode: "SUPERSEDED" },
        { starts: 3, choose: chooser(picks), outcome: () => "passed" },
      ),
    );
  assert.ok(superseding.some(({ runs }) => runs.some(({ status }) => status === "superseded")));
  const parallel = fc
    .sample(choices, 200)
    .map((picks) =>
      simulate({ ...apart, executionMode: "PARALLEL" }, { starts: 2, choose: chooser(picks), outcome: () => "passed" }),
    );
  const mixed = ({ events }: Trace) => {
    const inside = events.filter(({ stage }) => stage === "infra-prod").map(({ run }) => run);
    return inside.filter((run, index) => run !== inside[index - 1]).length > new Set(inside).size;
  };
  assert.ok(parallel.some(mixed));
});

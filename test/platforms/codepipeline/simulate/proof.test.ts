/**
 * What is written is carried out: the printed templates of random deliveries, read back and simulated with every action
 * failing once, and whatever the service leaves open decided at random. What happens must be what the delivery allows.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { comesBefore } from "../../../../src/facts/stages.ts";
import type { Delivery, Job, Pipeline } from "../../../../src/model/delivery.ts";
import { matchesAny } from "../../../../src/model/filters.ts";
import type { SimulatedPipeline } from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { Run, TraceEvent } from "../../../../src/platforms/codepipeline/simulate/world.ts";
import type { Written } from "../../../../src/platforms/codepipeline/write/options.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import { isFull, tries } from "../../../lane/depth.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { samples } from "../../../plan/random-delivery.ts";
import { write } from "../write/written.ts";
import { readBack } from "./read-back.ts";
import type { Trace } from "./simulate.ts";
import { simulate } from "./simulate.ts";
import { choices, chooser, pipeline, push, stage } from "./worlds.ts";

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

type Waiting = "all" | "newest";

interface WrittenSample {
  readonly delivery: Delivery;
  readonly waiting: Waiting;
  readonly files: Written;
}

const formats = fc.constantFrom("cloudformation" as const, "cloudformation" as const, "terraform" as const);

const written = fc
  .tuple(samples, formats, fc.constantFrom<Waiting>("all", "all", "newest"))
  .map(([{ delivery }, format, waiting]) => ({ delivery: expressible(delivery), format, waiting }))
  .map(({ delivery, format, waiting }) => ({ delivery, waiting, files: writable(delivery, { format, waiting }) }))
  .filter((one): one is WrittenSample => one.files !== undefined);

function writable(
  delivery: Delivery,
  { format, waiting }: { format: "cloudformation" | "terraform"; waiting: Waiting },
): Written | undefined {
  try {
    return write(delivery, { waiting }, { format });
  } catch (error) {
    if (error instanceof CannotWrite) return undefined;
    throw error;
  }
}

/** The branch whose pushes a pipeline is for. */
function branchOf({ starts }: SimulatedPipeline): string {
  const [branch] = starts.flatMap((start) => (start.kind === "push" ? (start.branches.literals ?? []) : []));
  assert.ok(branch, "a line has one branch");
  return branch;
}

/** Pipelines of the delivery that a branch concerns. */
function concerned({ pipelines }: Delivery, branch: string): Pipeline[] {
  return pipelines.filter(({ triggers }) => matchesAny(triggers.branches, [branch]));
}

/** Three starts of the same kind, for every kind that the delivery asks for. */
function triggersOf(delivery: Delivery, pipeline: SimulatedPipeline): RootEvent[][] {
  const branch = branchOf(pipeline);
  const isScheduled = concerned(delivery, branch).some(({ triggers }) => triggers.schedules.length > 0);
  const kinds: ((id: string) => RootEvent)[] = [
    (id) => ({ id, kind: "push", ref: { kind: "branch", name: branch }, paths: "every", commit: `commit-${id}` }),
    (id) => ({ id, kind: "dispatch", pipeline: pipeline.id, branch, inputs: {} }),
    ...(isScheduled ? [(id: string): RootEvent => ({ id, kind: "schedule", pipeline: pipeline.id })] : []),
  ];
  return kinds.map((kind) => ["first", "second", "third"].map(kind));
}

test("whatever starts it and whatever fails: order, gates, one run in an environment at a time, none dropped, and a rollback of the whole", async () => {
  const seen = { traces: 0, rollbacks: 0, replaced: 0, push: 0, dispatch: 0, schedule: 0 };
  await fc.assert(
    fc.asyncProperty(written, choices, fc.nat(2), async ({ delivery, waiting, files }, picks, failingRun) => {
      const { pipelines } = await readBack(files);
      assert.ok(pipelines.length > 0);
      const places = placesOf(delivery);
      for (const pipeline of pipelines) {
        const mine = places.filter(({ stage }) => pipeline.stages.some(({ name }) => name === stage));
        const actions = pipeline.stages.flatMap(({ name, actions }) =>
          actions.map((action) => ({ stage: name, action: action.name })),
        );
        for (const events of triggersOf(delivery, pipeline)) {
          for (const failing of [undefined, ...actions]) {
            const trace = simulate(pipelines, {
              events,
              choose: chooser(picks),
              outcome: ({ run, stage, action }) =>
                run.id === failingRun && stage === failing?.stage && action === failing.action ? "failed" : "passed",
            });
            seen.traces++;
            seen.rollbacks += trace.runs.filter(({ kind }) => kind === "rollback").length;
            seen[events[0]!.kind as "push"]++;
            startsAlone(pipeline, trace);
            followsOrder(delivery, mine, trace);
            oneAtATime(delivery, trace);
            nothingIsDropped(pipeline, { trace, waiting });
            environmentsAreWhole(delivery, mine, trace);
            seen.replaced += trace.runs.filter(({ status }) => status === "superseded").length;
            if (failing === undefined) everyJobRuns(mine, { trace, runs: waiting === "all" ? [0, 1, 2] : [2] });
          }
        }
      }
    }),
    tries(60),
  );
  if (!isFull) return;
  assert.ok(seen.traces > 900 && seen.rollbacks > 60, `${JSON.stringify(seen)} prove little`);
  assert.ok(seen.replaced > 10, JSON.stringify(seen));
  assert.ok(Math.min(seen.push, seen.dispatch, seen.schedule) > 100, JSON.stringify(seen));
});

test(
  "every push that concerns a pipeline of the delivery starts the one that is written for its branch",
  fullDepth(),
  async () => {
    const seen = { started: 0, left: 0 };
    const paths = fc.constantFrom("infra/a", "api/b", "web/a", "README.md");
    await fc.assert(
      fc.asyncProperty(written, paths, async ({ delivery, files }, path) => {
        const { pipelines } = await readBack(files);
        for (const pipeline of pipelines) {
          const name = branchOf(pipeline);
          const push = { id: "p", kind: "push", ref: { kind: "branch", name }, paths: [path], commit: "c" } as const;
          const { runs } = simulate(pipelines, { events: [push], choose: () => 0 });
          const isConcerned = concerned(delivery, name).some(({ triggers }) => matchesAny(triggers.paths, [path]));
          if (isConcerned)
            assert.deepEqual(
              runs.map((run) => run.pipeline),
              [pipeline.id],
            );
          seen[runs.length > 0 ? "started" : "left"]++;
        }
      }),
      tries(50),
    );
    if (isFull) assert.ok(seen.started > 10 && seen.left > 5, JSON.stringify(seen));
  },
);

test("the facts that are read back order at least what the delivery orders", fullDepth(), async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(written, async ({ delivery, files }) => {
      const { facts } = await readBack(files);
      const places = placesOf(delivery);
      for (const { actions } of facts) {
        for (const later of actions) {
          const place = places.find((one) => isOf(one, { stage: later.stageLabel, action: later.label }));
          if (!place) continue;
          for (const earlier of mustPrecede(delivery, places, place)) {
            for (const action of actions) {
              if (!isOf(earlier, { stage: action.stageLabel, action: action.label })) continue;
              compared++;
              assert.ok(comesBefore(action, later), `${action.label} before ${later.label} in ${later.stageLabel}`);
            }
          }
        }
      }
    }),
    tries(50),
  );
  if (isFull) assert.ok(compared > 150, `${compared} pairs prove little`);
});

function startsAlone({ id }: SimulatedPipeline, { runs }: Trace): void {
  assert.deepEqual(new Set(runs.map(({ pipeline }) => pipeline)), new Set([id]));
}

type ActionEvent = Extract<TraceEvent, { what: `action-${string}` }>;

/** What becomes of actions, with the run that each belongs to. */
function actionEvents({ events, runs }: Trace): (ActionEvent & Pick<Run, "kind" | "release">)[] {
  return events.flatMap((event) => {
    if (!event.what.startsWith("action-")) return [];
    const { kind, release } = runs[(event as ActionEvent).run]!;
    return [{ ...(event as ActionEvent), kind, release }];
  });
}

function followsOrder(delivery: Delivery, places: readonly Place[], trace: Trace): void {
  const events = actionEvents(trace);
  events.forEach((event, index) => {
    const later = places.find((place) => isOf(place, event));
    if (event.what !== "action-started" || later === undefined) return;
    for (const earlier of mustPrecede(delivery, places, later)) {
      // A rollback deploys what was built and proven before, in the order of the environment.
      const run = earlier.stage === event.stage ? event.run : event.release;
      const passed = events
        .slice(0, index)
        .some((one) => one.run === run && one.what === "action-passed" && isOf(earlier, one));
      assert.ok(
        passed,
        `${event.stage}/${event.action} began before ${earlier.stage}/${earlier.pipeline}.${earlier.name} had passed`,
      );
    }
  });
}

function oneAtATime(delivery: Delivery, trace: Trace): void {
  for (const { name } of delivery.environments) {
    const inside = actionEvents(trace).flatMap(({ stage, run }) => (stage === name ? [run] : []));
    const visits = inside.filter((run, index) => run !== inside[index - 1]);
    assert.equal(visits.length, new Set(visits).size, `runs ${visits.join(", ")} were in ${name} together`);
  }
}

/** But for runs in whose place a newer one has come, where that is wanted; the newest always gets through. */
function nothingIsDropped({ stages }: SimulatedPipeline, { trace, waiting }: { trace: Trace; waiting: Waiting }): void {
  const newest = Math.max(...trace.runs.filter(({ kind }) => kind === "standard").map(({ id }) => id));
  for (const { id, status } of trace.runs) {
    if (status === "superseded") assert.ok(waiting === "newest" && id !== newest, `run ${id} was replaced`);
    else assert.ok(status === "succeeded" || status === "failed", status);
  }
  for (const { name } of stages) {
    const order = actionEvents(trace).flatMap(({ stage, kind, run }) =>
      stage === name && kind === "standard" ? [run] : [],
    );
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      `an older run came after a newer one into ${name}`,
    );
  }
}

/** After all is over, what an environment has is one release, or its very first deployment failed and nothing was there. */
function environmentsAreWhole(delivery: Delivery, places: readonly Place[], trace: Trace): void {
  for (const { name } of delivery.environments) {
    const inside = actionEvents(trace).filter(({ stage }) => stage === name);
    const last = inside.at(-1);
    if (last === undefined) continue;
    const ofLastRun = inside.filter(({ run }) => run === last.run);
    if (ofLastRun.some(({ what }) => what === "action-failed")) {
      const earlier = inside.filter(({ run, kind }) => run < last.run && kind === "standard").map(({ run }) => run);
      const good = [...new Set(earlier)].filter(
        (run) => !inside.some((event) => event.run === run && event.what === "action-failed"),
      );
      assert.deepEqual(good, [], `${name} was left broken although run ${good[0]} had passed`);
      continue;
    }
    for (const place of places.filter(({ stage }) => stage === name)) {
      const deployed = inside.findLast((event) => event.what === "action-passed" && isOf(place, event));
      assert.equal(deployed?.release, last.release, `${name} holds ${place.pipeline}.${place.name} of another release`);
    }
  }
}

function everyJobRuns(places: readonly Place[], { trace, runs }: { trace: Trace; runs: readonly number[] }): void {
  for (const run of runs) {
    for (const place of places) {
      const passed = actionEvents(trace).filter(
        (event) => event.run === run && event.what === "action-passed" && isOf(place, event),
      );
      assert.equal(
        passed.length,
        place.job.matrix ? 2 : 1,
        `${place.stage}/${place.pipeline}.${place.name} in run ${run}`,
      );
    }
  }
}

test("the proof sees what it is for: a stage for each pipeline mixes releases, a superseding pipeline drops them", () => {
  const rollback = { onFailure: { result: "ROLLBACK", retry: "FAILED_ACTIONS" } } as const;
  const stages = [stage("infra-prod", ["infra"], rollback), stage("web-prod", ["web"], rollback)];
  const apart = pipeline("shop", stages, { executionMode: "QUEUED" });
  const traces = fc.sample(choices, 200).map((picks) =>
    simulate([apart], {
      events: [push("a"), push("b")],
      choose: chooser(picks),
      outcome: ({ run, action }) => (run.id === 1 && action === "web" ? "failed" : "passed"),
    }),
  );
  const deployed = (trace: Trace, action: string) =>
    actionEvents(trace).findLast((event) => event.action === action && event.what === "action-passed")?.release;
  assert.ok(
    traces.some((trace) => deployed(trace, "infra") === 1 && deployed(trace, "web") === 0),
    "the infrastructure of the failed run stays under the site of the one before",
  );
  const sampled = (executionMode: SimulatedPipeline["executionMode"], events: readonly RootEvent[]) =>
    fc.sample(choices, 200).map((picks) => simulate([{ ...apart, executionMode }], { events, choose: chooser(picks) }));
  const superseding = sampled("SUPERSEDED", [push("a"), push("b"), push("c")]);
  assert.ok(superseding.some(({ runs }) => runs.some(({ status }) => status === "superseded")));
  const mixed = (trace: Trace) => {
    const inside = actionEvents(trace).flatMap(({ stage: name, run }) => (name === "infra-prod" ? [run] : []));
    return inside.filter((run, index) => run !== inside[index - 1]).length > new Set(inside).size;
  };
  assert.ok(sampled("PARALLEL", [push("a"), push("b")]).some(mixed));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Delivery } from "../../src/model/delivery.ts";
import { explain } from "../../src/plan/explain.ts";
import { plan } from "../../src/plan/make-plan.ts";
import type { Plan, PlannedJob } from "../../src/plan/plan.ts";
import { isFull, tries } from "../lane/depth.ts";
import { endedBefore, execute, jobIn } from "./execution.ts";
import { modelEdge } from "./model-order.ts";
import { type Sample, samples, samplesWithMade } from "./random-delivery.ts";

function holds(check: (sample: Sample, made: Plan) => void): void {
  fc.assert(
    fc.property(fc.oneof(samples, samplesWithMade), (sample) => check(sample, plan(sample.delivery, sample.request))),
    tries(400),
  );
}

const running = ({ jobs }: Plan): PlannedJob[] => jobs.filter(({ decision }) => decision === "run");

test("every instance is there once, with one decision, in an order in which it could run", () => {
  holds(({ delivery, request }, made) => {
    const expected = delivery.pipelines.flatMap((pipeline) =>
      Object.entries(pipeline.jobs).flatMap(([name, { per, matrix }]) => {
        const bases =
          per === "release"
            ? [`${pipeline.name}.${name}`]
            : request.environments.map((e) => `${pipeline.name}.${name}@${e}`);
        return bases.flatMap((id) => (matrix === undefined ? [id] : [`${id}[leg=1]`, `${id}[leg=2]`]));
      }),
    );
    assert.deepEqual(made.jobs.map(({ id }) => id).sort(), expected.sort());
    assert.equal(made.pipelines.length, request.environments.length * delivery.pipelines.length);
    const joins = new Set(made.joins.map(({ id }) => id));
    const done = new Set<string>();
    const ready = (id: string): boolean =>
      done.has(id) || (joins.has(id) && made.joins.find((join) => join.id === id)!.after.every(ready));
    for (const job of made.jobs) {
      assert.ok(job.after.every(ready), `${job.id} comes after ${job.after}`);
      assert.ok(job.decision === "run" || job.after.length === 0);
      if (job.decision === "run") done.add(job.id);
    }
    const named = new Set<string>(running(made).map(({ id }) => id));
    for (const { id, after } of made.joins) {
      assert.ok(
        after.length > 1 && after.every((before) => named.has(before)),
        `${id} names what runs, or joins before it`,
      );
      named.add(id);
    }
    for (const { after, requires } of [...made.jobs, ...made.joins]) {
      assert.ok(requires.every((id) => after.includes(id)));
      assert.equal(new Set(after).size, after.length);
    }
  });
});

test("whatever the model orders and runs, even through what does not run, is ordered in the plan", () => {
  holds(({ delivery }, made) => {
    const before = endedBefore(made);
    const instances = made.jobs;
    const follows = instances.map((a) => instances.map((b) => modelEdge({ delivery, plan: made, a, b }) !== undefined));
    for (let k = 0; k < instances.length; k++) {
      for (let a = 0; a < instances.length; a++) {
        if (!follows[a]![k]) continue;
        for (let b = 0; b < instances.length; b++) if (follows[k]![b]) follows[a]![b] = true;
      }
    }
    instances.forEach((a, i) => {
      instances.forEach((b, j) => {
        if (a.decision !== "run" || b.decision !== "run" || !follows[i]![j]) return;
        assert.ok(before.get(b.id)!.has(a.id), `${a.id} ends before ${b.id} starts`);
      });
    });
  });
});

test("nothing runs past a gate that failed, and nothing is held back without one", () => {
  fc.assert(
    fc.property(samples, fc.infiniteStream(fc.nat(3)), ({ delivery, request }, dice) => {
      const made = plan(delivery, request);
      const ends = execute({ plan: made, delivery, fails: () => dice.next().value === 0 });
      for (const b of running(made)) {
        if (ends.get(b.id) === "blocked" || ends.get(b.id) === "idle") continue;
        for (const a of running(made)) {
          const kind = modelEdge({ delivery, plan: made, a, b });
          if (kind === undefined || (kind === "need" && jobIn(delivery, b).runsAfter !== "success")) continue;
          const { continueOnFailure, runsAfter } = jobIn(delivery, a);
          const gates = kind === "hand-off" || (!continueOnFailure && runsAfter !== "failure");
          const end = ends.get(a.id);
          if (gates) assert.ok(end === "succeeded" || end === "idle", `${b.id} ran although ${a.id} ${end}`);
        }
      }
    }),
    tries(400),
  );
  holds(({ delivery }, made) => {
    const lenient = new Set(
      running(made)
        .filter((job) => jobIn(delivery, job).continueOnFailure)
        .map(({ id }) => id),
    );
    const read = new Set(
      running(made)
        .filter((a) => running(made).some((b) => isRead({ delivery, made, a, b })))
        .map(({ id }) => id),
    );
    const ends = execute({ plan: made, delivery, fails: (id) => lenient.has(id) && !read.has(id) });
    for (const [id, end] of ends) assert.notEqual(end, "blocked", id);
  });
});

/** Whether b takes a's output, so that a's failure stops it however lenient a is. */
function isRead({ delivery, a, b }: { delivery: Delivery; made: Plan; a: PlannedJob; b: PlannedJob }): boolean {
  return Object.values(jobIn(delivery, b).env).some(
    (value) => typeof value === "object" && "output" in value && value.output === `${a.pipeline}.value`,
  );
}

test("what a running job takes over is made before it in this run, or was deployed", () => {
  holds(({ delivery }, made) => {
    const before = endedBefore(made);
    for (const b of running(made)) {
      for (const value of Object.values(jobIn(delivery, b).env)) {
        if (typeof value !== "object" || !("output" in value)) continue;
        const [source] = value.output.split(".");
        const placed = made.pipelines.find(
          ({ pipeline, environment }) => pipeline === source && environment === b.environment,
        );
        const publisher = delivery.pipelines.find(({ name }) => name === source)!.outputs.value!.job;
        const legs = made.jobs.filter(
          (job) =>
            job.pipeline === source && job.job === publisher && (job.environment ?? b.environment) === b.environment,
        );
        const runsHere = b.environment === undefined || placed?.decision === "run";
        if (runsHere && legs.some(({ decision }) => decision === "run")) {
          for (const leg of legs)
            assert.ok(before.get(b.id)!.has(leg.id), `${b.id} takes ${value.output} from ${leg.id}`);
        } else {
          const reused = (runsHere ? legs[0]?.reused : undefined) ?? placed?.reused;
          assert.ok(reused !== undefined && Object.hasOwn(reused.outputs, "value"), `${b.id} has ${value.output}`);
        }
      }
    }
  });
});

test("consumers of what runs run, or say what keeps them", () => {
  holds(({ delivery }, made) => {
    for (const { pipeline, environment, decision } of made.pipelines) {
      if (decision !== "run") continue;
      for (const consumer of delivery.pipelines.filter(({ needs }) => needs.includes(pipeline))) {
        const placed = made.pipelines.find(
          (other) => other.pipeline === consumer.name && other.environment === environment,
        )!;
        const excused = [
          "event-filter",
          "branch-filter",
          "not-selected",
          "condition-false",
          "upstream-skipped",
          "promoted",
          // The environment before does not get what it would take; test/plan/proven.test.ts.
          "not-proven",
        ];
        assert.ok(
          placed.decision === "run" || excused.includes(placed.reason.code),
          `${consumer.name}: ${placed.reason.code}`,
        );
      }
    }
  });
});

test("a pipeline runs exactly where one of its jobs does, and what is reused has its record", () => {
  holds((_, made) => {
    for (const { pipeline, environment, decision, reused } of made.pipelines) {
      const here = made.jobs.filter((job) => job.pipeline === pipeline && job.environment === environment);
      const release = made.jobs.filter((job) => job.pipeline === pipeline && job.environment === undefined);
      const runs = (jobs: PlannedJob[]) => jobs.some((job) => job.decision === "run");
      const isTaken = release.some(({ reason }) => reason.code === "built-once");
      if (decision === "run") assert.ok(runs(here) || runs(release) || isTaken);
      else assert.ok(!runs(here));
      if (decision === "reuse") assert.ok(reused !== undefined);
    }
  });
});

test("a pull request deploys nothing", () => {
  holds(({ delivery, request }, made) => {
    if (request.change.event !== "pull-request") return;
    for (const job of running(made)) {
      assert.ok(!jobIn(delivery, job).deploys);
      assert.ok(delivery.pipelines.find(({ name }) => name === job.pipeline)!.triggers.pullRequests);
    }
  });
});

test("the same request gives the same bytes, and leaves what it was given as it was", () => {
  holds(({ delivery, request }, made) => {
    const given = structuredClone({ delivery, request });
    assert.equal(JSON.stringify(plan(given.delivery, given.request)), JSON.stringify(made));
    assert.equal(JSON.stringify(given), JSON.stringify({ delivery, request }));
  });
});

test("a further changed path never turns a run into reuse", () => {
  fc.assert(
    fc.property(samples, fc.constantFrom("infra/z", "api/z", "web/z", "admin/z"), ({ delivery, request }, path) => {
      const { change } = request;
      const changedSince = Object.fromEntries(
        Object.entries(change.changedSince).map(([base, paths]) => [base, [...paths, path]]),
      );
      const before = plan(delivery, request);
      const after = plan(delivery, { ...request, change: { ...change, changedSince } });
      before.jobs.forEach(({ id, pipeline, environment, decision }, i) => {
        // Per-release jobs may follow the places that are left when the pipeline cannot run any more in one.
        const runsStill = after.pipelines.some((placed) => placed.pipeline === pipeline && placed.decision === "run");
        if (environment === undefined && !runsStill) return;
        if (decision === "run") assert.notEqual(after.jobs[i]!.decision, "reuse", id);
      });
    }),
    tries(400),
  );
});

test("every decision can be explained down to a cause", () => {
  holds((_, made) => {
    for (const { id, reason } of made.jobs) {
      const [first, ...rest] = explain(made, id);
      assert.ok(first!.startsWith(id) && first!.endsWith(reason.text) && !reason.text.endsWith("."));
      assert.ok(rest.every((line) => line.trim() !== ""));
    }
  });
});

/** Everything that comes before one of these environments. */
function earlierOnes({ environments }: Delivery, names: readonly string[]): string[] {
  const found = new Set(names);
  for (const name of found) for (const one of environments.find((each) => each.name === name)!.after) found.add(one);
  return [...found];
}

test("what is taken over rests on nothing that is made anew, has all that it makes, and changes nothing in environments", () => {
  let taken = 0;
  fc.assert(
    fc.property(samplesWithMade, ({ delivery, request }) => {
      const { made: _left, ...without } = request;
      const [found, anew] = [plan(delivery, request), plan(delivery, without as typeof request)];
      for (const planned of found.jobs.filter(({ reason }) => reason.code === "built-once")) {
        if (planned.environment !== undefined) continue;
        taken++;
        const { outputs, jobs } = delivery.pipelines.find(({ name }) => name === planned.pipeline)!;
        const job = jobs[planned.job]!;
        for (const name of Object.keys(job.artifacts))
          assert.ok(planned.reused?.artifacts[name], `${planned.id} ${name}`);
        for (const [name, { job: maker }] of Object.entries(outputs))
          if (maker === planned.job) assert.ok(planned.reused?.outputs[name] !== undefined, `${planned.id} ${name}`);
        const needs = job.needs.map(
          (need) => found.jobs.find((one) => one.pipeline === planned.pipeline && one.job === need)!,
        );
        assert.ok(
          needs.every(({ decision }) => decision !== "run"),
          planned.id,
        );
        // What was made anew for an environment alone could not go there: the one before does not have it.
        const isBehind = earlierOnes(delivery, request.environments).some(
          (name) => !request.environments.includes(name) && request.history.deployed[name]?.[planned.pipeline],
        );
        assert.ok(request.force !== "all" || isBehind, planned.id);
      }
      // What waits for a failure has nothing to wait for when nothing before it runs.
      const onFailure = ({ pipeline, job }: PlannedJob) =>
        delivery.pipelines.find(({ name }) => name === pipeline)!.jobs[job]!.runsAfter === "failure";
      const placed = (made: Plan) =>
        running(made).flatMap((one) => (one.environment === undefined || onFailure(one) ? [] : [one.id]));
      // But that the environments before get what goes on from there; test/plan/proven.test.ts.
      const isProven = found.pipelines.every(({ reason }) => reason.code !== "not-proven");
      // A release that is moved is compared with what is there by its definition and parameters as well, which `made` tells.
      const isMove = request.change.event === "promotion";
      if (isProven && !isMove) assert.deepEqual(placed(found), placed(anew));
    }),
    tries(400),
  );
  if (isFull) assert.ok(taken > 15, `${taken} taken over`);
});

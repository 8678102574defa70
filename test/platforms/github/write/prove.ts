/** Holds what generated files do in the simulator against what the planner allows. */

import assert from "node:assert/strict";
import type { Delivery, EventName } from "../../../../src/model/delivery.ts";
import { deploysOn } from "../../../../src/model/deploys-on.ts";
import { plan } from "../../../../src/plan/make-plan.ts";
import type { History, Plan, PlannedJob, PlanRequest } from "../../../../src/plan/plan.ts";
import { createSimulator } from "../../../../src/platforms/github/simulate/simulator.ts";
import type { WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import type { Trace } from "../../../../src/simulation/trace.ts";
import { randomScheduler } from "../simulate/random-scheduler.ts";
import { readBack } from "./accept.ts";
import { type Ending, expectedEnds, isComplete } from "./expected.ts";
import { type JobPlaces, placesIn } from "./locate.ts";

export interface Question {
  readonly event: EventName;
  readonly branch: string;
  /** Asked for by hand. */
  readonly environment?: string;
  readonly changed: readonly string[];
  readonly history: History;
}

const commit = "c9";

/** Environments that a run goes to: by hand the one that was asked for. */
export function placesOf(delivery: Delivery, { event, branch, environment }: Question): string[] {
  if (event === "pull-request") return [];
  if (environment !== undefined) return [environment];
  return deploysOn(delivery, branch).map(({ name }) => name);
}

export function planOf(delivery: Delivery, question: Question): Plan {
  const request: PlanRequest = {
    change: {
      event: question.event,
      commit,
      branch: question.branch,
      base: "c0",
      changedSince: { c0: [...question.changed] },
      uncommitted: [],
    },
    environments: placesOf(delivery, question),
    pipelines: [],
    parameters: Object.fromEntries(
      Object.entries(delivery.parameters).map(([name, parameter]) => [name, parameter.default ?? "x"]),
    ),
    force: "none",
    history: question.history,
  };
  return plan(delivery, request);
}

/** Everything has been deployed everywhere from commit c0, by release 1. */
export function deployedEverywhere(delivery: Delivery): History {
  const all = Object.fromEntries(
    delivery.pipelines.map((pipeline) => [
      pipeline.name,
      {
        release: 1,
        commit: "c0",
        outputs: Object.fromEntries(Object.keys(pipeline.outputs).map((name) => [name, "before"])),
        artifacts: Object.fromEntries(
          Object.values(pipeline.jobs).flatMap(({ artifacts }) =>
            Object.keys(artifacts).map((name) => [name, { digest: `sha256:${"a".repeat(64)}`, sizeBytes: 1 }]),
          ),
        ),
      },
    ]),
  );
  return { deployed: Object.fromEntries(delivery.environments.map(({ name }) => [name, all])) };
}

/** By hand an environment is asked for by its name, or by starting on its branch. */
export function questionsOf(
  delivery: Delivery,
  { byHand = "by name" }: { byHand?: "by name" | "from the branch" } = {},
): Question[] {
  const everywhere = deployedEverywhere(delivery);
  const branches = [...new Set(delivery.environments.flatMap(({ branch }) => branch ?? []))];
  const pathsOf = (name: string) => `${name}/file`;
  const touched = [
    [],
    ...delivery.pipelines.map(({ name }) => [pathsOf(name)]),
    delivery.pipelines.map(({ name }) => pathsOf(name)),
  ];
  return [
    ...branches.flatMap((branch) => [
      { event: "push" as const, branch, changed: [], history: { deployed: {} } },
      ...touched.map((changed) => ({ event: "push" as const, branch, changed, history: everywhere })),
    ]),
    ...delivery.environments.map(({ name, branch }) => ({
      event: "manual" as const,
      branch: byHand === "by name" ? "main" : branch!,
      environment: name,
      changed: delivery.pipelines.map((pipeline) => pathsOf(pipeline.name)),
      history: everywhere,
    })),
    ...touched.map((changed) => ({
      event: "pull-request" as const,
      branch: "main",
      changed,
      history: { deployed: {} },
    })),
  ];
}

function eventOf(question: Question, places: JobPlaces, layout: WriteOptions["layout"]): RootEvent {
  const entry = places.entry(question.environment ?? "");
  switch (question.event) {
    case "push":
      return { id: "e", kind: "push", ref: { kind: "branch", name: question.branch }, paths: "every", commit };
    case "pull-request":
      return {
        id: "e",
        kind: "pull-request",
        base: question.branch,
        head: "feature",
        outsider: true,
        action: "opened",
        merged: false,
        paths: "every",
        commit,
      };
    case "schedule":
      return { id: "e", kind: "schedule", pipeline: entry };
    default:
      return {
        id: "e",
        kind: "dispatch",
        pipeline: entry,
        branch: question.branch,
        inputs: layout === "chained" ? {} : { environment: question.environment! },
      };
  }
}

export interface ProofOptions {
  readonly questions?: readonly Question[];
  /**
   * `deployments`: exactly the jobs that deploy are compared; other jobs may wait for more than the planner asks of them.
   *
   * Whether exactly the planner's jobs must run in every scenario, or only where nothing fails. Workflows gate by pipeline
   * where the planner gates by job (a failed test stops its pipeline's deployment even if no `needs` says so), so after a
   * failure fewer jobs may run, never more.
   */
  readonly strict?: "always" | "without failures" | "deployments";
}

export function provesPlan(
  delivery: Delivery,
  options: WriteOptions,
  { questions = questionsOf(delivery), strict = "always" }: ProofOptions = {},
): { scenarios: number; deployments: number } {
  const repository = readBack(writeWorkflows(delivery, options));
  const simulator = createSimulator(repository);
  const places = placesIn(options.layout, delivery, options.calledWorkflows === undefined ? "own" : "shared");
  let scenarios = 0;
  let deployments = 0;
  for (const question of questions) {
    const made = planOf(delivery, question);
    const outputs = places.planned(made);
    const running = made.jobs.filter(({ decision }) => decision === "run");
    const failures: { job: PlannedJob | undefined; ending: Ending }[] = [{ job: undefined, ending: "success" }];
    for (const job of running) for (const ending of ["failure", "cancelled"] as const) failures.push({ job, ending });
    for (const { job, ending } of failures) {
      scenarios++;
      const expected = expectedEnds(delivery, made, job === undefined ? undefined : { id: job.id, ending });
      const incomplete = made.environments.filter(
        (environment) => !isComplete(delivery, made, { ends: expected, environment }),
      );
      const trace = simulator.simulate(
        {
          events: [eventOf(question, places, options.layout)],
          outcomes: [
            ...(job === undefined ? [] : [{ job: places.pattern(job), outcome: ending }]),
            ...incomplete.flatMap((environment) => {
              const record = places.record(environment);
              return record === undefined ? [] : [{ job: record, outcome: "failure" as const }];
            }),
          ],
          choices: [],
          outputs,
          defaultBranch: "main",
          unknownConditions: "fail",
        },
        randomScheduler(scenarios),
      );
      const where = `${question.event} ${question.branch} ${question.environment ?? ""} changed ${question.changed.join(",")} ${job?.id ?? "nothing"} ${ending}`;
      // GitHub forgives a failure, not a cancelled job: then less may run.
      const isForgiven = job !== undefined && jobOf(delivery, job).continueOnFailure && ending === "cancelled";
      const isExact = job === undefined || (strict !== "without failures" && !isForgiven);
      const only = strict === "deployments" ? "deployments" : "jobs";
      deployments += compare({ delivery, made, trace, expected, where, places, isExact, only });
    }
  }
  return { scenarios, deployments };
}

function compare(parts: {
  delivery: Delivery;
  made: Plan;
  trace: Trace;
  expected: ReadonlyMap<string, Ending>;
  where: string;
  places: JobPlaces;
  only: "deployments" | "jobs";
  isExact: boolean;
}): number {
  const { delivery, made, trace, expected, where, places, isExact, only } = parts;
  const started = new Map<string, number>();
  const ended = new Map<string, number>();
  for (const entry of trace.entries) {
    if (entry.kind !== "job-started" && entry.kind !== "job-ended") continue;
    const id = places.idOf(trace.runs[entry.run]!, entry);
    if (id === undefined) continue;
    if (entry.kind === "job-started") {
      assert.ok(!started.has(id), `${where}: ${id} starts twice`);
      started.set(id, entry.at);
    } else ended.set(id, entry.at);
  }
  const shouldRun = made.jobs.filter(({ id }) => expected.has(id)).map(({ id }) => id);
  const deploys = (id: string) => {
    const planned = made.jobs.find((one) => one.id === id);
    return planned !== undefined && jobOf(delivery, planned).deploys;
  };
  const counted = (ids: Iterable<string>) => [...ids].filter((id) => only === "jobs" || deploys(id)).sort();
  const didRun = counted(started.keys());
  const wanted = isExact ? counted(shouldRun) : didRun.filter((id) => expected.has(id));
  assert.deepEqual(didRun, wanted, where);
  for (const id of started.keys())
    assert.ok(expected.has(id) || only === "deployments", `${where}: ${id} must not run`);
  const joins = new Map(made.joins.map((join) => [join.id, join]));
  const before = (id: string): string[] => joins.get(id)?.after.flatMap(before) ?? [id];
  for (const job of made.jobs) {
    const start = started.get(job.id);
    if (start === undefined) continue;
    for (const earlier of job.after.flatMap(before)) {
      const end = ended.get(earlier);
      assert.ok(end === undefined || end < start, `${where}: ${job.id} starts before ${earlier} has ended`);
    }
  }
  return [...started.keys()].filter(deploys).length;
}

function jobOf(delivery: Delivery, { pipeline, job }: PlannedJob) {
  return delivery.pipelines.find(({ name }) => name === pipeline)!.jobs[job]!;
}

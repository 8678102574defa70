import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { whyNotOn } from "../../../../src/model/deploys-on.ts";
import { plan } from "../../../../src/plan/make-plan.ts";
import type { PlanRequest } from "../../../../src/plan/plan.ts";
import { programText } from "../../../../src/platforms/github/write/actions.ts";
import { pipelineRows } from "../../../../src/platforms/github/write/delivery-data.ts";
import { tries } from "../../../lane/depth.ts";
import { needs } from "../../../lane/needs.ts";
import { type Sample, samples } from "../../../plan/random-delivery.ts";

type Decisions = Record<string, Record<string, string>>;

/** What the generated program decides for every environment of the sample, with the real jq. */
function decidedByJq({ delivery, request }: Sample): Decisions {
  const { change, history } = request;
  const facts = {
    event: change.event,
    branch: change.branch,
    schedule: "0 3 * * *",
    force: request.force === "all",
    base: change.base ?? "",
    parameters: request.parameters,
  };
  const program = `${programText("decide.jq")}
  [$environments[] | {key: ., value: decide(.; $deployed[.] // {}; $moved; $changed)}] | from_entries`;
  const given: Record<string, unknown> = {
    pipelines: pipelineRows(delivery),
    facts,
    environments: delivery.environments.map(({ name }) => name),
    deployed: history.deployed,
    moved: request.release ?? {},
    changed: { ...change.changedSince, [change.commit]: change.changedSince[change.commit] ?? [] },
  };
  const args = Object.entries(given).flatMap(([name, value]) => ["--argjson", name, JSON.stringify(value)]);
  return JSON.parse(execFileSync("jq", ["-n", ...args, program], { encoding: "utf8" }));
}

function planOf({ delivery, request }: Sample) {
  return plan(delivery, { ...request, environments: delivery.environments.map(({ name }) => name) });
}

/** A history that lacks an output somebody reads: the planner leaves out single jobs then, workflows decide by pipeline. */
function hasNothingToRead(sample: Sample): boolean {
  return planOf(sample).jobs.some(({ reason }) => reason.text.startsWith("it takes the "));
}

/** The same from the planner. `skip` stands for everything that neither runs nor stands in for a run. */
function decidedByPlan({ delivery, request }: Sample): Decisions {
  const decisions: Decisions = {};
  const made = planOf({ delivery, request });
  for (const { pipeline, environment, decision } of made.pipelines) {
    // Pushes to other branches do not come here at all: nobody asks.
    const { event, branch } = request.change;
    const startsByItself = event === "push" || event === "schedule";
    const isClosed = startsByItself && whyNotOn(delivery, environment, branch) !== undefined;
    if (!isClosed) decisions[environment] = { ...decisions[environment], [pipeline]: decision };
  }
  return decisions;
}

const word: Record<string, string> = { run: "run", reuse: "reuse", skip: "skip", empty: "skip", blocked: "skip" };

/** What a workflow can be asked: no selection of pipelines, nothing uncommitted, no promotion of another release. */
const questions = samples
  .map(({ delivery, request }): Sample => {
    const event = request.change.event === "promotion" ? "push" : request.change.event;
    const asked: PlanRequest = {
      ...request,
      change: { ...request.change, event, uncommitted: [] },
      pipelines: [],
      force: request.force === "all" ? "all" : "none",
    };
    return { delivery, request: asked };
  })
  .filter((sample) => sample.request.change.event !== "pull-request" && !hasNothingToRead(sample));

test("the generated program decides as the planner does", needs("jq"), () => {
  fc.assert(
    fc.property(questions, (sample) => {
      const planned = decidedByPlan(sample);
      const decided = decidedByJq(sample);
      for (const [environment, pipelines] of Object.entries(planned)) {
        const words = Object.fromEntries(
          Object.entries(decided[environment]!).map(([name, decision]) => [name, word[decision]!]),
        );
        assert.deepEqual(words, pipelines, environment);
      }
    }),
    { ...tries(150), endOnFailure: true },
  );
});

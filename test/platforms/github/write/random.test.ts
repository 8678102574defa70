import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { samples } from "../../../plan/random-delivery.ts";
import { actionlintComplaints, parserComplaints, readBack } from "./accept.ts";
import { placesOf, planOf, provesPlan, type Question } from "./prove.ts";

const options = { layout: "orchestrated" } as const;

/** What GitHub can do: jobs that run after failures only report, and whoever makes something that others take may not fail quietly. */
function expressible(delivery: Delivery): Delivery {
  const copy = structuredClone(delivery);
  for (const { jobs, outputs } of copy.pipelines) {
    for (const [name, job] of Object.entries(jobs)) {
      job.runsAfter = "success";
      if (Object.values(outputs).some((output) => output.job === name)) job.continueOnFailure = false;
    }
  }
  return copy;
}

/** A random delivery with something deployed before, and a push, a dispatch or a pull request that changes some of it. */
const questions = samples
  .map(({ delivery: made, request }) => {
    const delivery = expressible(made);
    const { event, branch, changedSince } = request.change;
    const [first] = delivery.environments;
    const started = event === "pull-request" || event === "push" ? event : "manual";
    const deployed = Object.fromEntries(
      Object.entries(request.history.deployed).map(([environment, pipelines]) => [
        environment,
        Object.fromEntries(Object.entries(pipelines).map(([name, one]) => [name, { ...one, commit: "c0" }])),
      ]),
    );
    const question: Question = {
      event: started,
      branch,
      ...(started === "manual" && { environment: first!.name }),
      changed: changedSince.c1 ?? [],
      history: { deployed },
    };
    return { delivery, question };
  })
  .filter(({ delivery, question }) => question.event === "pull-request" || placesOf(delivery, question).length > 0)
  // Every job runs somewhere: a pipeline of an environment has jobs there.
  .filter(({ delivery }) =>
    delivery.pipelines.every(({ jobs }) => Object.values(jobs).some(({ per }) => per === "environment")),
  )
  .filter(
    ({ delivery, question }) =>
      !planOf(delivery, question).jobs.some(({ reason }) => reason.text.startsWith("it takes the ")),
  );

test("random deliveries: the jobs that run, whatever fails, are those that the planner lets run", () => {
  let deployments = 0;
  fc.assert(
    fc.property(questions, ({ delivery, question }) => {
      deployments += provesPlan(delivery, options, { questions: [question], strict: "without failures" }).deployments;
    }),
    { numRuns: 60, endOnFailure: true },
  );
  assert.ok(deployments > 100, `${deployments} deployments`);
});

test("random deliveries: GitHub's parser and actionlint accept every file, and the same delivery gives the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(questions, async ({ delivery }) => {
      const files = writeWorkflows(delivery, options);
      assert.deepEqual([...parserComplaints(readBack(files)), ...(await actionlintComplaints(files))], []);
      assert.deepEqual(writeWorkflows(structuredClone(delivery), options), files);
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

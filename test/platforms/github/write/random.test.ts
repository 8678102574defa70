import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { isFull, tries } from "../../../lane/depth.ts";
import { fullDepth } from "../../../lane/needs.ts";
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
    { ...tries(60), endOnFailure: true },
  );
  if (isFull) assert.ok(deployments > 100, `${deployments} deployments`);
});

test(
  "random deliveries: GitHub's parser and actionlint accept every file, and the same delivery gives the same bytes",
  fullDepth(),
  async () => {
    await fc.assert(
      fc.asyncProperty(questions, async ({ delivery }) => {
        const files = writeWorkflows(delivery, options);
        assert.deepEqual([...parserComplaints(readBack(files)), ...(await actionlintComplaints(files))], []);
        assert.deepEqual(writeWorkflows(structuredClone(delivery), options), files);
      }),
      { ...tries(15), endOnFailure: true },
    );
  },
);

/** Everything in each environment, each after one other at most; only what comes first has a branch. */
function forEachEnvironment(delivery: Delivery): Delivery {
  const copy = structuredClone(delivery);
  for (const { jobs } of copy.pipelines) for (const job of Object.values(jobs)) job.per = "environment";
  for (const environment of copy.environments) environment.after = environment.after.slice(0, 1);
  return copy;
}

test("random deliveries, one set of workflows per environment", fullDepth(), () => {
  let deployments = 0;
  const deployed = questions
    .map(({ delivery, question }) => ({ delivery: forEachEnvironment(delivery), question }))
    .filter(({ question }) => question.event !== "pull-request")
    .filter(({ delivery, question }) => placesOf(delivery, question).length > 0)
    .filter(
      ({ delivery, question }) =>
        !planOf(delivery, question).jobs.some(({ reason }) => reason.text.startsWith("it takes the ")),
    );
  fc.assert(
    fc.property(deployed, ({ delivery, question }) => {
      const proof = { questions: [question], strict: "without failures" } as const;
      deployments += provesPlan(delivery, { layout: "per-environment" }, proof).deployments;
    }),
    { ...tries(60), endOnFailure: true },
  );
  if (isFull) assert.ok(deployments > 50, `${deployments} deployments`);
});

/** A chain of at most four, each needing the one before, deployed from one branch. */
function asChain(delivery: Delivery): Delivery {
  const copy = structuredClone(delivery);
  copy.environments = copy.environments
    .slice(0, 1)
    .map((environment) => ({ ...environment, branch: "main", after: [] }));
  copy.pipelines = copy.pipelines.slice(0, 4);
  copy.pipelines.forEach((pipeline, index) => {
    const before = copy.pipelines[index - 1];
    pipeline.needs = before === undefined ? [] : [before.name];
    // A chain goes on by itself: nothing in it is left to other branches, other hands or other clocks.
    pipeline.triggers = { ...pipeline.triggers, branches: [], manual: true, schedules: [] };
    for (const job of Object.values(pipeline.jobs)) {
      job.env = {};
      delete job.condition;
    }
  });
  return copy;
}

test("random chains: what deploys, whatever fails, is what the planner lets deploy", fullDepth(), () => {
  let deployments = 0;
  const chains = questions
    .map(({ delivery, question }) => {
      const chain = asChain(delivery);
      const named = new Set(chain.pipelines.map(({ name }) => name));
      const [place] = chain.environments;
      const there = Object.entries(question.history.deployed[place!.name] ?? {}).filter(([name]) => named.has(name));
      const { environment: _environment, ...asked } = question;
      const event = asked.event === "pull-request" ? ("push" as const) : asked.event;
      const history = { deployed: { [place!.name]: Object.fromEntries(there) } };
      return {
        delivery: chain,
        question: { ...asked, event, branch: "main", history, ...(event === "manual" && { environment: place!.name }) },
      };
    })
    .filter(({ delivery }) => delivery.pipelines.length > 0);
  fc.assert(
    fc.property(chains, ({ delivery, question }) => {
      const proof = { questions: [question], strict: "without failures" } as const;
      deployments += provesPlan(delivery, { layout: "chained" }, proof).deployments;
    }),
    { ...tries(60), endOnFailure: true },
  );
  if (isFull) assert.ok(deployments > 30, `${deployments} deployments`);
});

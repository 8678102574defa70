/**
 * The order that rules rest on, held to the simulator over every fixture: what comes before has ended, what runs together
 * is seen both ways round, and a run that waits for an approval is replaced exactly where the rule says so.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Analysis } from "../../../../src/check/analysis/analysis.ts";
import { joinFacts } from "../../../../src/facts/join-facts.ts";
import { type ActionFacts, comesBefore, runTogether } from "../../../../src/facts/stages.ts";
import { codepipelineFacts } from "../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readFound, readPipelines } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { simulatedPipelines } from "../../../../src/platforms/codepipeline/simulate/from-files.ts";
import type { SimulatedPipeline } from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import { casesOf } from "../../../check/cases.ts";
import { isFull, tries } from "../../../lane/depth.ts";
import type { Trace } from "../simulate/simulate.ts";
import { simulate } from "../simulate/simulate.ts";
import { indexOf } from "../simulate/worlds.ts";

const found = await Promise.all([...casesOf("err"), ...casesOf("ok")].map(({ folder }) => readPipelines(folder)));
const read = found.flatMap((files) => {
  const simulated = simulatedPipelines(files);
  return codepipelineFacts(files).pipelines.map((facts) => ({
    facts,
    simulated: simulated.find(({ id }) => id === facts.id)!,
  }));
});
const pipelines = read.filter(({ facts }) => facts.mode !== "unknown");

function traces(pipeline: SimulatedPipeline, starts: number): Trace[] {
  const events = Array.from({ length: starts }, (_, at): RootEvent => {
    return { id: `start-${at}`, kind: "dispatch", pipeline: pipeline.id, branch: "main", inputs: {} };
  });
  return Array.from({ length: isFull ? 60 : 25 }, (_, seed) => {
    let state = seed + 1;
    // A missing artifact would end a run before its order can be seen.
    return simulate([{ ...pipeline, partial: true }], {
      events,
      choose: (count) => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return Math.floor(state / 65_536) % count;
      },
    });
  });
}

function position(trace: Trace, { stageLabel: stage, label: action }: ActionFacts, how: "started" | "passed"): number {
  return indexOf(trace, { what: `action-${how}`, stage, action });
}

/** Both run, and the later one starts before the earlier one has passed. A stage may be skipped. */
function overtakes(trace: Trace, later: ActionFacts, earlier: ActionFacts): boolean {
  const [start, passed] = [position(trace, later, "started"), position(trace, earlier, "passed")];
  return start >= 0 && position(trace, earlier, "started") >= 0 && (passed < 0 || start < passed);
}

test("there are pipelines to hold it to", () => assert.ok(pipelines.length > 40));

test("what comes before has ended when what comes after starts; what runs together is seen both ways round", () => {
  for (const { facts, simulated } of pipelines) {
    const all = traces(simulated, 1);
    for (const a of facts.actions) {
      for (const b of facts.actions) {
        const overtaken = all.some((trace) => overtakes(trace, b, a));
        if (comesBefore(a, b)) assert.ok(!overtaken, `${facts.id}: ${a.label} before ${b.label}`);
        if (runTogether(a, b)) assert.ok(overtaken, `${facts.id}: ${a.label} beside ${b.label}`);
      }
    }
  }
});

test("a run is replaced while it waits exactly in mode SUPERSEDED", () => {
  for (const { facts, simulated } of pipelines) {
    const replaced = traces(simulated, 3).some(({ runs }) => runs.some(({ status }) => status === "superseded"));
    if (facts.actions.length > 1) assert.equal(replaced, facts.mode === "superseded", facts.id);
  }
});

/** Pipelines by the run orders of their stages; where there is none, only a deployment knows it. */
const orders = fc.array(fc.array(fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }), { maxLength: 5 }), {
  minLength: 1,
  maxLength: 4,
});

test("needs and stages put actions in the order in which the service runs them", async () => {
  const property = fc.asyncProperty(orders, async (stages) => {
    const text = JSON.stringify({
      Parameters: { Order: { Type: "Number" } },
      Resources: {
        Shop: {
          Type: "AWS::CodePipeline::Pipeline",
          Properties: {
            Stages: stages.map((actions, stage) => ({
              Name: `Stage${stage}`,
              Actions: actions.map((order, i) => ({
                Name: `Action${i}`,
                ActionTypeId: { Category: "Approval", Owner: "AWS", Provider: "Manual", Version: "1" },
                RunOrder: order ?? { Ref: "Order" },
              })),
            })),
          },
        },
      },
    });
    const source = { path: "delivery.json", text, byteOrderMark: false };
    const nothing = { beside: [], terraform: [], read: () => undefined };
    const facts = codepipelineFacts(await readFound({ root: "", focus: undefined, pipelines: [source], ...nothing }));
    const [{ actions, jobs }] = facts.pipelines as [(typeof facts.pipelines)[number]];
    const analysis = new Analysis(joinFacts([facts]));
    assert.equal(actions.length, stages.flat().length);
    assert.ok(jobs.every(({ needs }) => needs.every((need) => jobs.some(({ id }) => id === need))));
    for (const a of actions) {
      assert.deepEqual(
        analysis.jobsBefore(a).filter(({ kind }) => kind !== "call"),
        actions.filter((b) => comesBefore(b, a)),
      );
      for (const b of actions) assert.equal(analysis.before(a, b), comesBefore(a, b), `${a.path} before ${b.path}`);
    }
  });
  await fc.assert(property, tries(300));
});

/**
 * The order that rules rest on, held to the simulator over every fixture: what comes before has ended, what runs together
 * is seen both ways round, and a run that waits for an approval is replaced exactly where the rule says so.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ActionFacts, comesBefore, runTogether, type StagedPipeline } from "../../../../src/facts/staged.ts";
import { codepipelineFacts } from "../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readPipelines } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { simulate, type Trace } from "../../../../src/platforms/codepipeline/simulate/simulate.ts";
import { casesOf } from "../../../check/cases.ts";

const read = await Promise.all([...casesOf("err"), ...casesOf("ok")].map(({ folder }) => readPipelines(folder)));
const pipelines = read.flatMap((files) => codepipelineFacts(files).pipelines).filter(({ mode }) => mode !== "unknown");

const modes = { superseded: "SUPERSEDED", queued: "QUEUED", parallel: "PARALLEL" } as const;

function traces(pipeline: StagedPipeline, starts: number): Trace[] {
  const stages = pipeline.stages.map(({ label, actions }) => ({
    name: label,
    actions: actions.map((action) => ({ name: action.label, runOrder: action.runOrder ?? 1 })),
  }));
  const executionMode = modes[pipeline.mode as keyof typeof modes];
  return Array.from({ length: 60 }, (_, seed) => {
    let state = seed + 1;
    return simulate(
      { executionMode, stages },
      {
        starts,
        outcome: () => "passed",
        choose: (count) => {
          state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
          return Math.floor(state / 65_536) % count;
        },
      },
    );
  });
}

function position({ events }: Trace, { stageLabel, label }: ActionFacts, what: "started" | "passed"): number {
  return events.findIndex((event) => event.stage === stageLabel && event.action === label && event.what === what);
}

test("there are pipelines to hold it to", () => assert.ok(pipelines.length > 40));

test("what comes before has ended when what comes after starts; what runs together is seen both ways round", () => {
  for (const pipeline of pipelines) {
    const all = traces(pipeline, 1);
    for (const a of pipeline.actions) {
      for (const b of pipeline.actions) {
        const overtaken = all.some((trace) => position(trace, b, "started") < position(trace, a, "passed"));
        if (comesBefore(a, b)) assert.ok(!overtaken, `${pipeline.id}: ${a.label} before ${b.label}`);
        if (runTogether(a, b)) assert.ok(overtaken, `${pipeline.id}: ${a.label} beside ${b.label}`);
      }
    }
  }
});

test("a run is replaced while it waits exactly in mode SUPERSEDED", () => {
  for (const pipeline of pipelines) {
    const replaced = traces(pipeline, 3).some(({ runs }) => runs.some(({ status }) => status === "superseded"));
    if (pipeline.actions.length > 1) assert.equal(replaced, pipeline.mode === "superseded", pipeline.id);
  }
});

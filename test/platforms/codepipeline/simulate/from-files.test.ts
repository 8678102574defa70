/** What is written is what is simulated, and what facts call certain holds in every trace of it. */

import assert from "node:assert/strict";
import { describe as group, test } from "node:test";
import fc from "fast-check";
import { type ActionFacts, comesBefore, runTogether } from "../../../../src/facts/stages.ts";
import { codepipelineFacts } from "../../../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import type { PipelineFiles } from "../../../../src/platforms/codepipeline/pipeline.ts";
import { readFound } from "../../../../src/platforms/codepipeline/read/repository.ts";
import { simulatedPipelines } from "../../../../src/platforms/codepipeline/simulate/from-files.ts";
import type {
  SimulatedPipeline,
  SimulatedStart,
} from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import { isFull, tries } from "../../../lane/depth.ts";
import { asTemplate, asTerraform, firstStage } from "./printed.ts";
import { cases } from "./random-pipelines.ts";
import type { Trace } from "./simulate.ts";
import { simulate } from "./simulate.ts";
import { choices, chooser, indexOf } from "./worlds.ts";

const shape = { pipelines: 3, stages: 2, actions: 3, events: 2 };

const formats = {
  CloudFormation: { path: "delivery.json", print: asTemplate },
  "Terraform's JSON": { path: "delivery.tf.json", print: asTerraform },
} as const;

async function read(path: string, text: string): Promise<PipelineFiles> {
  const source = { path, text, byteOrderMark: false };
  const isTerraform = path.endsWith(".tf.json");
  return await readFound({
    root: "",
    focus: undefined,
    pipelines: isTerraform ? [] : [source],
    beside: [],
    terraform: isTerraform ? [source] : [],
    read: () => undefined,
  });
}

/** By name, without what a simulator does not tell apart. */
function plain(pipelines: readonly SimulatedPipeline[]): object {
  const names = new Map(pipelines.map(({ id, name }) => [id, name]));
  const start = (one: SimulatedStart) =>
    one.kind === "state"
      ? { ...one, pipelines: one.pipelines?.map((id) => names.get(id)) }
      : one.kind === "push"
        ? { kind: one.kind, onMain: one.branches.accepts("main") }
        : one;
  const shown = pipelines.map(({ name, executionMode, stages, starts, variables }) => ({
    ...{ name, executionMode, variables },
    starts: starts.map(start),
    stages: stages
      .filter((stage) => stage.name !== firstStage)
      .map((stage) => ({
        ...stage,
        actions: stage.actions.map((action) => ({
          ...action,
          phases: action.phases?.length ? action.phases : undefined,
          startsPipelines: action.source ? [] : action.startsPipelines.map((id) => names.get(id)),
        })),
      })),
  }));
  // Conditions that there are not may be written as undefined or not at all.
  return JSON.parse(JSON.stringify(shown)) as object;
}

group("a pipeline is simulated as it is written", () => {
  for (const [format, { path, print }] of Object.entries(formats)) {
    test(`in ${format}`, async () => {
      await fc.assert(
        fc.asyncProperty(cases(shape), async ({ pipelines }) => {
          const back = simulatedPipelines(await read(path, print(pipelines)));
          assert.deepEqual(plain(back), plain(pipelines));
        }),
        tries(60),
      );
    });
  }
});

test("what comes before has ended, and what runs together is seen to overlap", async () => {
  const compared = { before: 0, together: 0 };
  await fc.assert(
    fc.asyncProperty(
      cases(shape),
      fc.array(choices, { minLength: 12, maxLength: 12 }),
      async ({ pipelines }, picks) => {
        const files = await read("delivery.json", asTemplate(pipelines));
        for (const { id, actions } of codepipelineFacts(files).pipelines) {
          const only = simulatedPipelines(files).filter((pipeline) => pipeline.id === id);
          const traces = picks.map((picked) => started(only, id, picked));
          for (const a of actions) {
            for (const b of actions) {
              if (comesBefore(a, b)) {
                compared.before++;
                const early = traces.some((trace) => overtakes(trace, b, a));
                assert.ok(!early, `${b.stageLabel}/${b.label} before ${a.stageLabel}/${a.label} has ended`);
              }
              if (runTogether(a, b) && traces.some((trace) => overtakes(trace, a, b))) compared.together++;
            }
          }
        }
      },
    ),
    tries(60),
  );
  if (isFull) assert.ok(Math.min(compared.before, compared.together) > 60, JSON.stringify(compared));
});

/** Everything succeeds and every artifact is there. */
function started(pipelines: readonly SimulatedPipeline[], id: string, picks: readonly number[]): Trace {
  const start = { id: "start", kind: "dispatch", pipeline: id, branch: "main", inputs: {} } as const;
  return simulate(pipelines, { events: [start], choose: chooser(picks), findsUnmade: () => true });
}

function overtakes(trace: Trace, early: ActionFacts, late: ActionFacts): boolean {
  const at = ({ stageLabel: stage, label: action }: ActionFacts, how: "started" | "passed") =>
    indexOf(trace, { what: `action-${how}`, stage, action });
  const [begun, over] = [at(early, "started"), at(late, "passed")];
  return begun >= 0 && (over < 0 || begun < over) && at(late, "started") >= 0;
}

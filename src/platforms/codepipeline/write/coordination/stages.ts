/** What surrounds the deployment of a separate pipeline: who may go, and who is told that it is there. */

import type { Environment } from "../../../../model/delivery.ts";
import { promisedOutputs } from "../../../../model/job-values.ts";
import { CannotWrite } from "../../../generated.ts";
import { exportsRun } from "../buildspec.ts";
import { sourceArtifact } from "../fixed-names.ts";
import type { Action, Stage } from "../infrastructure.ts";
import type { JobPlace, Register } from "../job-place.ts";
import { limits } from "../limits.ts";
import { nativeStack, stackOutput } from "../native.ts";
import type { ReleaseLine } from "../release-lines.ts";
import { nameOf } from "../text.ts";
import { handedFile, isTaken } from "./artifacts.ts";
import { handOverId } from "./ids.ts";
import { fromVariable } from "./variables.ts";

interface Handed {
  readonly line: ReleaseLine;
  readonly environment: Environment;
  /** Its jobs there. */
  readonly places: readonly JobPlace[];
  /** Its per-release jobs. */
  readonly built: readonly JobPlace[];
  readonly register: Register;
}

/** Before people are asked: is there any sense in it? The next stages are left out when there is none. */
export const readyStage = (handed: Handed): Stage => ({
  name: `Ready-${handed.environment.name}`,
  comment: ["Nobody is asked about a release that could not be deployed."],
  actions: [callOf("ready", handed)],
});

/** Whether people are to be asked. */
export const whenReady = ({ name }: Environment) => ({ variable: `#{ready@${name}.READY}`, equals: "yes" });

export const gateStage = (handed: Handed): Stage => ({
  name: `Gate-${handed.environment.name}`,
  comment: [
    `Takes the lock of ${handed.environment.name}, and sees whether what this pipeline needs is there, made from the same sources.`,
  ],
  actions: [callOf("gate", handed)],
});

export const whenFree = ({ name }: Environment) => ({ variable: `#{gate@${name}.GO}`, equals: "yes" });

/** The jobs between the two calls that keep the books. */
export function handedActions(actions: readonly Action[], handed: Handed): Action[] {
  const last = Math.max(...actions.map(({ runOrder }) => runOrder));
  return [
    callOf("enter", handed),
    ...actions.map((action) => ({ ...action, runOrder: action.runOrder + 1 })),
    { ...callOf("leave", handed), runOrder: last + 2 },
  ];
}

function callOf(what: "ready" | "gate" | "enter" | "leave", handed: Handed): Action {
  const { line, environment } = handed;
  const pipeline = line.pipelines[0]!.name;
  const asked = {
    // What people and stacks give comes first: where a key stands twice the last one counts, which is ours.
    ...(what === "leave" ? handedOver(handed) : { from: `#{variables.${fromVariable}}` }),
    do: what,
    environment: environment.name,
    pipeline,
    codepipeline: line.name,
    run: "#{codepipeline.PipelineExecutionId}",
    ...(what === "gate" && environment.approval && { ready: whenReady(environment).variable }),
  };
  const text = JSON.stringify(asked);
  if (text.length > limits.codepipeline.configuration) {
    throw new CannotWrite(
      `what ${pipeline} hands over in ${environment.name} takes ${text.length} characters, and CodePipeline takes ${limits.codepipeline.configuration}`,
      "let fewer outputs of its stacks be published, or add a step to the job so that a machine publishes them",
    );
  }
  return {
    name: `${what}-${environment.name}`,
    category: "Invoke",
    provider: "Lambda",
    runOrder: 1,
    configuration: { FunctionName: [nameOf(handOverId)], UserParameters: text },
    namespace: `${what}@${environment.name}`,
    inputs: [
      sourceArtifact,
      ...(what === "leave" ? taken(handed).map((place) => handed.register.artifact(place)) : []),
    ],
    outputs: [],
  };
}

/** Jobs whose artifacts another pipeline takes. */
function taken({ places, built }: Handed): JobPlace[] {
  const found = [...built, ...places].filter(isTaken);
  if (found.length <= 4) return found;
  throw new CannotWrite(
    `other pipelines take artifacts of ${found.length} jobs of ${found[0]!.pipeline.name}, and an action takes those of 4 beside the source`,
    "let one job collect some of them",
  );
}

/** What the next pipelines will ask for: where outputs are kept, and those that only this run knows. */
function handedOver(handed: Handed): object {
  const { places, built, register } = handed;
  const files = taken(handed).map((place): [string, string] => [register.artifact(place), handedFile(place, register)]);
  const publisher = built.find(exportsRun);
  const outputs = places.flatMap((place) => {
    if (nativeStack(place, register) === undefined) return [];
    return Object.keys(promisedOutputs(place.pipeline, place.name)).map((output): [string, string] => [
      output,
      `#{${register.namespace(place)}.${stackOutput(place, output)!}}`,
    ]);
  });
  return {
    commit: "#{SourceVariables.CommitId}",
    ...(publisher && { release: `#{${register.namespace(publisher)}.BATON_RUN}` }),
    ...(files.length > 0 && { artifacts: Object.fromEntries(files) }),
    ...(outputs.length > 0 && { outputs: Object.fromEntries(outputs) }),
  };
}

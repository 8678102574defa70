/**
 * Stages of CodePipelines that build a pipeline of a set, and of those that deploy the releases of a set to an environment. What must not be
 * at the same time is in one stage, and nothing is skipped, because a skipped stage cannot be rolled back.
 */

import { CannotWrite } from "../../../generated.ts";
import { sourceArtifact } from "../fixed-names.ts";
import type { Action, Stage } from "../infrastructure.ts";
import type { JobPlace, Register } from "../job-place.ts";
import { limits } from "../limits.ts";
import type { WriteOptions } from "../options.ts";
import type { ReleaseLine } from "../release-lines.ts";
import { versionOf } from "../sources.ts";
import { actionsOf, approvalStage, buildStage, sourceStage } from "../stage-parts.ts";
import { nameOf } from "../text.ts";
import { namespaceOf } from "./handed.ts";
import { releaseVariable } from "./program.ts";

/** Logical id of the function. */
export const releasesId = "Releases";
/** An action that hears nothing for so long fails: three calls of the function, with the pauses of Lambda between them. */
const silenceMinutes = 20;

/** @throws {CannotWrite} for more artifacts than an action takes. */
export function buildingStages(
  line: ReleaseLine,
  { places, register, options }: { places: readonly JobPlace[]; register: Register; options: WriteOptions },
): Stage[] {
  const built = places.length === 0 ? [] : [buildStage(places, register)];
  const keep: Stage = {
    name: "Keep",
    comment: ["With a role of its own: what builds do cannot write records."],
    actions: [keepAction(line, places, { register, options })],
  };
  return [sourceStage(line, options), ...built, keep];
}

export const keepProjectId = (line: ReleaseLine, register: Register) => register.id(line.name, "keep project");

function keepAction(
  line: ReleaseLine,
  places: readonly JobPlace[],
  { register, options }: { register: Register; options: WriteOptions },
): Action {
  const leaving = places.filter(({ job }) => Object.keys(job.artifacts).length > 0);
  const { name } = line.pipelines[0]!;
  if (leaving.length > 4) {
    throw new CannotWrite(
      `${leaving.length} jobs of ${name} leave artifacts once for each release, and an action takes those of 4 beside the source`,
      "let one job collect some of them",
      ["pipelines", name, "jobs"],
    );
  }
  const artifacts = leaving.map((place) => [place.name, register.artifact(place)] as const);
  const variables = [
    { name: "BATON_RUN", value: "#{codepipeline.PipelineExecutionId}" },
    { name: "BATON_COMMIT", value: versionOf(options.settings) },
    { name: "BATON_ARTIFACTS", value: artifacts.map(([job, artifact]) => `${job}=${artifact}`).join(" ") },
  ];
  return {
    name: "keep",
    category: "Build",
    provider: "CodeBuild",
    runOrder: 1,
    configuration: {
      ProjectName: [nameOf(keepProjectId(line, register))],
      ...(artifacts.length > 0 && { PrimarySource: sourceArtifact }),
      EnvironmentVariables: JSON.stringify(variables.filter(({ value }) => value !== "")),
    },
    inputs: [sourceArtifact, ...artifacts.map(([, artifact]) => artifact)],
    outputs: [],
  };
}

/** @throws {CannotWrite} for more than a stage or an action takes. */
export function deployingStages(
  line: ReleaseLine,
  { places, register, options }: { places: readonly JobPlace[]; register: Register; options: WriteOptions },
): Stage[] {
  const environment = line.environments[0]!;
  const { name, approval } = environment;
  const { alarms, rollback, watchMinutes } = options.settings;
  const rings = Object.hasOwn(alarms, name) ? alarms[name] : undefined;
  const jobs = actionsOf(places, register);
  const last = Math.max(...jobs.map(({ runOrder }) => runOrder));
  const callOf = (what: Call) => call(what, { line, options });
  return [
    sourceStage(line, options),
    {
      name: "Select",
      comment: [
        `The newest release that is proven in all environments before ${name}, or the one that a person asks for.`,
        "A run that has none to deploy is stopped here, with the reason.",
      ],
      actions: [callOf("select")],
    },
    ...(approval ? [approvalStage({ environment: name, approval, line, options })] : []),
    {
      name,
      comment: [
        `The stage is the lock of ${name}: one run at a time deploys there, from its first job to its last.`,
        "Its first action compares with what is there; who is there already ends at once.",
      ],
      actions: [
        callOf("begin"),
        ...jobs.map((action) => ({ ...action, runOrder: action.runOrder + 1 })),
        { ...callOf("end"), runOrder: last + 2 },
      ],
      ...(rollback === "stage" && { onFailure: "ROLLBACK" as const }),
      ...(rollback === "stage" && rings && { alarms: { names: rings, minutes: watchMinutes } }),
    },
    {
      name: "Proven",
      comment: ["After the alarms were watched. Nothing is taken back because this fails."],
      actions: [callOf("prove")],
    },
  ];
}

type Call = "select" | "begin" | "end" | "prove";

function call(what: Call, { line, options }: { line: ReleaseLine; options: WriteOptions }): Action {
  const asked = {
    // What a person gives is text in JSON: the function takes it for a value, or for nothing.
    release: what === "select" ? `#{variables.${releaseVariable}}` : `#{${namespaceOf("select", line)}.NUMBER}`,
    ...(what === "select" && { commit: versionOf(options.settings) }),
    do: what,
    set: line.joined!.set,
    environment: line.environments[0]!.name,
    run: "#{codepipeline.PipelineExecutionId}",
  };
  const text = JSON.stringify(asked);
  if (text.length > limits.codepipeline.configuration) {
    throw new CannotWrite(
      `what ${line.name} asks the function with has ${text.length} characters, and CodePipeline takes ${limits.codepipeline.configuration}`,
      "shorten the names of the branch and of the environment",
    );
  }
  return {
    name: what,
    category: "Invoke",
    provider: "Lambda",
    runOrder: 1,
    configuration: { FunctionName: [nameOf(releasesId)], UserParameters: text },
    namespace: namespaceOf(what, line),
    inputs: [],
    outputs: [],
    timeoutMinutes: silenceMinutes,
  };
}

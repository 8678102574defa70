/** What stages of every layout are made of. */

import type { Approval } from "../../../model/delivery.ts";
import { promisedOutputs } from "../../../model/job-values.ts";
import { CannotWrite } from "../../generated.ts";
import { holds } from "./conditions.ts";
import { ids, sourceAction, sourceArtifact } from "./fixed-names.ts";
import type { Action, EnvironmentVariable, Stage } from "./infrastructure.ts";
import { projectId } from "./job-ids.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { takenBy } from "./job-resources.ts";
import { JobValues } from "./job-values.ts";
import { variablesIn } from "./known-values.ts";
import { limits } from "./limits.ts";
import { nativeAction } from "./native-action.ts";
import { actingIn } from "./native-place.ts";
import type { WriteOptions } from "./options.ts";
import { orderedParts, type Part } from "./order.ts";
import type { ReleaseLine } from "./release-lines.ts";
import { deploysSet, namespaceOf } from "./separate/handed.ts";
import { sourceNamespace, sourceOf, versionOf } from "./sources.ts";
import { arnOf, nameOf, type Text } from "./text.ts";

/** Whether its condition keeps a job out for good. @throws {CannotWrite} for what a stage cannot do. */
export function isLeftOut(place: JobPlace): boolean {
  const { pipeline, name, job, environment, line, delivery } = place;
  if (job.runsAfter !== "success") {
    throw new CannotWrite(
      `${pipeline.name}.${name} runs after ${job.runsAfter === "failure" ? "a failure" : "success and failure"}, and in CodePipeline nothing runs after a failure`,
      "make it a step with continueOnFailure at the end of the job it looks at, or subscribe to the notifications",
      ["pipelines", pipeline.name, "jobs", name, "runsAfter"],
    );
  }
  if (job.condition === undefined) return false;
  const facts = {
    environment: environment?.name,
    branch: line.branch,
    variables: variablesIn(delivery, environment?.name),
  };
  const answer = holds(job.condition, facts);
  const handsOver =
    Object.keys(promisedOutputs(place.pipeline, place.name)).length > 0 || Object.keys(job.artifacts).length > 0;
  if (answer !== "yes" && handsOver) {
    throw new CannotWrite(
      `${pipeline.name}.${name} hands something over and its condition may leave it out, and CodePipeline does not keep what an earlier run handed over`,
      "put the condition on its steps, so that the job always hands over",
      ["pipelines", pipeline.name, "jobs", name, "condition"],
    );
  }
  return answer === "no";
}

export function sourceStage({ branch }: ReleaseLine, { settings }: Pick<WriteOptions, "settings">): Stage {
  const source: Action = {
    name: sourceAction,
    category: "Source",
    runOrder: 1,
    ...sourceOf(settings).action(branch),
    namespace: sourceNamespace,
    inputs: [],
    outputs: [sourceArtifact],
  };
  return { name: "Source", comment: [], actions: [source] };
}

export function approvalStage({
  environment,
  approval,
  line,
  options: { settings },
}: {
  environment: string;
  approval: Approval;
  line: ReleaseLine;
  options: WriteOptions;
}): Stage {
  const who = approval.reviewers.length > 0 ? ` Reviewers: ${approval.reviewers.join(", ")}.` : "";
  const question = approval.message ?? `Deploy to ${environment}?`;
  const about = line.joined ? `Release #{${namespaceOf("select", line)}.NUMBER} of ${line.joined.set}: ` : "";
  const { version, page } = sourceOf(settings);
  const asked = `${about}${question}${who} ${version.word} ${versionOf(settings)}.`;
  if (asked.length > limits.codepipeline.configuration) {
    throw new CannotWrite(
      `the approval of ${environment} asks with ${asked.length} characters, and CodePipeline takes ${limits.codepipeline.configuration}`,
      "shorten its message, or name a team instead of its members",
      ["environments", environment, "approval"],
    );
  }
  const action: Action = {
    name: `approve-${environment}`,
    category: "Approval",
    provider: "Manual",
    runOrder: 1,
    configuration: {
      NotificationArn: [arnOf(ids.approvals)],
      CustomData: asked,
      ...(page && { ExternalEntityLink: page }),
    },
    inputs: [],
    outputs: [],
    // Between five minutes and sixty days; nobody's answer means no.
    timeoutMinutes: Math.min(86_400, Math.max(5, Math.ceil(approval.timeoutMs / 60_000))),
  };
  const comment = ["In a stage of its own, so that nobody waits at the environment's lock for a person."];
  return { name: `Approve-${environment}`, comment, actions: [action] };
}

export const buildStage = (places: readonly JobPlace[], register: Register): Stage => ({
  name: "Build",
  comment: ["What is built once: every environment gets the same bytes."],
  actions: actionsOf(places, register),
});

/** In an order that run orders can say. */
export function actionsOf(places: readonly JobPlace[], register: Register): Action[] {
  const parts = orderedParts(places);
  return parts.sort((a, b) => a.runOrder - b.runOrder).map((part) => actionOf(part, register));
}

function actionOf({ place, leg, runOrder }: Part, register: Register): Action {
  const name = register.action(
    place,
    Object.values(leg)
      .join("-")
      .replaceAll(/[^A-Za-z0-9.@_-]/g, "-"),
  );
  const job = `${place.pipeline.name}.${place.name}`;
  const namespace = register.namespace(place);
  const native = nativeAction(place, register);
  if (native !== undefined) {
    refuseLong(native.configuration.ParameterOverrides, job);
    return { name, runOrder, ...native, ...actingIn(place, register), job };
  }
  const inputs = takenBy(place, register);
  if (inputs.length > 5) {
    throw new CannotWrite(
      `${job} takes artifacts of ${inputs.length - 1} jobs, and a build takes those of 4 beside its source`,
      "let one job collect some of them",
    );
  }
  const variables = new JobValues(place).running(register, leg);
  const configuration: Record<string, Text> = {
    ProjectName: [nameOf(projectId(place, register))],
    ...(inputs.length > 1 && { PrimarySource: sourceArtifact }),
    EnvironmentVariables: JSON.stringify(variables.map(inShortForm)),
  };
  refuseLong(configuration.EnvironmentVariables, job);
  return {
    name,
    category: "Build",
    provider: "CodeBuild",
    runOrder,
    configuration,
    // Legs hand nothing over that somebody would have to name.
    ...(!place.job.matrix && { namespace }),
    inputs,
    outputs: Object.keys(place.job.artifacts).length > 0 && !deploysSet(place) ? [register.artifact(place)] : [],
    job,
  };
}

/** Plain text is the default. */
const inShortForm = ({ name, value, type }: EnvironmentVariable) =>
  type === "PLAINTEXT" ? { name, value } : { name, value, type };

function refuseLong(configuration: Text | undefined, job: string): void {
  if (configuration === undefined || configuration.length <= limits.codepipeline.configuration) return;
  throw new CannotWrite(
    `${job} reads so many outputs and parameters that its action would have ${configuration.length} characters of them, and CodePipeline takes ${limits.codepipeline.configuration}`,
    "publish several of them as one output of type json",
  );
}

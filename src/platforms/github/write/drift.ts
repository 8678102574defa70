/**
 * The workflow that looks whether environments are still as they were deployed. By schedule it starts itself for each that has a
 * record, on the branch that deployed it; there, under the lock of the environment, each job that can tell looks with the tree, the
 * outputs and the artifacts of what is deployed. It writes nothing down.
 */

import type { Delivery, Job, Pipeline } from "../../../model/delivery.ts";
import { standing } from "../../../model/previews.ts";
import { CannotWrite } from "../../generated.ts";
import { localAction } from "./actions.ts";
import { historyCheckout } from "./checkouts.ts";
import { computed } from "./computed.ts";
import type { StepsJobDocument, WorkflowDocument } from "./document.ts";
import { planned, withReadOutputs } from "./environment-jobs.ts";
import { literal, member } from "./expressions.ts";
import { workflowHeader } from "./header.ts";
import { folderOf, writeJob } from "./job.ts";
import { usualMachine } from "./machine.ts";
import { ArtifactNames, Ids, lockGroup } from "./names.ts";
import type { WriteOptions } from "./options.ts";

/** Once a day, before most people are at work. */
const daily = "17 5 * * *";

/** Undefined where no job can tell. @throws {CannotWrite} */
export function driftWorkflow(delivery: Delivery, options: WriteOptions, file: string): WorkflowDocument | undefined {
  const looking = delivery.pipelines.flatMap((pipeline) =>
    Object.entries(pipeline.jobs).flatMap(([name, job]) => (job.drift === undefined ? [] : [{ pipeline, name, job }])),
  );
  const [first] = looking;
  if (first === undefined || standing(delivery).environments.length === 0) return undefined;
  if (options.layout === "chained") {
    throw new CannotWrite(
      `${first.pipeline.name}.${first.name} looks for drift, and in the layout chained no record has the values that it was deployed with`,
      "use the layout orchestrated, or leave drift out",
      ["pipelines", first.pipeline.name, "jobs", first.name, "drift"],
    );
  }
  const ids = new Ids();
  const look = ids.claim("look");
  return {
    file,
    header: workflowHeader(delivery, options, [
      `${delivery.name}: looks whether environments are still as they were deployed. Deploys nothing.`,
    ]),
    name: `${delivery.name}: drift`,
    on: {
      schedules: [daily],
      dispatch: {
        inputs: { environment: { description: "Empty: each, on its branch", type: "string", default: "" } },
      },
    },
    concurrency: { group: lockGroup(delivery, computed("inputs.environment || github.run_id")) },
    jobs: withReadOutputs(
      {
        [look]: lookJob(delivery, options),
        ...Object.fromEntries(
          looking.map((one) => [
            ids.claim(`${one.pipeline.name}__${one.name}`),
            driftJob(one, { delivery, options, look }),
          ]),
        ),
      },
      look,
    ),
  };
}

function lookJob(delivery: Delivery, options: WriteOptions): StepsJobDocument {
  const outputs = ["commits", "handed", "given", "parameters", "event", "branch"];
  return {
    kind: "steps",
    name: "What is deployed",
    permissions: { actions: "write", contents: "read" },
    runsOn: usualMachine(options),
    timeoutMinutes: 30,
    outputs: Object.fromEntries(outputs.map((name) => [name, computed(`steps.look.outputs.${name}`)])),
    steps: [
      historyCheckout(),
      { id: "look", uses: localAction(delivery, "look"), with: { environment: computed("inputs.environment") } },
    ],
  };
}

/** The job as it deploys, up to its steps; what it takes is that of the record. */
function driftJob(
  { pipeline, name, job }: { pipeline: Pipeline; name: string; job: Job },
  { delivery, options, look }: { delivery: Delivery; options: WriteOptions; look: string },
): StepsJobDocument {
  const handed = (reference: string, kind: "outputs" | "artifacts") => {
    const [owner, made] = reference.split(".") as [string, string];
    return `fromJSON(needs.${look}.outputs.handed)${member(owner)}.${kind}${member(made)}`;
  };
  const { report: _report, concurrency: _concurrency, ...rest } = job;
  const env = { ...job.env, ...job.driftEnv };
  const alone: Job = { ...rest, env, needs: [], steps: [], artifacts: {}, continueOnFailure: false };
  const commit = `fromJSON(needs.${look}.outputs.commits)${member(pipeline.name)}`;
  const { workingDirectory: _unused, ...written } = writeJob(name, {
    delivery,
    // What it publishes is published already.
    pipeline: {
      ...pipeline,
      outputs: Object.fromEntries(Object.entries(pipeline.outputs).filter(([, output]) => output.job !== name)),
      jobs: { ...pipeline.jobs, [name]: alone },
    },
    // The digest is that of a record which was believed, and nothing is deployed.
    options: { ...options, attest: "no" },
    artifactNames: new ArtifactNames(delivery),
    environment: { expression: "inputs.environment", known: undefined },
    commit,
    event: `needs.${look}.outputs.event`,
    branch: `needs.${look}.outputs.branch`,
    given: `needs.${look}.outputs.given`,
    looks: true,
    idOf: () => undefined,
    parameter: (parameter) => planned({ kind: "parameter", name: parameter }, look),
    output: (reference) => handed(reference, "outputs"),
    artifact: (reference) => {
      const kept = handed(reference, "artifacts");
      return { digest: `${kept}.digest`, run: `${kept}.run` };
    },
    signer: () => "",
    first: [look],
    guard: `fromJSON(needs.${look}.outputs.commits || '{}')${member(pipeline.name)}`,
  });
  const folder = folderOf(pipeline, job);
  return {
    ...written,
    steps: [
      ...written.steps,
      {
        uses: localAction(delivery, "drift"),
        with: {
          job: `${pipeline.name}.${name}`,
          environment: computed("inputs.environment"),
          ...(folder !== "." && { folder }),
          command: literal(job.drift!),
        },
      },
    ],
  };
}

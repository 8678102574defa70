/**
 * Previews: an environment for each pull request. The entry deploys them; this is the workflow that removes them when a pull request
 * is closed, in reverse order and under the same lock, and once a day those of which GitHub started nothing (of a pull request in
 * conflict it starts no workflow). What is removed is found by the name of the preview alone, so nothing has to be known of it.
 */

import type { Delivery, Job } from "../../../model/delivery.ts";
import { previewOf, type Removing, removing } from "../../../model/previews.ts";
import { CannotWrite } from "../../generated.ts";
import { localAction } from "./actions.ts";
import { programCheckout } from "./checkouts.ts";
import { mayHaveRights } from "./clouds.ts";
import { computed } from "./computed.ts";
import type { JobDocument, StepsJobDocument, WorkflowDocument } from "./document.ts";
import { text } from "./expressions.ts";
import { workflowHeader } from "./header.ts";
import { writeJob } from "./job.ts";
import { usualMachine } from "./machine.ts";
import { ArtifactNames, Ids, lockGroup, previewName } from "./names.ts";
import type { WriteOptions } from "./options.ts";

/** Once a day. */
const daily = "29 3 * * *";

/** @throws {CannotWrite} for a preview that the layout, or a pull request, has no means for. */
export function refusePreview(delivery: Delivery, { layout }: WriteOptions): void {
  const preview = previewOf(delivery);
  if (preview === undefined) return;
  if (layout !== "orchestrated") {
    throw new CannotWrite(
      `${preview.name} is a preview, and in the layout ${layout} a pull request runs checks of single pipelines, not the delivery in its order`,
      "use the layout orchestrated",
      ["environments", preview.name, "preview"],
    );
  }
  for (const { name: pipeline, triggers, jobs } of delivery.pipelines) {
    for (const [name, job] of Object.entries(jobs)) {
      const pushes = job.steps.some(({ action }) => action?.kind === "docker.build");
      if (!triggers.pullRequests || job.per !== "release" || !pushes) continue;
      throw new CannotWrite(
        `${pipeline}.${name} pushes an image by the rights of a release, which no pull request has, and ${preview.name} would lack it`,
        "build the image in each environment (leave out per: release), or keep the pipeline out of pull requests (pullRequests: false)",
        ["pipelines", pipeline, "jobs", name, "per"],
      );
    }
  }
}

/** Undefined where there are no previews. */
export function removalWorkflow(delivery: Delivery, options: WriteOptions, file: string): WorkflowDocument | undefined {
  const preview = previewOf(delivery);
  if (preview === undefined) return undefined;
  const all = removing(delivery);
  const ids = new Ids();
  const due = ids.claim("due");
  const idOf = new Map(all.map((one) => [one, ids.claim(`${one.pipeline.name}__${one.name}`)]));
  const jobs: Record<string, JobDocument> = { [due]: dueJob(delivery, options) };
  for (const one of [...all].reverse()) {
    const later = all.filter((other) => other !== one && comesAfter(other, one, delivery));
    jobs[idOf.get(one)!] = removalJob(one, {
      delivery,
      options,
      due,
      preview: preview.name,
      needs: [due, ...later.map((other) => idOf.get(other)!)],
    });
  }
  jobs[ids.claim("removed")] = removedJob(delivery, options, { due, needs: [due, ...idOf.values()] });
  const number = "github.event.pull_request.number || inputs.number || github.run_id";
  return {
    file,
    header: workflowHeader(delivery, options, [
      `${delivery.name}: removes the preview of a pull request that is closed. Waits for whoever deploys there.`,
    ]),
    name: `${delivery.name}: remove a preview`,
    on: {
      pullRequest: { types: ["closed"] },
      schedules: [daily],
      dispatch: {
        inputs: {
          number: { description: "Of the pull request; empty: each that was left", type: "string", default: "" },
        },
      },
    },
    concurrency: { group: lockGroup(delivery, previewName(preview.name, computed(number))) },
    jobs,
  };
}

function dueJob(delivery: Delivery, options: WriteOptions): StepsJobDocument {
  return {
    kind: "steps",
    name: "What is to be removed",
    if: mayHaveRights,
    permissions: { actions: "write", contents: "read", deployments: "read", "pull-requests": "read" },
    runsOn: usualMachine(options),
    timeoutMinutes: 15,
    outputs: Object.fromEntries(
      ["environment", "branch"].map((name) => [name, computed(`steps.preview.outputs.${name}`)]),
    ),
    steps: [
      programCheckout(),
      {
        id: "preview",
        uses: localAction(delivery, "preview"),
        with: { number: computed("github.event.pull_request.number || inputs.number") },
      },
    ],
  };
}

/** The job as it deploys, up to its steps. */
function removalJob(
  { pipeline, name, job }: Removing,
  {
    delivery,
    options,
    due,
    preview,
    needs,
  }: { delivery: Delivery; options: WriteOptions; due: string; preview: string; needs: string[] },
): StepsJobDocument {
  const { report: _report, condition: _condition, ...rest } = job;
  const command = job.remove!;
  const alone: Job = {
    ...rest,
    needs: [],
    uses: [],
    runsAfter: "success",
    steps: [{ name: command, run: command, shell: "bash", env: {}, workingDirectory: ".", continueOnFailure: false }],
    artifacts: {},
    continueOnFailure: false,
  };
  const nothing = () => text("");
  return writeJob(name, {
    delivery,
    pipeline: {
      ...pipeline,
      outputs: Object.fromEntries(Object.entries(pipeline.outputs).filter(([, output]) => output.job !== name)),
      jobs: { ...pipeline.jobs, [name]: alone },
    },
    options: { ...options, attest: "no" },
    artifactNames: new ArtifactNames(delivery),
    environment: { expression: `needs.${due}.outputs.environment`, known: undefined, defined: preview },
    commit: "github.sha",
    event: text("pull-request"),
    branch: `needs.${due}.outputs.branch`,
    given: "toJSON(inputs)",
    removes: true,
    idOf: () => undefined,
    parameter: (parameter) => text(delivery.parameters[parameter]?.default ?? ""),
    // Refused: see the rule on previews.
    output: nothing,
    artifact: () => ({ digest: nothing(), run: nothing() }),
    signer: () => "",
    first: needs,
    guard: `needs.${due}.outputs.environment != ''`,
  });
}

/** On GitHub nothing is deployed there any more. */
function removedJob(
  delivery: Delivery,
  options: WriteOptions,
  { due, needs }: { due: string; needs: string[] },
): StepsJobDocument {
  return {
    kind: "steps",
    comment: ["Not where something could not be removed: then a person looks, or starts this again with the number."],
    name: "Nothing is there any more",
    needs,
    if: `needs.${due}.outputs.environment != ''`,
    permissions: { actions: "write", contents: "read", deployments: "write", "pull-requests": "read" },
    runsOn: usualMachine(options),
    timeoutMinutes: 15,
    steps: [
      programCheckout(),
      {
        uses: localAction(delivery, "preview"),
        with: { removed: computed(`needs.${due}.outputs.environment`) },
      },
    ],
  };
}

/** Whether one job is deployed after another: later in its pipeline, or in one that needs it. */
function comesAfter(one: Removing, other: Removing, { pipelines }: Delivery): boolean {
  const reaches = (from: string, to: string, needs: (name: string) => readonly string[]): boolean => {
    const before = new Set(needs(from));
    for (const earlier of before) for (const further of needs(earlier)) before.add(further);
    return before.has(to);
  };
  if (one.pipeline === other.pipeline) return reaches(one.name, other.name, (name) => one.pipeline.jobs[name]!.needs);
  return reaches(
    one.pipeline.name,
    other.pipeline.name,
    (name) => pipelines.find((pipeline) => pipeline.name === name)!.needs,
  );
}

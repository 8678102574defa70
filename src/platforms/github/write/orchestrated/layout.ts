/**
 * Layout `orchestrated`: one entry workflow, one called workflow per pipeline, order by `needs`.
 *
 *     entry      plan ─> web_release ─> dev ─> summary          (dev holds the lock of the environment)
 *                                        │
 *     environment            plan ─> infra ─> web ─> record
 */

import type { Delivery } from "../../../../model/delivery.ts";
import { CannotWrite } from "../../../generated.ts";
import { computed } from "../computed.ts";
import type { WorkflowDocument } from "../document.ts";
import { environmentJobs } from "../environment-jobs.ts";
import { workflowHeader } from "../header.ts";
import {
  ArtifactNames,
  artifactsOf,
  digestInput,
  digestOutput,
  folder,
  Ids,
  outputInput,
  outputsOf,
  parameterInput,
  resultInput,
} from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { type PipelinePart, writePart } from "../pipeline-part.ts";
import { writeEntry } from "./entry.ts";
import type { EnvironmentWorkflow } from "./environment-workflow.ts";

export function orchestrated(delivery: Delivery, options: WriteOptions): WorkflowDocument[] {
  const artifactNames = new ArtifactNames(delivery);
  const files = new Ids();
  const file = (name: string) => `${folder}/${files.claim(name)}.yml`;
  const entryFile = file(delivery.name);
  const environmentFile = file(`${delivery.name}-environment`);
  const parts = (per: "release" | "environment", suffix: string) =>
    new Map(
      delivery.pipelines.flatMap((pipeline): [string, PipelinePart][] => {
        if (!Object.values(pipeline.jobs).some((job) => job.per === per)) return [];
        const part = writePart({
          delivery,
          pipeline,
          per,
          file: file(`${pipeline.name}${suffix}`),
          name: per === "release" ? `${pipeline.name}: build and test` : pipeline.name,
          header: workflowHeader(delivery, options, [
            per === "release"
              ? `The jobs of ${pipeline.name} that run once for a release, whatever the environment.`
              : `The jobs of ${pipeline.name} in one environment.`,
            ...(pipeline.description === undefined ? [] : [pipeline.description]),
          ]),
          options,
          artifactNames,
        });
        return [[pipeline.name, part]];
      }),
    );
  const release = parts("release", "-release");
  const placed = parts("environment", "");
  if (delivery.environments.length > 0 && placed.size === 0) {
    throw new CannotWrite(
      "no pipeline has a job that runs in an environment, so there is nothing to deploy",
      "leave the environments out, or give a job `deploys: true`",
    );
  }
  const environment = environmentWorkflow({ delivery, options, artifactNames, placed, release, file: environmentFile });
  const entry = writeEntry({ delivery, options, release, environment, file: entryFile });
  return [
    entry,
    ...(delivery.environments.length > 0 ? [environment.document] : []),
    ...[...release.values(), ...placed.values()].map(({ document }) => document),
  ];
}

function environmentWorkflow(options: {
  delivery: Delivery;
  options: WriteOptions;
  artifactNames: ArtifactNames;
  placed: ReadonlyMap<string, PipelinePart>;
  release: ReadonlyMap<string, PipelinePart>;
  file: string;
}): EnvironmentWorkflow {
  const { delivery, placed, release } = options;
  const handIn = new Map<string, { pipeline: string; output: string }>();
  for (const pipeline of delivery.pipelines) {
    for (const { name, per } of outputsOf(pipeline)) {
      if (per === "release")
        handIn.set(outputInput(`${pipeline.name}.${name}`), { pipeline: pipeline.name, output: name });
    }
    for (const { name, per } of artifactsOf(pipeline)) {
      if (per === "release") {
        handIn.set(digestInput(`${pipeline.name}.${name}`), { pipeline: pipeline.name, output: digestOutput(name) });
      }
    }
  }
  const builders = [...release.keys()];
  const { jobs } = environmentJobs({
    delivery,
    options: options.options,
    parts: placed,
    artifactNames: options.artifactNames,
    environment: computed("inputs.environment"),
    given: {
      commit: "inputs.commit",
      event: "inputs.event",
      branch: "github.ref_name",
      rollbackTo: "inputs.rollback_to",
      force: "inputs.force",
      schedule: "github.event.schedule",
      parameter: (name) => `inputs.${parameterInput(name)}`,
      built: (pipeline) => `inputs.${resultInput(pipeline)}`,
      release: (input) => `inputs.${input}`,
    },
    inputs: computed("toJSON(inputs)"),
  });
  const secrets = [...new Set([...placed.values()].flatMap((part) => part.secrets))].sort();
  return {
    handIn,
    builders,
    secrets,
    document: {
      file: options.file,
      header: workflowHeader(delivery, options.options, [
        `One environment of ${delivery.name}: what is to be deployed, the pipelines in their order, the record of the release.`,
        "Whoever calls this holds the lock of the environment until it has ended.",
      ]),
      name: `${delivery.name}: one environment`,
      on: {
        call: {
          inputs: {
            environment: { type: "string", required: true },
            commit: { type: "string", required: true },
            event: { description: "push, manual, schedule or rollback", type: "string", required: true },
            rollback_to: {
              description: "Run whose release is deployed again; empty: this commit",
              type: "string",
              default: "",
            },
            force: { description: "Deploy also what has not changed", type: "boolean", default: false },
            ...Object.fromEntries(
              Object.keys(delivery.parameters).map((name) => [
                parameterInput(name),
                { type: "string" as const, required: true as const },
              ]),
            ),
            ...Object.fromEntries(
              builders.map((name) => [
                resultInput(name),
                {
                  description: `How the jobs of ${name} that run once for a release ended`,
                  type: "string" as const,
                  required: true as const,
                },
              ]),
            ),
            ...Object.fromEntries([...handIn.keys()].map((name) => [name, { type: "string" as const, default: "" }])),
          },
          secrets,
          outputs: {},
        },
      },
      jobs,
    },
  };
}

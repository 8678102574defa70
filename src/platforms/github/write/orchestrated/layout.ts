/**
 * Layout `orchestrated`: one entry workflow, one called workflow per pipeline, order by `needs`.
 *
 *     entry      plan ─> web-release ─> dev ─> summary          (dev holds the lock of the environment)
 *                                        │
 *     environment            plan ─> infra ─> web ─> record
 */

import type { Delivery } from "../../../../model/delivery.ts";
import { CannotWrite } from "../../../generated.ts";
import { computed } from "../computed.ts";
import type { WorkflowDocument } from "../document.ts";
import { environmentJobs, handedIn } from "../environment-jobs.ts";
import { workflowHeader } from "../header.ts";
import { ArtifactNames, folder, Ids, resultInput } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { groupsOf, pipelinesInAFile, writePipelineFiles } from "../pipeline-files.ts";
import type { PipelinePart } from "../pipeline-part.ts";
import { type EnvironmentWorkflow, writeEntry } from "./entry.ts";

export function orchestrated(delivery: Delivery, options: WriteOptions): WorkflowDocument[] {
  const artifactNames = new ArtifactNames(delivery);
  const files = new Ids();
  const file = (name: string) => `${folder}/${files.claim(name)}.yml`;
  const entryFile = file(delivery.name);
  const environmentFile = file(`${delivery.name}-environment`);
  const { pipelines } = delivery;
  const own = delivery.environments.length > 0 ? 1 : 0;
  const size = pipelinesInAFile(options, pipelines.length, (many) => own + Math.ceil(pipelines.length / many));
  const groups = groupsOf(pipelines, size).map((group, at) => ({
    path: file(size === 1 ? group[0]!.name : `${delivery.name}-pipelines-${at + 1}`),
    group,
  }));
  const fileOf = new Map(groups.flatMap(({ path, group }) => group.map(({ name }) => [name, path])));
  const { parts, documents } = writePipelineFiles(groups, {
    isShared: size > 1,
    header: (about) => workflowHeader(delivery, options, about),
    part: (pipeline, path) => ({
      delivery,
      pipeline,
      per: ["release", "environment"],
      file: path,
      name: pipeline.name,
      header: workflowHeader(delivery, options, pipeline.description === undefined ? [] : [pipeline.description]),
      options,
      artifactNames,
      signer: (owner) => fileOf.get(owner)!,
    }),
  });
  refuseNothing(delivery, parts);
  const places =
    delivery.environments.length === 0
      ? []
      : [environmentWorkflow({ delivery, options, parts, file: environmentFile })];
  const environments = new Map(delivery.environments.map(({ name }) => [name, places[0]!]));
  const entry = writeEntry({ delivery, options, parts, environments, file: entryFile });
  return [entry, ...places.map(({ document }) => document), ...documents];
}

export function refuseNothing(delivery: Delivery, parts: ReadonlyMap<string, PipelinePart>): void {
  if (delivery.environments.length === 0 || [...parts.values()].some(({ environment }) => environment)) return;
  throw new CannotWrite(
    "no pipeline has a job that runs in an environment, so there is nothing to deploy",
    "leave the environments out, or give a job `deploys: true`",
  );
}

export function environmentWorkflow(options: {
  delivery: Delivery;
  options: WriteOptions;
  parts: ReadonlyMap<string, PipelinePart>;
  file: string;
  /** The file is for this one alone. */
  known?: string;
}): EnvironmentWorkflow {
  const { delivery, parts, known } = options;
  const builders = [...parts].flatMap(([name, { release }]) => (release ? [name] : []));
  const secrets = [...new Set([...parts.values()].flatMap(({ environment }) => environment?.secrets ?? []))].sort();
  const text = { type: "string" as const, required: true as const };
  return {
    secrets,
    document: {
      file: options.file,
      header: workflowHeader(delivery, options.options, [
        `${known ?? "One environment"} of ${delivery.name}: decide, deploy in order, write it down. Whoever calls this holds its lock.`,
      ]),
      name: known === undefined ? `${delivery.name}: one environment` : `orchestrator-${known}`,
      on: {
        call: {
          inputs: {
            ...(known === undefined && { environment: text }),
            // How what is built once for a release ended, and what came out of it.
            ...Object.fromEntries(builders.map((name) => [resultInput(name), text])),
            ...Object.fromEntries(
              [...handedIn(delivery).keys()].map((name) => [name, { type: "string" as const, default: "" }]),
            ),
          },
          secrets,
          outputs: {},
        },
      },
      jobs: environmentJobs({
        delivery,
        options: options.options,
        parts,
        environment: known ?? computed("inputs.environment"),
      }),
    },
  };
}

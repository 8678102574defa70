/**
 * Layout `per-environment`: for each environment an orchestrator and one workflow for each pipeline; one entry calls them.
 *
 *     entry              plan ─> orchestrator-test ─> approve ─> orchestrator-prd ─> summary
 *                                       │
 *     orchestrator-test          plan ─> python ─> terraform ─> record
 *                                        python-test.yml  terraform-test.yml
 *
 * Everything of one commit is one run, so each environment runs the definition of the commit that it deploys.
 */

import type { Delivery } from "../../../../model/delivery.ts";
import type { WorkflowDocument } from "../document.ts";
import { workflowHeader } from "../header.ts";
import { ArtifactNames, folder, Ids } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { type EnvironmentWorkflow, writeEntry } from "../orchestrated/entry.ts";
import { environmentWorkflow, refuseNothing } from "../orchestrated/layout.ts";
import { type PipelinePart, writePart } from "../pipeline-part.ts";

export function perEnvironment(delivery: Delivery, options: WriteOptions): WorkflowDocument[] {
  const artifactNames = new ArtifactNames(delivery);
  const files = new Ids();
  const file = (name: string) => `${folder}/${files.claim(name)}.yml`;
  const entryFile = file(delivery.name);
  const builders = new Map(delivery.pipelines.map(({ name }) => [name, `${name}-release`]));
  const documents: WorkflowDocument[] = [];
  const write = (per: "release" | "environment", known: string | undefined, fileOf: (pipeline: string) => string) => {
    const branch = delivery.environments.find(({ name }) => name === known)?.branch;
    return new Map(
      delivery.pipelines.flatMap((pipeline): [string, PipelinePart][] => {
        if (!Object.values(pipeline.jobs).some((job) => job.per === per)) return [];
        const name = known === undefined ? `${pipeline.name}-release` : `${pipeline.name}-${known}`;
        const part = writePart({
          delivery,
          pipeline,
          per: [per],
          file: fileOf(pipeline.name),
          name,
          header: workflowHeader(delivery, options, [
            known === undefined
              ? `What ${pipeline.name} does once for a release, whatever the environment.`
              : `The jobs of ${pipeline.name} in ${known}. Called by orchestrator-${known}, in the order of the delivery.`,
            ...(branch !== undefined && pipeline.triggers.pullRequests
              ? ["For pull requests only the checks run: nothing is deployed, and no secret is read."]
              : []),
          ]),
          options,
          artifactNames,
          signer: (owner) => `${folder}/${builders.get(owner)}.yml`,
          ...(known !== undefined && { known }),
          ...(branch !== undefined && pipeline.triggers.pullRequests && { pullRequests: [branch] }),
        });
        documents.push(part.document);
        return [[pipeline.name, part]];
      }),
    );
  };
  const release = write("release", undefined, (pipeline) => file(builders.get(pipeline)!));
  const environments = new Map<string, EnvironmentWorkflow>();
  for (const { name: known } of delivery.environments) {
    const placed = write("environment", known, (pipeline) => file(`${pipeline}-${known}`));
    const parts = joined(delivery, release, placed);
    refuseNothing(delivery, parts);
    environments.set(
      known,
      environmentWorkflow({ delivery, options, parts, file: file(`orchestrator-${known}`), known }),
    );
  }
  const entry = writeEntry({ delivery, options, parts: release, environments, file: entryFile });
  return [entry, ...Array.from(environments.values(), ({ document }) => document), ...documents];
}

/** What is built in one file and deployed by another. */
function joined(
  delivery: Delivery,
  release: ReadonlyMap<string, PipelinePart>,
  placed: ReadonlyMap<string, PipelinePart>,
): Map<string, PipelinePart> {
  return new Map(
    delivery.pipelines.flatMap(({ name }): [string, PipelinePart][] => {
      const [built, deployed] = [release.get(name), placed.get(name)];
      if (deployed === undefined) return built === undefined ? [] : [[name, built]];
      return [[name, { ...deployed, release: built?.release }]];
    }),
  );
}

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

import type { Delivery, Pipeline } from "../../../../model/delivery.ts";
import type { WorkflowDocument } from "../document.ts";
import { workflowHeader } from "../header.ts";
import { ArtifactNames, folder, Ids } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { type EnvironmentWorkflow, writeEntry } from "../orchestrated/entry.ts";
import { environmentWorkflow, refuseNothing } from "../orchestrated/layout.ts";
import { groupsOf, pipelinesInAFile, writePipelineFiles } from "../pipeline-files.ts";
import type { PipelinePart } from "../pipeline-part.ts";

export function perEnvironment(delivery: Delivery, options: WriteOptions): WorkflowDocument[] {
  const artifactNames = new ArtifactNames(delivery);
  const files = new Ids();
  const file = (name: string) => `${folder}/${files.claim(name)}.yml`;
  const entryFile = file(delivery.name);
  const documents: WorkflowDocument[] = [];
  const having = (per: "release" | "environment") =>
    delivery.pipelines.filter(({ jobs }) => Object.values(jobs).some((job) => job.per === per));
  const size = pipelinesInAFile(options, delivery.pipelines.length, (many) => {
    const inEach = 1 + Math.ceil(having("environment").length / many);
    return Math.ceil(having("release").length / many) + delivery.environments.length * inEach;
  });
  /** Of all pipelines the jobs of one kind, in files whose names end alike. */
  const grouped = (per: "release" | "environment", ending: string) =>
    groupsOf(having(per), size).map((group, at) => ({
      path: file(size === 1 ? `${group[0]!.name}-${ending}` : `${delivery.name}-${ending}-${at + 1}`),
      group,
    }));
  const releaseFiles = grouped("release", "release");
  const builderOf = new Map(releaseFiles.flatMap(({ path, group }) => group.map(({ name }) => [name, path])));
  const write = (per: "release" | "environment", known: string | undefined, all: ReturnType<typeof grouped>) => {
    const branch = delivery.environments.find(({ name }) => name === known)?.branch;
    const isChecked = ({ triggers }: Pipeline) => branch !== undefined && triggers.pullRequests;
    const checks =
      "For pull requests and merge queues only the checks run: nothing is deployed, and no secret is read.";
    const written = writePipelineFiles(all, {
      isShared: size > 1,
      header: (about) => workflowHeader(delivery, options, about),
      part: (pipeline, path) => ({
        delivery,
        pipeline,
        per: [per],
        file: path,
        name: `${pipeline.name}-${known ?? "release"}`,
        header: workflowHeader(delivery, options, [
          known === undefined
            ? `What ${pipeline.name} does once for a release, whatever the environment.`
            : `The jobs of ${pipeline.name} in ${known}. Called by orchestrator-${known}, in the order of the delivery.`,
          ...(isChecked(pipeline) ? [checks] : []),
        ]),
        options,
        artifactNames,
        signer: (owner) => builderOf.get(owner)!,
        ...(known !== undefined && { known }),
        ...(isChecked(pipeline) && { pullRequests: [branch!] }),
      }),
    });
    documents.push(...written.documents);
    return written.parts;
  };
  const release = write("release", undefined, releaseFiles);
  const environments = new Map<string, EnvironmentWorkflow>();
  for (const { name: known } of delivery.environments) {
    const placed = write("environment", known, grouped("environment", known));
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

import type { Delivery } from "../../../model/delivery.ts";
import { own } from "../../../model/own.ts";
import { standing } from "../../../model/previews.ts";
import { CannotWrite, type WrittenFile } from "../../generated.ts";
import { programFiles, programFolder } from "./actions.ts";
import { chained } from "./chained/layout.ts";
import { dataText } from "./delivery-data.ts";
import { shownAddress } from "./deployments.ts";
import type { WorkflowDocument } from "./document.ts";
import { driftWorkflow } from "./drift.ts";
import { refuseUsualMachine } from "./machine.ts";
import { ArtifactNames, folder, Ids } from "./names.ts";
import type { WriteOptions } from "./options.ts";
import { orchestrated } from "./orchestrated/layout.ts";
import { perEnvironment } from "./per-environment/layout.ts";
import { refusePreview, removalWorkflow } from "./preview.ts";
import { printWorkflow } from "./print.ts";
import { recordsWorkflow } from "./records.ts";
import { refuseUnsupported } from "./unsupported.ts";

/**
 * Native workflow files for a delivery. Pure: the same delivery and options give the same bytes. Paths begin at the root
 * of the repository.
 *
 * @throws {CannotWrite} for what GitHub or the layout has no means for.
 */
export function writeWorkflows(delivery: Delivery, options: WriteOptions): WrittenFile[] {
  refuseUnsupported(delivery);
  refuseUsualMachine(options);
  refusePreview(delivery, options);
  const layout = documentsOf(delivery, options);
  const records = new Ids(layout.map(({ file }) => file.slice(0, -".yml".length)));
  const recordsFile = `${records.claim(`${folder}/${delivery.name}-records`)}.yml`;
  const drift = driftWorkflow(delivery, options, `${records.claim(`${folder}/${delivery.name}-drift`)}.yml`);
  const removal = removalWorkflow(delivery, options, `${records.claim(`${folder}/${delivery.name}-removal`)}.yml`);
  const deploying =
    standing(delivery).environments.length === 0
      ? layout
      : [...layout, recordsWorkflow(delivery, options, recordsFile)];
  const documents = [deploying, drift ?? [], removal ?? []].flat();
  const files = documents.map((document) => {
    const name = document.file.split("/").at(-1)!;
    return { path: document.file, text: printWorkflow(document, own(options.raw, name), options.actions) };
  });
  for (const name of Object.keys(options.raw ?? {})) {
    if (!documents.some(({ file }) => file.endsWith(`/${name}`))) {
      throw new CannotWrite(
        `there are additions for ${name}, which is not among the files of the layout ${options.layout}`,
        `the files are ${documents.map(({ file }) => file.split("/").at(-1)).join(", ")}`,
      );
    }
  }
  return [...files, ...program(delivery, options, { documents, deploying })];
}

/** What the workflows share: only the actions that one of them uses, and those workflows alone that deploy. */
function program(
  delivery: Delivery,
  options: WriteOptions,
  { documents, deploying }: Readonly<Record<"documents" | "deploying", readonly WorkflowDocument[]>>,
): WrittenFile[] {
  const prefix = `./${programFolder(delivery)}/`;
  const steps = documents.flatMap(({ jobs }) =>
    Object.values(jobs).flatMap((job) => (job.kind === "steps" ? job.steps : [])),
  );
  const used = new Set<string>();
  const asked = new Set<string>();
  const planned = new Set<string>();
  for (const step of steps) {
    if ("uses" in step && typeof step.uses === "string" && step.uses.startsWith(prefix))
      used.add(step.uses.slice(prefix.length));
    if ("with" in step && step.uses === `${prefix}begin`) {
      for (const name of String(step.with?.caches ?? "").split(" ")) if (name !== "") asked.add(name);
    }
  }
  for (const document of documents) {
    for (const job of Object.values(document.jobs)) {
      if (job.kind !== "steps") continue;
      for (const value of Object.values(job.outputs ?? {})) {
        const output = /^\$\{\{ steps\.plan\.outputs\.(\S+) \}\}$/.exec(value)?.[1];
        if (output !== undefined) planned.add(output);
      }
    }
  }
  const published = delivery.pipelines.flatMap(({ outputs }) => Object.keys(outputs));
  const address = shownAddress(delivery, options);
  const starting = deploying.filter(({ on }) => on.call === undefined).map(({ file }) => file);
  return programFiles({
    delivery,
    options,
    used,
    caches: [...asked].sort(),
    outputs: {
      plan: [...planned],
      publish: published,
      keep: published.map((name) => `${name}_parameter`),
      read: delivery.pipelines.flatMap(({ name, outputs }) =>
        Object.keys(outputs).map((output) => `${name}_${output}`),
      ),
    },
    data: dataText(delivery, {
      workflows: starting,
      ...(address && options.layout !== "chained" && { address }),
      artifactNames: new ArtifactNames(delivery),
      ...(options.layout === "chained" && { parameterPrefix: options.parameterPrefix ?? `/${delivery.name}` }),
    }),
  });
}

function documentsOf(delivery: Delivery, options: WriteOptions): WorkflowDocument[] {
  switch (options.layout) {
    case "orchestrated":
      return orchestrated(delivery, options);
    case "chained":
      return chained(delivery, options);
    case "per-environment":
      return perEnvironment(delivery, options);
    default:
      return options.layout satisfies never;
  }
}

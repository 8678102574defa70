/** Which pipelines stand in which file: each in one of its own, or several in one where GitHub takes no more files. */

import type { Pipeline } from "../../../model/delivery.ts";
import type { Input, WorkflowDocument } from "./document.ts";
import { unitePermissions } from "./document.ts";
import { limits } from "./limits.ts";
import type { WriteOptions } from "./options.ts";
import { type PartOptions, type PipelinePart, writePart } from "./pipeline-part.ts";

/** How many pipelines share a file: as few as the limit lets. `files` says how many workflows are called with so many in each. */
export function pipelinesInAFile(
  { calledWorkflows = limits.calledWorkflows }: WriteOptions,
  most: number,
  files: (size: number) => number,
): number {
  let size = 1;
  while (size < most && files(size) > calledWorkflows) size++;
  return size;
}

interface PipelineFiles {
  /** By the name of the pipeline. */
  readonly parts: ReadonlyMap<string, PipelinePart>;
  readonly documents: readonly WorkflowDocument[];
}

interface FilesOptions {
  /** Whether the files are for several pipelines each. */
  readonly isShared: boolean;
  /** How a pipeline is written into its file. */
  readonly part: (pipeline: Pipeline, file: string) => PartOptions;
  /** Lines above a file of several. */
  readonly header: (about: readonly string[]) => readonly string[];
}

/** In the order of the definition, so that a pipeline that is added at its end moves no other. */
export function groupsOf(pipelines: readonly Pipeline[], size: number): Pipeline[][] {
  return Array.from({ length: Math.ceil(pipelines.length / size) }, (_, at) =>
    pipelines.slice(at * size, (at + 1) * size),
  );
}

export function writePipelineFiles(
  files: readonly { readonly path: string; readonly group: readonly Pipeline[] }[],
  { isShared, part, header }: FilesOptions,
): PipelineFiles {
  const written = files.map(({ path, group }) => {
    const options = group.map((pipeline) => part(pipeline, path));
    return isShared ? inOneFile(options, header) : options.map((one) => writePart(one));
  });
  return {
    parts: new Map(files.flatMap(({ group }, at) => group.map(({ name }, index) => [name, written[at]![index]!]))),
    documents: written.map(([first]) => first!.document),
  };
}

/** Each call says whose jobs it means; those of the others are skipped. */
function inOneFile(all: readonly PartOptions[], header: FilesOptions["header"]): PipelinePart[] {
  const parts = all.map((one) => writePart({ ...one, isShared: true }));
  const documents = parts.map(({ document }) => document);
  const names = all.map(({ pipeline }) => pipeline.name).join(", ");
  const calls = documents.map(({ on }) => on.call!);
  const branches = documents.flatMap(({ on }) => on.pullRequest?.branches ?? []);
  const outputs: Record<string, { value: string }> = {};
  for (const [name, { value }] of calls.flatMap((call) => Object.entries(call.outputs))) {
    // Of one pipeline only; the jobs of the others say nothing.
    outputs[name] = { value: Object.hasOwn(outputs, name) ? `${outputs[name]!.value} || ${value}` : value };
  }
  const document: WorkflowDocument = {
    file: documents[0]!.file,
    header: header([
      `The jobs of ${names}: more files would be called than GitHub takes. The input pipeline says whose are meant.`,
      ...all.flatMap(({ pipeline: { name, description } }) =>
        description === undefined ? [] : [`${name}: ${description}`],
      ),
    ]),
    name: names,
    on: {
      ...(branches.length > 0 && { pullRequest: { branches: [...new Set(branches)] } }),
      call: {
        inputs: sharedInputs(calls.map(({ inputs }) => inputs)),
        secrets: [...new Set(calls.flatMap(({ secrets }) => secrets))].sort(),
        outputs,
      },
    },
    ...(branches.length > 0 && { concurrency: documents.find(({ concurrency }) => concurrency)!.concurrency! }),
    jobs: Object.assign({}, ...documents.map(({ jobs }) => jobs)),
  };
  // GitHub asks a caller for what any job of the file may do.
  const permissions = unitePermissions(parts.map((one) => one.permissions));
  return parts.map((one) => ({ ...one, document, permissions }));
}

/** What one of the pipelines has no use for its call leaves out. */
function sharedInputs(all: readonly Readonly<Record<string, Input>>[]): Record<string, Input> {
  const names = new Set(all.flatMap((inputs) => Object.keys(inputs)));
  return Object.fromEntries(
    [...names].map((name): [string, Input] => {
      const isAlways = all.every((inputs) => inputs[name]?.required);
      return [name, isAlways ? { type: "string", required: true } : { type: "string", default: "" }];
    }),
  );
}

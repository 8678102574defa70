import type { Refusal } from "../../refusal.ts";
import type { PlacedJob } from "../placed.ts";
import type { Reference } from "../references.ts";
import { type Rule, refusal, type Subject } from "../subject.ts";

/**
 * What is read has been handed over: another pipeline's outputs and artifacts through the pipeline's `needs`, the own
 * ones through the job's.
 */
export const handOver: Rule = function* (subject) {
  for (const reference of subject.references) {
    const source = sourceOf(subject, reference);
    if (!source) continue;
    const { reader } = reference;
    // What is undone was deployed: all of it was handed over then.
    if (source.pipeline === reader.pipeline.name && reader.job.undo && source.job !== reader.name) continue;
    if (source.pipeline !== reader.pipeline.name) yield* fromElsewhere(reference, source);
    else yield* fromHere(subject, reference, source);
  }
};

interface Source {
  kind: "output" | "artifact";
  /** Without the pipeline. */
  name: string;
  pipeline: string;
  job: string;
  path: Refusal["path"];
}

function sourceOf(subject: Subject, { kind, name }: Reference): Source | undefined {
  if (kind === "output") {
    const found = subject.outputs.get(name);
    if (!found) return undefined;
    return { kind, name: found.name, pipeline: found.pipeline.name, job: found.output.job, path: found.path };
  }
  if (kind !== "artifact") return undefined;
  const found = subject.artifacts.get(name);
  if (!found) return undefined;
  const { pipeline, name: job } = found.madeBy;
  return { kind, name: found.name, pipeline: pipeline.name, job, path: found.path };
}

function* fromElsewhere({ name, path, reader }: Reference, source: Source): Generator<Refusal> {
  const { pipeline } = reader;
  if (pipeline.needs.includes(source.pipeline)) return;
  yield refusal(`${source.kind}-without-needs`, path, {
    message: `"${pipeline.name}" uses the ${source.kind} "${name}" but does not need "${source.pipeline}"`,
    related: [{ message: `the ${source.kind} "${source.name}" is declared here`, path: source.path }],
    help: `add "${source.pipeline}" to the needs of "${pipeline.name}", so that it is handed over before it is used`,
  });
}

function* fromHere(subject: Subject, { name, path, reader }: Reference, source: Source): Generator<Refusal> {
  if (!Object.hasOwn(reader.pipeline.jobs, source.job) || subject.jobsBefore(reader).has(source.job)) return;
  const makesIt = source.kind === "output" ? "publishes it" : "leaves it behind";
  const itself = source.job === reader.name;
  yield refusal(`${source.kind}-not-made-before`, path, {
    message: itself
      ? `the job "${reader.name}" uses the ${source.kind} "${name}", but ${makesIt} itself`
      : `the job "${reader.name}" uses the ${source.kind} "${name}", but "${source.job}" ${makesIt} and need not come before`,
    related: [{ message: `the ${source.kind} "${source.name}" is declared here`, path: source.path }],
    help: itself ? helpForItself(reader) : `add "${source.job}" to the needs of "${reader.name}"`,
  });
}

function helpForItself(reader: PlacedJob): string {
  return `move what uses it to a job that needs "${reader.name}"`;
}

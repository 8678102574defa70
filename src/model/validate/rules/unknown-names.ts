import { suggestion } from "../../../findings/nearest-name.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import type { Reference } from "../references.ts";
import { type Rule, refusal, type Subject } from "../subject.ts";

/** Every name that is referred to exists; if not, the nearest one that does is suggested. */
export const unknownNames: Rule = function* (subject) {
  const { delivery, environments, pipelines, jobs, references } = subject;
  for (const { name, after } of delivery.environments) {
    yield* unknownIn(after, environments, ["environments", name, "after"], "environment");
  }
  for (const [name, target] of Object.entries(delivery.notices ?? {})) {
    yield* unknownIn(target.environments, environments, ["notices", name, "environments"], "environment");
  }
  const jobsOf = new Map(
    [...pipelines.values(), ...jobs.map(({ pipeline }) => pipeline)].map((one) => [one, new Map<string, unknown>()]),
  );
  for (const [{ jobs }, known] of jobsOf) for (const name of Object.keys(jobs)) known.set(name, true);
  for (const pipeline of pipelines.values()) {
    const path = ["pipelines", pipeline.name];
    yield* unknownIn(pipeline.needs, pipelines, [...path, "needs"], "pipeline");
    const known = jobsOf.get(pipeline)!;
    for (const [name, { job }] of Object.entries(pipeline.outputs)) {
      if (known.size > 0) yield* unknownIn([job], known, [...path, "outputs", name, "job"], "job");
    }
  }
  for (const { pipeline, job, path } of jobs) {
    yield* unknownIn(job.needs, jobsOf.get(pipeline)!, [...path, "needs"], "job");
  }
  for (const reference of references) yield* unknownReference(subject, reference);
};

function* unknownIn(
  names: readonly string[],
  known: ReadonlyMap<string, unknown>,
  path: DefinitionPath,
  kind: string,
): Generator<Refusal> {
  for (const [index, name] of names.entries()) {
    if (known.has(name)) continue;
    const at = path.at(-1) === "job" ? path : [...path, index];
    yield unknown(kind, name, { path: at, known: [...known.keys()] });
  }
}

function* unknownReference(subject: Subject, reference: Reference): Generator<Refusal> {
  const { kind, name, path, reader } = reference;
  switch (kind) {
    case "output":
    case "artifact": {
      const all = kind === "output" ? subject.outputs : subject.artifacts;
      if (all.has(name)) return;
      const owner = name.slice(0, name.indexOf("."));
      const siblings = [...all.keys()].filter((key) => key.startsWith(`${owner}.`));
      if (subject.pipelines.has(owner)) yield unknown(kind, name, { path, known: siblings });
      else yield unknown("pipeline", owner, { path, known: [...subject.pipelines.keys()] });
      return;
    }
    case "environment":
      if (!subject.environments.has(name)) yield unknown(kind, name, { path, known: [...subject.environments.keys()] });
      return;
    case "parameter":
      if (!Object.hasOwn(subject.delivery.parameters, name)) {
        yield unknown(kind, name, { path, known: Object.keys(subject.delivery.parameters) });
      }
      return;
    case "variable": {
      const known = [subject.delivery, ...subject.delivery.environments].flatMap((holder) =>
        Object.keys(holder.variables),
      );
      if (!known.includes(name)) yield unknown(kind, name, { path, known: [...new Set(known)] });
      return;
    }
    case "matrix": {
      const { matrix } = reader.job;
      const known = matrix ? Object.keys(matrix.values).concat(matrix.include.flatMap((leg) => Object.keys(leg))) : [];
      if (!known.includes(name)) yield unknown("matrix dimension", name, { path, known: [...new Set(known)] });
      return;
    }
    case "secret":
      return;
    default:
      kind satisfies never;
  }
}

function unknown(kind: string, name: string, at: { path: DefinitionPath; known: readonly string[] }): Refusal {
  return refusal(`unknown-${kind.replace(" ", "-")}`, at.path, {
    message: `there is no ${kind} "${name}"`,
    help: suggestion(name, at.known, `${kind}s`),
  });
}

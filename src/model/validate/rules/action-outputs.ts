import { suggestion } from "../../../findings/nearest-name.ts";
import type { Value } from "../../delivery.ts";
import type { Refusal } from "../../refusal.ts";
import type { PlacedJob } from "../placed.ts";
import { type Rule, refusal, type Subject } from "../subject.ts";

/** An action publishes what its job promises, and what is built is built once. */
export const actionOutputs: Rule = function* (subject) {
  for (const placed of subject.jobs) {
    for (const [index, { action }] of placed.job.steps.entries()) {
      if (action === undefined) continue;
      for (const name of action.publishes ?? []) yield* notPromised(placed, index, name);
      if (action.kind === "docker.build") yield* builtAgain(subject, placed, index);
    }
  }
};

function* notPromised({ pipeline, name: job, path }: PlacedJob, index: number, name: string): Generator<Refusal> {
  const at = [...path, "steps", index, "action", "publishes"];
  if (!Object.hasOwn(pipeline.outputs, name)) {
    const known = Object.keys(pipeline.outputs);
    yield refusal("unknown-output", at, {
      message: `the job "${job}" publishes "${name}", but "${pipeline.name}" has no such output`,
      help: known.length > 0 ? suggestion(name, known, "outputs") : `add it: outputs: { ${name}: { job: "${job}" } }`,
    });
    return;
  }
  const promised = pipeline.outputs[name]!.job;
  if (promised === job || !Object.hasOwn(pipeline.jobs, promised)) return;
  const declared = ["pipelines", pipeline.name, "outputs", name];
  yield refusal("output-of-other-job", at, {
    message: `the job "${job}" publishes "${name}", which "${promised}" is to publish`,
    related: [{ message: `the output "${name}" is declared here`, path: declared }],
    help: `name the job: ${name}: { job: "${job}" }`,
  });
}

/** Where nothing of it differs between environments, each would get other bytes of the same image. */
function* builtAgain(subject: Subject, { job, name, path }: PlacedJob, index: number): Generator<Refusal> {
  if (job.per === "release" || subject.delivery.environments.length < 2) return;
  const at = [...path, "steps", index];
  const inside = (other: readonly (string | number)[]) => at.every((key, depth) => other[depth] === key);
  const depends = subject.references.some(
    ({ kind, name: read, reader, path: where }) =>
      reader.job === job && (kind === "environment" || (inside(where) && differs(subject, kind, read))),
  );
  if (depends || Object.values(job.steps[index]!.env).some(isOfEnvironment)) return;
  yield refusal("image-built-again", at, {
    message: `the job "${name}" builds the image again in every environment, so that each gets other bytes`,
    help: 'build it once: in a job of its own with per: "release", which the job that deploys it needs',
  });
}

function differs({ delivery, outputs }: Subject, kind: string, name: string): boolean {
  if (kind === "variable") return delivery.environments.some(({ variables }) => Object.hasOwn(variables, name));
  const output = kind === "output" ? outputs.get(name) : undefined;
  const jobs = output?.pipeline.jobs ?? {};
  const maker = output?.output.job ?? "";
  return Object.hasOwn(jobs, maker) && jobs[maker]!.per === "environment";
}

function isOfEnvironment(value: Value): boolean {
  if (typeof value === "string") return false;
  if (Array.isArray(value)) return value.some(isOfEnvironment);
  return "context" in value && value.context === "environment";
}

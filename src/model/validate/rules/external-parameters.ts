import type { Refusal } from "../../refusal.ts";
import { mayRunIn } from "../conditions.ts";
import type { PlacedOutput } from "../placed.ts";
import { type Rule, refusal, type Subject } from "../subject.ts";

/** No two outputs, and no two environments, keep their values outside under one name. */
export const externalParameters: Rule = function* (subject) {
  const takenBy = new Map<string, { placed: PlacedOutput; key: string; environment: string }>();
  const reported = new Set<string>();
  for (const [key, placed] of subject.outputs) {
    const { parameter } = placed.output;
    if (parameter === undefined) continue;
    yield* wrongName(placed, parameter);
    for (const environment of environmentsOf(subject, placed)) {
      const name = parameter.replaceAll("{environment}", environment);
      const other = takenBy.get(name);
      if (!other) {
        takenBy.set(name, { placed, key, environment });
        continue;
      }
      const pair = `${other.key} ${key}`;
      if (reported.has(pair)) continue;
      reported.add(pair);
      yield other.key === key ? shared(placed, name, [other.environment, environment]) : twice(other, placed, name);
    }
  }
};

function environmentsOf({ delivery }: Subject, { pipeline, output }: PlacedOutput): string[] {
  const job = Object.hasOwn(pipeline.jobs, output.job) ? pipeline.jobs[output.job] : undefined;
  if (job?.per === "release") return [""];
  return delivery.environments.map(({ name }) => name).filter((name) => mayRunIn(job?.condition, name));
}

function shared({ name, path }: PlacedOutput, parameter: string, environments: [string, string]): Refusal {
  return refusal("parameter-shared-by-environments", [...path, "parameter"], {
    message: `"${environments[0]}" and "${environments[1]}" would both keep the output "${name}" as "${parameter}"`,
    help: "put {environment} into the name",
  });
}

function twice(first: { placed: PlacedOutput; key: string }, placed: PlacedOutput, parameter: string): Refusal {
  const second = `${placed.pipeline.name}.${placed.name}`;
  return refusal("parameter-written-twice", [...placed.path, "parameter"], {
    message: `the outputs "${first.key}" and "${second}" are both kept as "${parameter}"`,
    related: [{ message: `"${first.key}" is kept there here`, path: [...first.placed.path, "parameter"] }],
    help: "give each a name of its own, so that neither writes over the other",
  });
}

function* wrongName({ path, name }: PlacedOutput, parameter: string): Generator<Refusal> {
  if (/^[A-Za-z0-9_./-]+$/.test(parameter.replaceAll("{environment}", "e"))) return;
  yield refusal("wrong-name", [...path, "parameter"], {
    message: `the output "${name}" cannot be kept as "${parameter}"`,
    help: "use letters, digits and the characters _ . / -, and {environment} where the environment's name goes",
  });
}

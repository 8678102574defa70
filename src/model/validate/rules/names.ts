import {
  inputPattern,
  longestName,
  namePattern,
  placePattern,
  secretPattern,
  servicePattern,
  variablePattern,
} from "../../names.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { type Rule, refusal, type Subject } from "../subject.ts";

/** Every name has a form that files, environment variables and the CI services can all carry. */
export const names: Rule = function* (subject) {
  for (const { kind, name, path, form } of namedThings(subject)) {
    if (form.pattern.test(name) && name.length <= longestName) continue;
    const long = name.length > longestName ? `, at most ${longestName} characters long` : "";
    yield refusal("wrong-name", path, {
      message: `"${name}" cannot be the name of ${kind}`,
      help: `use ${form.words}${long}`,
    });
  }
  yield* reservedVariables(subject);
};

interface NameForm {
  pattern: RegExp;
  words: string;
}

const place: NameForm = {
  pattern: placePattern,
  words: "a lower-case letter, then letters, digits and hyphens",
};
const thing: NameForm = {
  pattern: namePattern,
  words: "a letter, then letters, digits, hyphens, and single underscores between them",
};
const variable: NameForm = {
  pattern: variablePattern,
  words: "a letter or underscore, then letters, digits and underscores",
};
const input: NameForm = {
  pattern: inputPattern,
  words: "a letter or underscore, then letters, digits, underscores and hyphens",
};
const service: NameForm = {
  pattern: servicePattern,
  words: "a lower-case letter, then lower-case letters, digits and hyphens",
};
const secret: NameForm = {
  pattern: secretPattern,
  words: "letters, digits and the characters _ . / -",
};

interface NamedThing {
  kind: string;
  name: string;
  path: DefinitionPath;
  form: NameForm;
}

function* namedThings({ delivery, jobs, references }: Subject): Generator<NamedThing> {
  const keys = function* (record: object, kind: string, path: DefinitionPath, form: NameForm): Generator<NamedThing> {
    for (const name of Object.keys(record)) yield { kind, name, path: [...path, name], form };
  };
  yield { kind: "a delivery", name: delivery.name, path: ["name"], form: place };
  yield* keys(delivery.variables, "a variable", ["variables"], variable);
  yield* keys(delivery.parameters, "a parameter", ["parameters"], input);
  yield* keys(delivery.notices ?? {}, "a target of notices", ["notices"], thing);
  for (const { name, variables } of delivery.environments) {
    yield { kind: "an environment", name, path: ["environments", name], form: place };
    yield* keys(variables, "a variable", ["environments", name, "variables"], variable);
  }
  for (const { name, outputs, env } of delivery.pipelines) {
    const path = ["pipelines", name];
    yield { kind: "a pipeline", name, path, form: thing };
    yield* keys(outputs, "an output", [...path, "outputs"], thing);
    yield* keys(env, "an environment variable", [...path, "env"], variable);
  }
  for (const { name, job, path } of jobs) {
    yield { kind: "a job", name, path, form: thing };
    if (!isEmpty(job.env)) yield* keys(job.env, "an environment variable", [...path, "env"], variable);
    if (!isEmpty(job.artifacts)) yield* keys(job.artifacts, "an artifact", [...path, "artifacts"], thing);
    if (job.services) yield* keys(job.services, "a service", [...path, "services"], service);
    if (job.container)
      yield* keys(job.container.env, "an environment variable", [...path, "container", "env"], variable);
    for (const [of, { env }] of Object.entries(job.services ?? {})) {
      yield* keys(env, "an environment variable", [...path, "services", of, "env"], variable);
    }
    if (job.matrix) yield* keys(job.matrix.values, "a dimension of a matrix", [...path, "matrix"], input);
    for (const [index, step] of job.steps.entries()) {
      if (!isEmpty(step.env))
        yield* keys(step.env, "an environment variable", [...path, "steps", index, "env"], variable);
    }
  }
  for (const { kind, name, path } of references) {
    if (kind === "secret") yield { kind: "a secret", name, path, form: secret };
  }
}

/** Most are: of those nothing need be made to look at them. */
function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

/** `BATON_OUTPUT` and its like are Baton's to set; `BATON_VALUE_…` are those that sh`…` makes. */
function* reservedVariables({ delivery, jobs }: Subject): Generator<Refusal> {
  const sets = [
    ...delivery.pipelines.map(({ name, env }) => ({ env, path: ["pipelines", name, "env"] as DefinitionPath })),
    ...jobs.filter(({ job }) => !isEmpty(job.env)).map(({ job, path }) => ({ env: job.env, path: [...path, "env"] })),
    ...jobs.flatMap(({ job, path }) =>
      job.steps.flatMap(({ env }, index) => (isEmpty(env) ? [] : [{ env, path: [...path, "steps", index, "env"] }])),
    ),
  ];
  for (const { env, path } of sets) {
    for (const name of Object.keys(env)) {
      if (!name.startsWith("BATON_") || name.startsWith("BATON_VALUE_")) continue;
      yield refusal("reserved-name", [...path, name], {
        message: `the environment variable "${name}" is Baton's own`,
        help: "choose a name that does not begin with BATON_",
      });
    }
  }
}

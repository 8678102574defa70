import { mayRunIn } from "../conditions.ts";
import { type Rule, refusal } from "../subject.ts";

/** A variable that a job reads has a value in every environment in which the job may run. */
export const variablesEverywhere: Rule = function* ({ delivery, references }) {
  for (const { kind, name, path, reader } of references) {
    if (kind !== "variable" || reader.job.per === "release" || Object.hasOwn(delivery.variables, name)) continue;
    const having = delivery.environments.filter((environment) => Object.hasOwn(environment.variables, name));
    if (having.length === 0) continue;
    const lacking = delivery.environments.filter(
      (environment) => !having.includes(environment) && mayRunIn(reader.job.condition, environment.name),
    );
    if (lacking.length === 0) continue;
    const names = lacking.map((environment) => `"${environment.name}"`).join(", ");
    yield refusal("variable-not-everywhere", path, {
      message: `the job "${reader.name}" reads the variable "${name}", which has no value in ${names}`,
      related: lacking.map((environment) => ({
        message: `"${environment.name}" lacks it`,
        path: ["environments", environment.name],
      })),
      help: `give it a value there, or one for the whole delivery`,
    });
  }
};

import { suggestion } from "../../../findings/nearest-name.ts";
import type { Parameter } from "../../delivery.ts";
import { type Rule, refusal } from "../subject.ts";

/** Parameters can be given, their defaults are values of their type, and conditions compare with values they may have. */
export const parameters: Rule = function* ({ delivery, references }) {
  for (const [name, parameter] of Object.entries(delivery.parameters)) {
    const path = ["parameters", name];
    if (parameter.type === "choice" && parameter.options.length === 0) {
      yield refusal("no-options", path, {
        message: `the parameter "${name}" is a choice without options`,
        help: "list its options",
      });
    }
    if (parameter.type !== "choice" && parameter.options.length > 0) {
      yield refusal("options-without-choice", [...path, "options"], {
        message: `the parameter "${name}" has options, but its type is "${parameter.type}"`,
        help: 'make its type "choice"',
      });
    }
    if (parameter.default === undefined) continue;
    const problem = problemOf(parameter, parameter.default);
    if (problem) {
      yield refusal("wrong-default", [...path, "default"], {
        message: `the default of the parameter "${name}" is "${parameter.default}"`,
        help: problem,
      });
    }
  }
  for (const { kind, name, equals, path } of references) {
    const isParameter = kind === "parameter" && Object.hasOwn(delivery.parameters, name);
    const problem = isParameter && equals !== undefined && problemOf(delivery.parameters[name]!, equals);
    if (!problem) continue;
    yield refusal("never-equal", [...path, "equals"], {
      message: `the parameter "${name}" is never "${equals}"`,
      help: problem,
    });
  }
};

/** What to do when a parameter cannot have this value. */
function problemOf(parameter: Parameter, value: string): string | undefined {
  switch (parameter.type) {
    case "string":
      return undefined;
    case "number":
      return value.trim() !== "" && Number.isFinite(Number(value)) ? undefined : "write a number";
    case "boolean":
      return value === "true" || value === "false" ? undefined : "write true or false";
    case "choice":
      if (parameter.options.length === 0 || parameter.options.includes(value)) return undefined;
      return suggestion(value, parameter.options, "options");
    default:
      return parameter.type satisfies never;
  }
}

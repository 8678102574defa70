import type { Delivery, Parameter } from "../../model/delivery.ts";
import { notThere, refused } from "../control.ts";

/** The parameters of a run from pairs `name=value`, with defaults filled in, and those that have to be given and were not. */
export function readParameters(
  delivery: Delivery,
  given: readonly string[],
): { parameters: Record<string, string>; missing: string[] } {
  const values: Record<string, string> = {};
  for (const pair of given) {
    const at = pair.indexOf("=");
    if (at < 1) throw refused("not-a-pair", { subject: pair });
    const name = pair.slice(0, at);
    values[name] = checked(delivery, name, pair.slice(at + 1));
  }
  const missing: string[] = [];
  for (const [name, parameter] of Object.entries(delivery.parameters)) {
    if (name in values) continue;
    if (parameter.default === undefined) missing.push(name);
    else values[name] = parameter.default;
  }
  return { parameters: values, missing };
}

function checked(delivery: Delivery, name: string, value: string): string {
  const parameter = delivery.parameters[name];
  if (parameter === undefined) {
    throw notThere("no-parameter", name, Object.keys(delivery.parameters));
  }
  const wanted = refusalOf(parameter, value);
  if (wanted) throw refused("wrong-parameter", { subject: `${name}=${value}`, because: `it must be ${wanted}` });
  return value;
}

function refusalOf({ type, options }: Parameter, value: string): string | undefined {
  switch (type) {
    case "string":
      return undefined;
    case "number":
      return value.trim() !== "" && Number.isFinite(Number(value)) ? undefined : "a number";
    case "boolean":
      return value === "true" || value === "false" ? undefined : "true or false";
    case "choice":
      return options.includes(value) ? undefined : `one of ${options.join(", ")}`;
    default:
      return type satisfies never;
  }
}

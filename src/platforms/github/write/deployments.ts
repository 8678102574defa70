/**
 * What GitHub shows as deployments: one for each release that comes to an environment, made by the job that writes the record, so
 * that it ends well only when everything did. Other jobs have the environment's secrets and rules and are no deployments.
 */

import type { Delivery } from "../../../model/delivery.ts";
import { CannotWrite } from "../../generated.ts";
import type { JobEnvironment } from "./document.ts";
import type { WriteOptions } from "./options.ts";

/** The environment of a job that is no deployment by itself. */
export function admittedTo(name: string, { deployments = "one" }: WriteOptions): JobEnvironment {
  return deployments === "one" ? { name, deployment: false } : { name };
}

/** `pipeline.output`: where people see what was deployed. Undefined: the delivery does not say it, or not clearly. */
export function shownAddress(delivery: Delivery, { url }: WriteOptions): string | undefined {
  const all = delivery.pipelines.flatMap(({ name, outputs }) =>
    Object.entries(outputs).flatMap(([output, { type }]) => (type === "url" ? [`${name}.${output}`] : [])),
  );
  if (url === undefined) return all.length === 1 ? all[0] : undefined;
  if (all.includes(url)) return url;
  throw new CannotWrite(
    `url names ${url}, which is no output of the type url`,
    all.length === 0 ? "declare an output of the type url, or leave url out" : `those that are: ${all.join(", ")}`,
  );
}

import type { Delivery } from "../../../model/delivery.ts";
import { header } from "../../generated.ts";
import type { WriteOptions } from "./options.ts";

/** Lines above every workflow. */
export function workflowHeader(delivery: Delivery, options: WriteOptions, about: readonly string[]): string[] {
  const command = options.command ?? `baton generate github --layout ${options.layout}`;
  const more = "What Baton has no words for goes into baton.github.yaml.";
  return header(about.length === 0 ? [] : [...about, ""], { delivery: delivery.name, command, more });
}

import type { Delivery } from "../../../model/delivery.ts";
import { header } from "../../generated.ts";
import type { WriteOptions } from "./options.ts";

/** Lines above a workflow. */
export function workflowHeader(delivery: Delivery, options: WriteOptions, about: readonly string[]): string[] {
  const command = options.command ?? `baton generate github --layout ${options.layout}`;
  const lines = header(about, { delivery: delivery.name, command });
  // How it is made and that it needs nobody is one line.
  return [...lines.slice(0, -2), lines.slice(-2).join(" ")];
}

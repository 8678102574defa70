import type { Delivery } from "../../../model/delivery.ts";
import { markOf } from "../../generated.ts";
import type { WriteOptions } from "./options.ts";

/** Lines above a workflow. The mark and the command are one line of theirs, short enough to be read. */
export function workflowHeader(delivery: Delivery, options: WriteOptions, about: readonly string[]): string[] {
  const command = options.command ?? `baton generate github --layout ${options.layout}`;
  return [...about, `${markOf(delivery.name)} Change that, then run: ${command}`];
}

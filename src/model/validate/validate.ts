import type { Delivery } from "../delivery.ts";
import type { Refusal } from "../refusal.ts";

/** Everything that is wrong with a delivery, in a stable order; empty when it may be planned and run. */
export function validate(_delivery: Delivery): Refusal[] {
  return [];
}

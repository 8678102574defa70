import type { Delivery } from "./delivery.ts";
import { isForm } from "./normalise/form.ts";
import type { FindPlace } from "./refusal.ts";

/** Registered, so that a delivery built by another copy of Baton is known too. Never part of the JSON. */
const mark = Symbol.for("baton.delivery");

/** Marks a delivery as checked and remembers where its parts are written. */
export function markBuilt(delivery: Delivery, findPlace: FindPlace): Delivery {
  return Object.defineProperty(delivery, mark, { value: findPlace, enumerable: false });
}

/** Whether `delivery(...)` or `loadYaml` built and checked this. */
export function isBuiltDelivery(value: unknown): value is Delivery {
  return isForm(value) && typeof (value as Record<symbol, unknown>)[mark] === "function";
}

/** Finds where parts of a delivery are written; nothing for one that came as plain JSON. */
export function placesOf(delivery: Delivery): FindPlace {
  return (delivery as Delivery & { [mark]?: FindPlace })[mark] ?? (() => undefined);
}

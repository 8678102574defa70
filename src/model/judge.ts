import type { Delivery } from "./delivery.ts";
import { type DeliveryForm, normalise } from "./normalise/normalise.ts";
import type { DefinitionPath, Refusal } from "./refusal.ts";
import { validate } from "./validate/validate.ts";

/** Fills in the defaults and checks everything together: all that is wrong, at once. */
export function judge(written: DeliveryForm): { delivery: Delivery; refusals: Refusal[] } {
  const { delivery, refusals } = normalise(written);
  // What has the wrong form was replaced by a default; what the rules say about that default is not about the definition.
  const aboutDefinition = validate(delivery).filter(
    ({ path }) => !refusals.some((wrong) => isSameOrInside(path, wrong.path)),
  );
  return { delivery, refusals: [...refusals, ...aboutDefinition] };
}

function isSameOrInside(path: DefinitionPath, outer: DefinitionPath): boolean {
  return path.length >= outer.length && outer.every((key, index) => key === path[index]);
}

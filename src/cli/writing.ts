import { placeText, sourceFrame } from "../control/definition/source-frame.ts";
import { placesOf } from "../model/built-delivery.ts";
import type { Delivery } from "../model/delivery.ts";
import { CannotWrite } from "../platforms/generated.ts";
import { UsageError } from "./problem.ts";

/** What a platform's writer refuses is something for the user to change: the place in the definition says where. */
export function writing<T>(delivery: Delivery, cwd: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof CannotWrite)) throw error;
    const place = error.path && placesOf(delivery)(error.path);
    const lines = place ? [`${placeText(place, cwd)}: ${error.message}`, ...sourceFrame(place)] : [error.message];
    throw new UsageError(lines.join("\n"), error.next === undefined ? {} : { next: error.next });
  }
}

/** Rules of EventBridge: what they are called, and of whom they hear. */

import { limits } from "./limits.ts";

/** Physical names, because a dashboard cannot refer to resources. */
export const ruleName = (delivery: string, id: string) =>
  `${delivery}-${id.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}`;

/** Names for a pattern: each, or what all of them begin with where a pattern has no room for each. */
export const namesIn = (names: readonly string[], delivery: string): readonly (string | { prefix: string })[] =>
  JSON.stringify(names).length <= limits.events.pattern / 2 ? names : [{ prefix: delivery }];

/** What pipelines that are built apart and deployed together cannot do. */

import type { Delivery } from "../../../../model/delivery.ts";
import { CannotWrite } from "../../../generated.ts";
import type { Settings } from "../options.ts";
import { refuseWideGroups } from "../order.ts";
import type { LineStages } from "../stages.ts";

/** @throws {CannotWrite} with what to do instead. */
export function refuseWhatSetsCannot(
  lines: readonly LineStages[],
  { delivery, settings }: { delivery: Delivery; settings: Settings },
): void {
  if (settings.rollback === "function" && Object.keys(settings.alarms).length > 0) {
    throw new CannotWrite(
      "with separate pipelines an alarm does not tell whose deployment it is about, so no function can roll back by it",
      "take rollback: stage, which watches the alarms after each deployment",
    );
  }
  const joined = lines.filter(({ line }) => line.joined);
  if (joined.length === 0) return;
  const open = Object.entries(delivery.parameters).find(([, { default: preset }]) => preset === undefined);
  if (open !== undefined) {
    throw new CannotWrite(
      `the parameter ${open[0]} has no default, and a CodePipeline that deploys what others build is started without values`,
      "give it a default, or use the layout single",
      ["parameters", open[0]],
    );
  }
  if (settings.rollback === "function") {
    throw new CannotWrite(
      "a function that rolls back by itself does not know which release an environment of separate CodePipelines is to have",
      "take rollback: stage, which goes back as a whole and watches the alarms after each deployment",
    );
  }
  for (const branch of new Set(joined.map(({ line }) => line.branch))) {
    const stages = joined
      .filter(({ line }) => line.branch === branch)
      .map(({ line, places }) => ({ name: line.environments[0]?.name ?? `Build of ${line.name}`, places }));
    refuseWideGroups(stages);
  }
}

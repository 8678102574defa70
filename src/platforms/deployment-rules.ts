import type { Delivery } from "../model/delivery.ts";
import { CannotWrite } from "./generated.ts";

/**
 * What an environment can ask for before something comes there, and CI services cannot: one answer lets a run in there, and it goes
 * on at once. `selfApproval`: whether the service can keep whoever asked from answering. @throws {CannotWrite}
 */
export function refuseDeploymentRules(
  { environments }: Delivery,
  { platform, selfApproval }: { platform: string; selfApproval: "kept apart" | "anybody" },
): void {
  for (const { name, approval, windows, promote } of environments) {
    if (promote !== undefined) {
      throw new CannotWrite(
        `releases are promoted to ${name} by themselves when they have soaked, and a run on ${platform} goes on at once`,
        "leave promote out, or run this delivery with baton serve",
        ["environments", name, "promote"],
      );
    }
    if (windows !== undefined) {
      throw new CannotWrite(
        `${name} is deployed in change windows only, and a run on ${platform} goes on at once`,
        "leave windows out, or run this delivery with baton serve",
        ["environments", name, "windows"],
      );
    }
    const path = ["environments", name, "approval"];
    if (approval?.count !== undefined) {
      throw new CannotWrite(
        `${name} wants the approval of ${approval.count} people, and on ${platform} one answer lets a run in`,
        "leave count out, or run this delivery with baton serve",
        [...path, "count"],
      );
    }
    if (approval?.selfApproval === false && selfApproval === "anybody") {
      throw new CannotWrite(
        `${name} wants the approval of somebody else than who asked for the run, and ${platform} lets anybody answer`,
        "leave selfApproval out, or run this delivery with baton serve",
        [...path, "selfApproval"],
      );
    }
  }
}

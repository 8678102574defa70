import type { Delivery } from "../model/delivery.ts";
import { durationText } from "../model/duration.ts";
import { CannotWrite } from "./generated.ts";

/** Nothing that is generated goes back with all that a job which undoes needs. @throws {CannotWrite} */
export function refuseUndo({ pipelines }: Delivery, platform: string): void {
  for (const pipeline of pipelines) {
    for (const [name, { undo }] of Object.entries(pipeline.jobs)) {
      if (undo === undefined) continue;
      throw new CannotWrite(
        `${pipeline.name}.${name} undoes what a rollback takes back, and what is generated for ${platform} takes back nothing`,
        "leave the job out, or run this delivery with baton serve",
        ["pipelines", pipeline.name, "jobs", name, "undo"],
      );
    }
  }
}

/** A CI service runs a job once: it does not come back to look again. @throws {CannotWrite} */
export function refuseLongVerification({ pipelines }: Delivery, platform: string): void {
  for (const pipeline of pipelines) {
    for (const [name, { verify }] of Object.entries(pipeline.jobs)) {
      if (verify === undefined || verify.forMs === 0) continue;
      throw new CannotWrite(
        `${pipeline.name}.${name} verifies for ${durationText(verify.forMs)}, and a job on ${platform} looks once`,
        "use verify: true, and let its steps look for as long as it takes",
        ["pipelines", pipeline.name, "jobs", name, "verify"],
      );
    }
  }
}

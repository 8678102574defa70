import type { Delivery } from "../../../model/delivery.ts";
import { refuseDeploymentRules } from "../../deployment-rules.ts";
import { CannotWrite } from "../../generated.ts";
import { refuseLongVerification, refuseUndo } from "../../verification.ts";
import { refuseMachine } from "./machine.ts";

/** What a definition can say and GitHub cannot do. */
export function refuseUnsupported(delivery: Delivery): void {
  refuseLongVerification(delivery, "GitHub");
  refuseUndo(delivery, "GitHub");
  refuseDeploymentRules(delivery, { platform: "GitHub", selfApproval: "kept apart" });
  for (const pipeline of delivery.pipelines) {
    for (const [name, job] of Object.entries(pipeline.jobs)) {
      refuseMachine(delivery, pipeline, name);
      const where = `${pipeline.name}.${name}`;
      const output = Object.keys(pipeline.outputs).find((one) => pipeline.outputs[one]!.job === name);
      const made = output ?? Object.keys(job.artifacts)[0];
      if (job.drift?.includes("${{")) {
        throw new CannotWrite(
          `${where} has \${{ in its drift, which GitHub would replace before the shell sees it`,
          "hand the value over in env",
          ["pipelines", pipeline.name, "jobs", name, "drift"],
        );
      }
      if (job.continueOnFailure && made !== undefined) {
        throw new CannotWrite(
          `${where} may fail without stopping anything (continueOnFailure) and makes ${made}: whoever takes it would go on without it`,
          "leave continueOnFailure out there, or make it in another job",
          ["pipelines", pipeline.name, "jobs", name, "continueOnFailure"],
        );
      }
      if (job.concurrency !== undefined && job.concurrency.limit > 1) {
        throw new CannotWrite(
          `${where} lets ${job.concurrency.limit} jobs of its group run at a time; a concurrency group of GitHub lets one`,
          "use a limit of 1, or a group for each",
          ["pipelines", pipeline.name, "jobs", name, "concurrency"],
        );
      }
    }
  }
}

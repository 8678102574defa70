import type { Job } from "../../delivery.ts";
import type { PlacedJob } from "../placed.ts";
import { type Rule, refusal } from "../subject.ts";

/** A job that undoes what its pipeline deployed stands beside the others: it runs before a rollback and at no other time. */
export const undo: Rule = function* ({ jobs }) {
  for (const placed of jobs) {
    const { pipeline, name, job, path } = placed;
    if (job.undo === undefined) {
      for (const [index, need] of job.needs.entries()) {
        if (pipeline.jobs[need]?.undo === undefined) continue;
        yield refusal("needs-undo", [...path, "needs", index], {
          message: `the job "${name}" needs "${need}", which runs only before a rollback`,
          help: "take it out of the needs",
        });
      }
      continue;
    }
    const other = alsoDoes(placed);
    if (other !== undefined) {
      yield refusal("undo-does-more", [...path, other.key], {
        message: `the job "${name}" undoes what a rollback takes back, and ${other.does}`,
        help: `${other.instead ?? `take ${other.key} out`}: it runs before a rollback, under the environment's lock, and at no other time`,
      });
    }
    for (const [index, need] of job.needs.entries()) {
      const needed = pipeline.jobs[need];
      if (needed === undefined || needed.undo !== undefined) continue;
      yield refusal("undo-needs", [...path, "needs", index], {
        message: `the job "${name}" runs before a rollback, and "${need}", which it needs, does not`,
        help: "take it out of the needs: outputs and artifacts that it reads are those that were deployed",
      });
    }
    if (!Object.values(pipeline.jobs).some(({ deploys }) => deploys)) {
      yield refusal("undo-without-deploying", [...path, "undo"], {
        message: `the job "${name}" undoes what "${pipeline.name}" deploys, and no job of it deploys`,
        help: "add deploys: true to the job that changes the environment, or take undo out",
      });
    }
  }
};

function alsoDoes({ pipeline, name, job }: PlacedJob): { key: keyof Job; does: string; instead?: string } | undefined {
  if (job.per === "release") return { key: "per", does: "runs once per release, where nothing is deployed" };
  if (job.deploys) return { key: "deploys", does: "deploys" };
  if (job.verify !== undefined) return { key: "verify", does: "verifies what was deployed" };
  if (job.matrix !== undefined) return { key: "matrix", does: "runs several times" };
  if (job.runsAfter !== "success") return { key: "runsAfter", does: `runs after ${job.runsAfter}` };
  if (job.continueOnFailure) return { key: "continueOnFailure", does: "may fail, and it would be deployed over" };
  if (Object.keys(job.artifacts).length > 0) return { key: "artifacts", does: "leaves files behind" };
  const output = Object.keys(pipeline.outputs).find((one) => pipeline.outputs[one]!.job === name);
  return output === undefined
    ? undefined
    : {
        key: "undo",
        does: `publishes the output "${output}"`,
        instead: "name a job that deploys as the one that publishes it",
      };
}

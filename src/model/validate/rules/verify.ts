import { type Rule, refusal } from "../subject.ts";

/** Who verifies looks at an environment after it was deployed to, and changes nothing there. */
export const verify: Rule = function* ({ jobs }) {
  for (const { name, job, path } of jobs) {
    if (job.verify === undefined) continue;
    const at = [...path, "verify"];
    if (job.per === "release") {
      yield refusal("release-job-verifies", at, {
        message: `the job "${name}" verifies what was deployed, but it runs once per release and belongs to no environment`,
        help: 'make it per: "environment", or take verify out',
      });
    }
    if (job.deploys) {
      yield refusal("verify-deploys", at, {
        message: `the job "${name}" verifies what was deployed, and deploys itself`,
        help: "verify in a job of its own: it runs behind all that deploy",
      });
    }
  }
};

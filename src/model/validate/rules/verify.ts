import { type Rule, refusal } from "../subject.ts";

/** Who does what cannot be undone changes the environment; who verifies looks at an environment after it was deployed to, and changes nothing there. */
export const verify: Rule = function* ({ jobs }) {
  for (const { name, job, path } of jobs) {
    if (job.irreversible !== undefined && !job.deploys) {
      yield refusal("irreversible-without-deploying", [...path, "irreversible"], {
        message: `the job "${name}" does what cannot be undone, and does not say that it deploys`,
        help: "add deploys: true, so that it changes the environment under its lock, or take irreversible out",
      });
    }
    if (job.drift !== undefined && !job.deploys) {
      yield refusal("drift-without-deploying", [...path, "drift"], {
        message: `the job "${name}" looks for drift, and does not deploy what could drift`,
        help: "look for drift in the job that deploys",
      });
    }
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

import type { Job } from "./delivery.ts";

/** Whether an environment is another one when the job has begun, so that it holds the lock there. */
export const changesEnvironment = ({ deploys, undo }: Pick<Job, "deploys" | "undo">): boolean =>
  deploys || undo === true;

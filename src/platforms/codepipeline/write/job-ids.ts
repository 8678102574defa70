/** Logical ids of what a job has of its own. */

import type { JobPlace, Register } from "./job-place.ts";

/** A job is told from itself at another place by the environment, or by the branch where there are several. */
export const wordsOf = ({ pipeline, name, environment, line }: JobPlace) => [
  pipeline.name,
  name,
  environment?.name ?? (line.isOnlyBranch ? "" : line.branch),
  ...(line.runsFor === "pull requests" ? ["checks"] : []),
];

export const projectId = (place: JobPlace, register: Register) => register.id(...wordsOf(place), "project");
export const roleId = (place: JobPlace, register: Register) => register.id(...wordsOf(place), "role");

/** Which revision a job works on. */

import type { ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, StepFacts } from "../../facts/facts.ts";
import type { Analysis } from "./analysis.ts";
import { literalText } from "./wording.ts";

export interface Checkout {
  readonly step: StepFacts;
  readonly access: ResourceAccess;
  /** Text of what is checked out, lower case; empty for the default. */
  readonly ref: string;
}

/** Checkouts of this repository. */
export function checkoutsOf(analysis: Analysis, job: JobFacts): Checkout[] {
  return job.steps.flatMap((step) =>
    step.accesses.flatMap((access): Checkout[] => {
      if (access.kind !== "resource" || access.resource !== "source" || access.mode !== "read") return [];
      if (!/checkout/.test(access.tool)) return [];
      const repository = step.parameter("repository");
      if (repository) {
        const name = literalText(step.resolve(repository.value));
        const [only] = repository.value;
        const own = repository.value.length === 1 && only?.kind === "expression" && only.text === "github.repository";
        if (!own && (name === undefined || name !== analysis.facts.repository)) return [];
      }
      const given = step.parameter("ref");
      const ref = given ? refText(step, given.value) : "";
      return [{ step, access, ref }];
    }),
  );
}

function refText(step: StepFacts, value: Parameters<StepFacts["resolve"]>[0]): string {
  return step
    .resolve(value)
    .map((part) =>
      part.kind === "text" || part.kind === "expression" ? part.text : part.kind === "variable" ? `$${part.name}` : "?",
    )
    .join("")
    .toLowerCase();
}

/** Some command moves the work tree to a commit that the run was started for. */
export function movesToTestedCommit(job: JobFacts): boolean {
  return job.steps.some(
    (step) => step.kind === "command" && /git (checkout|reset|switch|worktree add)[^\n]*(sha|commit)/i.test(step.text),
  );
}

/** Takes what the run before has built, so its own checkout only brings scripts. */
export function takesBuiltFiles(analysis: Analysis, job: JobFacts): boolean {
  return [job, ...analysis.jobsBefore(job)].some((each) =>
    each.steps.some((step) =>
      step.accesses.some(
        (access) =>
          access.kind === "resource" &&
          access.resource === "artifact" &&
          access.mode === "read" &&
          (access.binding.kind === "given-run" ||
            access.binding.kind === "given-commit" ||
            access.binding.kind === "latest"),
      ),
    ),
  );
}

import type { DefinitionPath, Refusal } from "../../refusal.ts";
import type { PlacedJob } from "../placed.ts";
import type { Reference } from "../references.ts";
import { type Rule, refusal, type Subject } from "../subject.ts";

/** A per-release job runs once for all environments, so nothing of one environment may reach it, nor it an environment. */
export const releaseJobs: Rule = function* (subject) {
  for (const placed of subject.jobs) {
    if (placed.job.per === "release") yield* deploysOrNeeds(placed);
  }
  for (const reference of subject.references) {
    if (reference.reader.job.per === "release") yield* readsEnvironment(subject, reference);
  }
};

function* deploysOrNeeds({ pipeline, name, job, path }: PlacedJob): Generator<Refusal> {
  if (job.deploys) {
    yield refusal("release-job-deploys", [...path, "deploys"], {
      message: `the job "${name}" deploys, but it runs once per release and belongs to no environment`,
      help: 'make it per: "environment", or take deploys out',
    });
  }
  for (const [index, needed] of job.needs.entries()) {
    if (!Object.hasOwn(pipeline.jobs, needed) || pipeline.jobs[needed]!.per === "release") continue;
    yield refusal("release-job-needs-environment-job", [...path, "needs", index], {
      message: `the job "${name}" runs once per release, but it needs "${needed}", which runs in every environment`,
      related: [{ message: `"${needed}" is declared here`, path: ["pipelines", pipeline.name, "jobs", needed] }],
      help: `make "${name}" per: "environment", or "${needed}" per: "release"`,
    });
  }
}

function* readsEnvironment(subject: Subject, { kind, name, path, reader }: Reference): Generator<Refusal> {
  const refuse = (thing: string, related: { message: string; path: DefinitionPath }[], help: string) =>
    refusal("release-job-reads-environment", path, {
      message: `the job "${reader.name}" runs once per release, but it reads ${thing}`,
      related,
      help,
    });
  const move = `make "${reader.name}" per: "environment"`;
  switch (kind) {
    case "output": {
      const output = subject.outputs.get(name);
      const job = output && publisherOf(output.pipeline.jobs, output.output.job);
      if (!output || job?.per !== "environment") return;
      const related = [{ message: `"${output.output.job}" publishes it in every environment`, path: output.path }];
      yield refuse(`the output "${name}" of an environment`, related, move);
      return;
    }
    case "artifact": {
      const artifact = subject.artifacts.get(name);
      if (artifact?.madeBy.job.per !== "environment") return;
      const related = [{ message: `"${artifact.madeBy.name}" makes it in every environment`, path: artifact.path }];
      yield refuse(`the artifact "${name}" of an environment`, related, move);
      return;
    }
    case "variable": {
      const holders = subject.delivery.environments.filter((environment) => Object.hasOwn(environment.variables, name));
      if (holders.length === 0) return;
      const related = holders.map((holder) => ({
        message: `"${holder.name}" has a value of its own`,
        path: ["environments", holder.name, "variables", name],
      }));
      yield refuse(
        `the variable "${name}", which depends on the environment`,
        related,
        `${move}, or read a variable that only the delivery has`,
      );
      return;
    }
    case "environment":
      yield refuse(`the environment in a condition`, [], `${move}, or take the condition out`);
      return;
    case "secret":
    case "parameter":
    case "matrix":
      return;
    default:
      kind satisfies never;
  }
}

function publisherOf<T>(jobs: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(jobs, name) ? jobs[name] : undefined;
}

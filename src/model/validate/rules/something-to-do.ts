import { allConditions } from "../conditions.ts";
import { type Rule, refusal } from "../subject.ts";

/** Nothing is declared that could never do anything. */
export const somethingToDo: Rule = function* (subject) {
  const { delivery, pipelines, jobs } = subject;
  if (delivery.pipelines.length === 0) {
    yield refusal("no-pipelines", ["pipelines"], {
      message: `the delivery "${delivery.name}" has no pipelines`,
      help: "list at least one",
    });
  }
  for (const { name, jobs: own } of pipelines.values()) {
    if (Object.keys(own).length > 0) continue;
    yield refusal("no-jobs", ["pipelines", name, "jobs"], {
      message: `the pipeline "${name}" has no jobs`,
      help: "give it a job with a step",
    });
  }
  const homeless = jobs.find(({ job }) => job.per === "environment");
  if (delivery.environments.length === 0 && homeless) {
    yield refusal("no-environments", ["environments"], {
      message: `there are no environments for the job "${homeless.name}" of "${homeless.pipeline.name}" to run in`,
      related: [{ message: `"${homeless.name}" runs in every environment`, path: homeless.path }],
      help: 'list an environment, or make every job per: "release"',
    });
  }
  for (const { pipeline, name, job, path } of jobs) {
    if (job.steps.length === 0) {
      yield refusal("no-steps", [...path, "steps"], {
        message: `the job "${name}" of "${pipeline.name}" has no steps`,
        help: "give it at least one",
      });
    }
    for (const [index, step] of job.steps.entries()) {
      if (step.run.trim() !== "") continue;
      yield refusal("empty-step", [...path, "steps", index, "run"], {
        message: `a step of the job "${name}" runs nothing`,
        help: "write a command, or leave the step out",
      });
    }
    if (job.runsAfter === "failure" && job.needs.length === 0 && pipeline.needs.length === 0) {
      yield refusal("never-runs", [...path, "runsAfter"], {
        message: `the job "${name}" runs after a failure, but it needs nothing that could fail`,
        help: "name what it watches in its needs",
      });
    }
  }
  for (const { condition, path } of allConditions(subject)) {
    for (const [key, value] of Object.entries(condition)) {
      if (!Array.isArray(value) || value.length > 0) continue;
      yield refusal("empty-condition", [...path, key], {
        message: `the condition "${key}" lists nothing`,
        help: "list something, or leave the condition out",
      });
    }
  }
};

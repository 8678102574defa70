import type { Environment, Value } from "../../delivery.ts";
import { machineValues, outputsIn } from "../../job-values.ts";
import { isNeverIn } from "../../previews.ts";
import { type Rule, refusal } from "../subject.ts";

/** What says where a release goes and who lets it in; a preview goes with its pull request. */
const ways = [
  "branch",
  "after",
  "promote",
  "approval",
  "onFailure",
  "windows",
] as const satisfies readonly (keyof Environment)[];

/** A preview is that of a pull request, and what is put there can be taken away with nothing known but its name. */
export const previews: Rule = function* ({ delivery, jobs }) {
  const [preview, another] = delivery.environments.filter((environment) => environment.preview);
  if (preview !== undefined) {
    const at = ["environments", preview.name];
    if (another !== undefined) {
      yield refusal("two-previews", ["environments", another.name, "preview"], {
        message: `a pull request has one preview, and "${preview.name}" is it already`,
        related: [{ message: `"${preview.name}" is a preview here`, path: [...at, "preview"] }],
        help: "make one of them and leave jobs out elsewhere by their conditions",
      });
    }
    for (const key of ways) {
      const value = preview[key];
      if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
      yield refusal("preview-elsewhere", [...at, key], {
        message: `"${preview.name}" is a preview: it goes with its pull request, and has no ${key}`,
        help: `leave out ${key}, or preview`,
      });
    }
    for (const { name, after } of delivery.environments) {
      if (after.includes(preview.name)) {
        yield refusal("after-preview", ["environments", name, "after"], {
          message: `"${name}" comes after "${preview.name}", a preview: no release goes through one`,
          help: `leave out "${preview.name}" there`,
        });
      }
      if (name.startsWith(`${preview.name}-`)) {
        yield refusal("alike-preview", ["environments", name], {
          message: `"${name}" could be the preview of a pull request: they are called ${preview.name}-NUMBER`,
          help: "give one of them another name",
        });
      }
    }
    for (const { name, triggers, jobs, needs } of delivery.pipelines) {
      const deploysThere = Object.values(jobs).some(
        ({ per, condition }) => per === "environment" && !isNeverIn(preview, condition, delivery),
      );
      if (!triggers.pullRequests || !deploysThere) continue;
      for (const need of needs) {
        if (delivery.pipelines.some((pipeline) => pipeline.name === need && !pipeline.triggers.pullRequests)) {
          yield refusal("preview-lacks", ["pipelines", name, "needs"], {
            message: `"${name}" needs "${need}", which no pull request runs: "${preview.name}" would have neither of them`,
            help: `let pull requests run "${need}", or leave "${name}" out of "${preview.name}" by its conditions or by pullRequests: false`,
          });
        }
      }
    }
    if (!jobs.some(({ job }) => job.remove !== undefined)) {
      yield refusal("preview-stays", [...at, "preview"], {
        message: `no job says how "${preview.name}" is taken away again when a pull request is closed`,
        help: "give the jobs that deploy there a `remove`: the command that takes away what they left",
      });
    }
  }
  for (const { name, job, path, pipeline } of jobs) {
    if (job.remove === undefined) continue;
    const at = [...path, "remove"];
    if (preview === undefined) {
      yield refusal("remove-without-preview", at, {
        message: `the job "${name}" says how to remove what it left, and no environment is a preview: nothing would ever do it`,
        help: "leave remove out, or make an environment for pull requests: `preview: true`",
      });
    }
    if (!job.deploys) {
      yield refusal("remove-without-deploying", at, {
        message: `the job "${name}" removes what it does not deploy`,
        help: "say it in the job that deploys",
      });
    }
    if (job.matrix !== undefined) {
      yield refusal("remove-of-legs", at, {
        message: `the job "${name}" has a matrix, and what is removed is removed once`,
        help: "remove it in a job without one",
      });
    }
    const values: Value[] = [
      ...Object.values(pipeline.env),
      ...Object.values(job.env),
      ...(job.concurrency === undefined ? [] : [job.concurrency.group]),
      ...machineValues(job),
    ];
    const [output] = outputsIn(values);
    if (output === undefined) continue;
    yield refusal("remove-takes-output", at, {
      message: `the job "${name}" reads ${output}, which is not known any more where only a part was ever deployed`,
      help: "give the output to the steps that need it, in their env; `remove` finds what is there by $BATON_ENVIRONMENT",
    });
  }
};

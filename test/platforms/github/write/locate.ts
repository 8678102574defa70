/** Where the jobs of a plan stand in the files of a layout, and back; and what a layout's planning jobs hand on. */

import type { Delivery } from "../../../../src/model/delivery.ts";
import { matrixLegs } from "../../../../src/model/matrix-legs.ts";
import { jobInstanceId } from "../../../../src/plan/job-id.ts";
import type { Plan, PlannedJob } from "../../../../src/plan/plan.ts";
import type { Layout } from "../../../../src/platforms/github/write/options.ts";
import type { JobPattern, OutputRule } from "../../../../src/simulation/scenario.ts";
import type { TraceRun } from "../../../../src/simulation/trace.ts";

interface Found {
  readonly pipeline: string;
  readonly job: string;
  readonly environment?: string;
}

export interface JobPlaces {
  pattern(planned: PlannedJob): JobPattern;
  /** Undefined for jobs that are not the delivery's own. */
  idOf(run: TraceRun, entry: { readonly path: readonly string[]; readonly leg: number }): string | undefined;
  planned(made: Plan): OutputRule[];
  /** The job that fails when something of an environment did not end well; undefined where the run itself tells. */
  record(environment: string): JobPattern | undefined;
  /** The file that is started by hand for an environment. */
  entry(environment: string): string;
}

export const fileOf = (name: string) => `.github/workflows/${name}.yml`;

/** `files`: whether each pipeline has files of its own, or several share them. */
export function placesIn(layout: Layout, delivery: Delivery, files: "own" | "shared" = "own"): JobPlaces {
  const idIn = ({ pipeline, job }: PlannedJob) => (files === "shared" ? `${pipeline}__${job}` : job);
  const jobIn = (id: string) => (files === "shared" ? id.slice(id.indexOf("__") + 2) : id);
  const jobsOf = (pipeline: string) => delivery.pipelines.find(({ name }) => name === pipeline)?.jobs ?? {};
  const legsOf = (pipeline: string, job: string) => matrixLegs(jobsOf(pipeline)[job]!.matrix);
  const legIn = ({ pipeline, job, matrix }: PlannedJob) =>
    matrix === undefined
      ? {}
      : { leg: legsOf(pipeline, job).findIndex((one) => JSON.stringify(one) === JSON.stringify(matrix)) };
  const named = (found: Found | undefined, leg: number) => {
    if (found === undefined || !Object.hasOwn(jobsOf(found.pipeline), found.job)) return undefined;
    const { matrix } = jobsOf(found.pipeline)[found.job]!;
    return jobInstanceId({ ...found, matrix: matrix && legsOf(found.pipeline, found.job)[leg] });
  };
  const decisions = (made: Plan, environment: string) =>
    Object.fromEntries(
      made.pipelines.flatMap((one) => (one.environment === environment ? [[one.pipeline, one.decision]] : [])),
    );
  const facts = (made: Plan) => ({
    commit: "c9",
    event: made.change.event,
    branch: made.change.branch,
    parameters: JSON.stringify(
      Object.fromEntries(
        Object.entries(delivery.parameters).map(([name, parameter]) => [name, parameter.default ?? "x"]),
      ),
    ),
    handed: "{}",
    before: "{}",
  });
  const run = { pipeline: fileOf(delivery.name) };
  switch (layout) {
    // Each environment in files of its own, or all in one: the jobs have the same names.
    case "orchestrated":
    case "per-environment":
      return {
        pattern: (planned) => ({
          run,
          path:
            planned.environment === undefined
              ? [`${planned.pipeline}-release`, idIn(planned)]
              : [planned.environment, planned.pipeline, idIn(planned)],
          ...legIn(planned),
        }),
        idOf(_run, { path, leg }) {
          const [first, second, third] = path as [string, string, string];
          if (path.length === 3) return named({ environment: first, pipeline: second, job: jobIn(third) }, leg);
          if (path.length !== 2 || !first.endsWith("-release")) return undefined;
          return named({ pipeline: first.slice(0, -"-release".length), job: jobIn(second) }, leg);
        },
        planned(made) {
          const first: Record<string, string> = facts(made);
          for (const { name } of delivery.environments) {
            first[`deploy_${name}`] = Object.values(decisions(made, name)).includes("run") ? "yes" : "no";
          }
          for (const { name } of delivery.pipelines) {
            const builds =
              made.environments.length > 0
                ? made.pipelines.some((one) => one.pipeline === name && one.decision === "run")
                : made.jobs.some((job) => job.pipeline === name && job.decision === "run");
            first[`build_${name}`] = builds ? "yes" : "no";
          }
          return [
            { job: { run, path: ["plan"] }, values: first },
            ...delivery.environments.map(({ name }) => ({
              job: { run, path: [name, "plan"] },
              values: {
                ...facts(made),
                ...Object.fromEntries(
                  Object.entries(decisions(made, name)).map(([pipeline, decision]) => [
                    `decision_${pipeline}`,
                    decision,
                  ]),
                ),
              },
            })),
          ];
        },
        record: (environment) => ({ run, path: [environment, "record"] }),
        entry: () => fileOf(delivery.name),
      };
    case "chained":
      return {
        pattern: (planned) => ({ run: { pipeline: fileOf(planned.pipeline) }, path: [planned.job], ...legIn(planned) }),
        idOf(run, { path, leg }) {
          const pipeline = /([^/]*)\.yml$/.exec(run.pipeline)![1]!;
          const per = jobsOf(pipeline)[path[0]!]?.per;
          const environment = delivery.environments.find(({ branch }) => branch === run.ref);
          if (per === undefined || path.length !== 1) return undefined;
          return named(
            { pipeline, job: path[0]!, ...(per === "environment" && { environment: environment?.name ?? "" }) },
            leg,
          );
        },
        planned: (made) =>
          delivery.pipelines.map(({ name }) => ({
            job: { run: { pipeline: fileOf(name) }, path: ["plan"] },
            values: {
              ...facts(made),
              environment: delivery.environments.find(({ branch }) => branch === made.change.branch)?.name ?? "",
              force: "false",
              decision:
                made.environments.length > 0
                  ? made.pipelines.find((one) => one.pipeline === name)!.decision
                  : made.jobs.some((job) => job.pipeline === name && job.decision === "run")
                    ? "run"
                    : "skip",
            },
          })),
        record: () => undefined,
        entry: () => fileOf(delivery.pipelines[0]!.name),
      };
    default:
      return layout satisfies never;
  }
}

import fc from "fast-check";
import type { Condition, Delivery, Environment, Job, Matrix, Pipeline } from "../../src/model/delivery.ts";
import type { Deployed, PlanRequest } from "../../src/plan/plan.ts";
import { artifact, delivery, environment, job, output, pipeline } from "./sample-delivery.ts";

/** Valid deliveries in which everything that orders, gates or excludes may occur, and requests with histories for them. */
export interface Sample {
  delivery: Delivery;
  request: PlanRequest;
}

const condition = fc.constantFrom<Condition | undefined>(
  ...Array<undefined>(6).fill(undefined),
  { environment: ["dev"] },
  { not: { environment: ["test"] } },
  { event: ["push"] },
);

const matrix = fc.constantFrom<Matrix | undefined>(...Array<undefined>(4).fill(undefined), {
  values: { leg: ["1", "2"] },
  include: [],
  exclude: [],
  failFast: true,
});

const jobParts = fc.record({
  per: fc.constantFrom<Job["per"]>("release", "environment", "environment"),
  runsAfter: fc.constantFrom<Job["runsAfter"]>("success", "success", "success", "success", "always", "failure"),
  continueOnFailure: fc.constantFrom(false, false, false, true),
  deploys: fc.boolean(),
  /** In an environment: it takes what the first job of its pipeline leaves, which it then needs. */
  takesFiles: fc.boolean(),
  condition,
  matrix,
  /** Which of the earlier jobs and pipelines are needed or read. */
  links: fc.array(fc.nat(20), { maxLength: 3 }),
});

const pipelineParts = fc.record({
  jobs: fc.array(jobParts, { minLength: 1, maxLength: 4 }),
  needs: fc.array(fc.nat(20), { maxLength: 2 }),
  pullRequests: fc.boolean(),
  manual: fc.constantFrom(true, true, false),
  schedules: fc.constantFrom<string[]>([], ["0 3 * * *"]),
  branches: fc.constantFrom<string[]>([], [], ["main"]),
});

type PipelineParts = typeof pipelineParts extends fc.Arbitrary<infer Parts> ? Parts : never;

const names = ["infra", "api", "web", "admin", "docs"];
const environmentNames = ["dev", "test", "prod"];

function pick<T>(items: readonly T[], choices: readonly number[]): T[] {
  if (items.length === 0) return [];
  return [...new Set(choices.map((choice) => items[choice % items.length]!))];
}

/** Each links only to earlier ones, so there is no cycle. Its first job of each kind publishes an output and leaves an artifact. */
function buildPipelines(parts: readonly PipelineParts[]): Pipeline[] {
  const made: Pipeline[] = [];
  parts.forEach(({ jobs: jobsParts, needs: needChoices, ...triggers }, index) => {
    const needs = pick(made, needChoices);
    const jobs: Record<string, Job> = {};
    jobsParts.forEach(({ links, takesFiles, condition: when, matrix: legs, deploys, ...rest }, i) => {
      const isTaking = takesFiles && i > 0 && rest.per === "environment";
      const earlier = Object.entries(jobs).filter(([, other]) => rest.per === "environment" || other.per === "release");
      const read = pick(needs, links.slice(1)).flatMap((need) =>
        Object.keys(need.outputs)
          .filter((name) => rest.per === "environment" || need.jobs[need.outputs[name]!.job]!.per === "release")
          .map((name) => `${need.name}.${name}`),
      );
      jobs[`j${i}`] = job({
        ...rest,
        deploys: deploys && rest.per === "environment",
        needs: pick(
          earlier.map(([name]) => name),
          isTaking ? [0, ...links.slice(0, 2)] : links.slice(0, 2),
        ),
        env: Object.fromEntries(read.map((reference, k) => [`V${k}`, { output: reference }])),
        artifacts: i === 0 ? { files: { path: "files" } } : {},
        uses: isTaking ? [{ artifact: `${names[index]}.files`, path: "files" }] : [],
        ...(when === undefined ? {} : { condition: when }),
        ...(legs === undefined ? {} : { matrix: legs }),
      });
    });
    const publisher = Object.keys(jobs)[0]!;
    made.push(
      pipeline(names[index]!, {
        ...triggers,
        needs: needs.map(({ name }) => name),
        jobs,
        outputs: { value: output(publisher) },
      }),
    );
  });
  return made;
}

const paths = names.flatMap((name) => [`${name}/a`, `${name}/b`]);
const commits = ["c1", "c2", "c3"];

const deployedRecord: fc.Arbitrary<Deployed> = fc.record({
  release: fc.integer({ min: 1, max: 4 }),
  commit: fc.constantFrom(...commits),
  outputs: fc.constantFrom<Record<string, string>>({ value: "a" }, { value: "b" }, {}),
  artifacts: fc.constantFrom<Deployed["artifacts"]>({ files: artifact("a") }, { files: artifact("b") }, {}),
});

function history(environments: readonly Environment[]): fc.Arbitrary<PlanRequest["history"]> {
  const entry = fc.option(deployedRecord, { nil: undefined, freq: 4 });
  return fc
    .array(entry, { minLength: environments.length * names.length, maxLength: environments.length * names.length })
    .map((entries) => ({
      deployed: Object.fromEntries(
        environments.map(({ name }, e) => [
          name,
          Object.fromEntries(
            names.flatMap((key, p) => {
              const found = entries[e * names.length + p];
              return found === undefined ? [] : [[key, found]];
            }),
          ),
        ]),
      ),
    }));
}

const deliveries = fc
  .tuple(
    fc.array(pipelineParts, { minLength: 1, maxLength: names.length }),
    fc.array(fc.tuple(fc.subarray([0, 1]), fc.constantFrom(undefined, undefined, "main")), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.boolean(),
  )
  .map(([parts, places, backwards]) => {
    const environments = places.map(([after, branch], i) =>
      environment(environmentNames[i]!, {
        after: after.filter((before) => before < i).map((before) => environmentNames[before]!),
        ...(branch === undefined ? {} : { branch }),
      }),
    );
    const pipelines = buildPipelines(parts);
    return backwards ? delivery(pipelines.toReversed(), environments.toReversed()) : delivery(pipelines, environments);
  });

export const samples: fc.Arbitrary<Sample> = deliveries.chain((made) => {
  const changed = fc.array(fc.constantFrom(...paths), { maxLength: 3 });
  const changedSince = fc
    .record({ c1: changed, c2: changed, c3: changed }, { requiredKeys: ["c1"] })
    .map((diffs) => ({ ...diffs }) as Record<string, string[]>);
  const request: fc.Arbitrary<PlanRequest> = fc.record({
    change: fc.record(
      {
        event: fc.constantFrom("push", "push", "push", "pull-request", "manual", "schedule", "promotion"),
        commit: fc.constantFrom("new", "c1"),
        branch: fc.constantFrom("main", "main", "feature"),
        changedSince,
        uncommitted: fc.constantFrom<string[]>([], [], ["web/a"]),
        base: fc.constant("c1"),
      },
      { requiredKeys: ["event", "commit", "branch", "changedSince", "uncommitted"] },
    ),
    environments: fc.subarray(
      made.environments.map(({ name }) => name),
      { minLength: 0 },
    ),
    pipelines: fc.oneof(
      { weight: 3, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.subarray(made.pipelines.map(({ name }) => name)) },
    ),
    parameters: fc.constant({}),
    force: fc.constantFrom("none", "none", "none", "named-pipelines", "all"),
    history: history(made.environments),
  }) as fc.Arbitrary<PlanRequest>;
  return request.map((asked) => ({ delivery: made, request: asked }));
});

/** The same with what earlier runs made once: of the planned commit and of others, complete or not. */
export const samplesWithMade: fc.Arbitrary<Sample> = samples.chain(({ delivery: made, request }) => {
  const jobs = made.pipelines.flatMap(({ name, jobs: all, outputs }) =>
    Object.entries(all)
      .filter(([, { per }]) => per === "release")
      .map(([key, { artifacts }]) => ({
        key: `${name}.${key}`,
        outputs: Object.keys(outputs).filter((output) => outputs[output]!.job === key),
        artifacts: Object.keys(artifacts),
      })),
  );
  const release = fc
    .record({
      commit: fc.constantFrom("new", "new", "c1", "c2"),
      kept: fc.subarray(jobs),
      digit: fc.constantFrom("a", "b"),
    })
    .map(({ commit, kept, digit }) => ({
      commit,
      jobs: (at: number) =>
        Object.fromEntries(
          kept.map((one) => [
            one.key,
            {
              release: at,
              outputs: Object.fromEntries(one.outputs.map((output) => [output, digit])),
              artifacts: Object.fromEntries(one.artifacts.map((name) => [name, artifact(digit)])),
            },
          ]),
        ),
    }));
  return fc.array(release, { maxLength: 3 }).map((releases) => ({
    delivery: made,
    request: {
      ...request,
      made: releases.map(({ commit, jobs: at }, index) => ({ release: 9 - index, commit, jobs: at(9 - index) })),
    },
  }));
});

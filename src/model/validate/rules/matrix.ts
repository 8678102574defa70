import { suggestion } from "../../../findings/nearest-name.ts";
import { combinationCount, type MatrixLeg, matrixLegs } from "../../matrix-legs.ts";
import type { Refusal } from "../../refusal.ts";
import type { PlacedJob } from "../placed.ts";
import { type Rule, refusal } from "../subject.ts";

/** As many as GitHub starts for one job. */
const mostLegs = 256;

/** A matrix has legs, each different, and none of them writes over another's output or artifact. */
export const matrix: Rule = function* ({ jobs }) {
  for (const placed of jobs) {
    const { matrix: given } = placed.job;
    if (!given) continue;
    const path = [...placed.path, "matrix"];
    const tooMany = (count: number) =>
      refusal("too-many-legs", path, {
        message: `the matrix of "${placed.name}" has ${count} legs`,
        help: `keep it to ${mostLegs}: leave values out, or split the job`,
      });
    // Before the legs are made: ten dimensions of ten are ten thousand million.
    const combinations = combinationCount(given);
    if (combinations > mostLegs * 16) {
      yield tooMany(combinations);
      continue;
    }
    const legs = matrixLegs(given);
    if (legs.length === 0) {
      yield refusal("empty-matrix", path, {
        message: `the matrix of "${placed.name}" has no legs${given.exclude.length > 0 ? " left after exclude" : ""}`,
        help: "give every dimension a value, and exclude less",
      });
      continue;
    }
    if (legs.length > mostLegs) yield tooMany(legs.length);
    yield* excludedDimensions(placed);
    yield* sameLegs(placed, legs);
    if (legs.length > 1) yield* writtenByEveryLeg(placed, legs.length);
  }
};

function* excludedDimensions({ job, path }: PlacedJob): Generator<Refusal> {
  const known = Object.keys(job.matrix!.values);
  for (const [index, leg] of job.matrix!.exclude.entries()) {
    for (const dimension of Object.keys(leg)) {
      if (known.includes(dimension)) continue;
      yield refusal("unknown-matrix-dimension", [...path, "matrix", "exclude", index, dimension], {
        message: `there is no matrix dimension "${dimension}", so this excludes nothing`,
        help: suggestion(dimension, known, "matrix dimensions"),
      });
    }
  }
}

function* sameLegs({ name, path }: PlacedJob, legs: readonly MatrixLeg[]): Generator<Refusal> {
  const seen = new Set<string>();
  for (const leg of legs) {
    const key = JSON.stringify(Object.entries(leg).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (!seen.has(key)) {
      seen.add(key);
      continue;
    }
    const values = Object.entries(leg).map(([dimension, value]) => `${dimension}=${value}`);
    yield refusal("leg-twice", [...path, "matrix"], {
      message: `the matrix of "${name}" has the leg ${values.join(", ") || "without values"} twice`,
      help: "leave one of them out",
    });
  }
}

function* writtenByEveryLeg({ pipeline, name, job, path }: PlacedJob, count: number): Generator<Refusal> {
  for (const [output, { job: publisher }] of Object.entries(pipeline.outputs)) {
    if (publisher !== name) continue;
    yield refusal("matrix-publishes-output", ["pipelines", pipeline.name, "outputs", output], {
      message: `all ${count} legs of "${name}" would publish the output "${output}"`,
      related: [{ message: `"${name}" has a matrix`, path: [...path, "matrix"] }],
      help: "publish it from a job without a matrix that needs this one",
    });
  }
  if (job.report !== undefined) {
    yield refusal("matrix-makes-report", [...path, "report"], {
      message: `all ${count} legs of "${name}" would leave behind the report "${job.report}"`,
      related: [{ message: `"${name}" has a matrix`, path: [...path, "matrix"] }],
      help: "report from a job without a matrix",
    });
  }
  for (const artifact of Object.keys(job.artifacts)) {
    yield refusal("matrix-makes-artifact", [...path, "artifacts", artifact], {
      message: `all ${count} legs of "${name}" would leave behind the artifact "${artifact}"`,
      related: [{ message: `"${name}" has a matrix`, path: [...path, "matrix"] }],
      help: "write one job for each artifact",
    });
  }
}

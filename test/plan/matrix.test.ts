import assert from "node:assert/strict";
import { test } from "node:test";
import { matrixLegs } from "../../src/model/matrix-legs.ts";
import { jobInstanceId } from "../../src/plan/job-id.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { delivery, job, jobOf, pipeline, request } from "./sample-delivery.ts";

const plain = { values: {}, include: [], exclude: [], failFast: true };

test("the ids of legs never look alike", () => {
  const legs = matrixLegs({ ...plain, include: [{ a: "1,b=2" }, { a: "1", b: "2" }, { a: "]%" }] });
  const ids = legs.map((matrix) => jobInstanceId({ pipeline: "web", job: "test", environment: "dev", matrix }));
  assert.deepEqual(ids, ["web.test@dev[a=1%2Cb%3D2]", "web.test@dev[a=1,b=2]", "web.test@dev[a=%5D%25]"]);
});

test("a matrix that is empty skips its job by name", () => {
  const matrix = { ...plain, values: { node: ["24"] }, exclude: [{ node: "24" }] };
  const planned = jobOf(
    plan(delivery([pipeline("web", { jobs: { test: job({ matrix }) } })]), request()),
    "web.test@dev",
  );
  assert.equal(planned.decision, "skip");
  assert.equal(planned.reason.text, "its matrix has no combination left");
});

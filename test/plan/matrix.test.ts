import assert from "node:assert/strict";
import { test } from "node:test";
import { jobInstanceId } from "../../src/plan/job-id.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { matrixLegs } from "../../src/plan/matrix.ts";
import { delivery, job, jobOf, pipeline, request } from "./sample-delivery.ts";

const plain = { values: {}, include: [], exclude: [], failFast: true };

test("the documented example of include", () => {
  const values = { fruit: ["apple", "pear"], animal: ["cat", "dog"] };
  const include: Record<string, string>[] = [
    { color: "green" },
    { color: "pink", animal: "cat" },
    { fruit: "apple", shape: "circle" },
    { fruit: "banana" },
    { fruit: "banana", animal: "cat" },
  ];
  assert.deepEqual(matrixLegs({ ...plain, values, include }), [
    { fruit: "apple", animal: "cat", color: "pink", shape: "circle" },
    { fruit: "apple", animal: "dog", color: "green", shape: "circle" },
    { fruit: "pear", animal: "cat", color: "pink" },
    { fruit: "pear", animal: "dog", color: "green" },
    { fruit: "banana" },
    { fruit: "banana", animal: "cat" },
  ]);
});

test("exclude takes away what it describes in part, before include adds", () => {
  const values = { os: ["linux", "mac"], node: ["22", "24"] };
  const exclude: Record<string, string>[] = [{ os: "mac" }];
  const include = [{ os: "mac", node: "26" }];
  assert.deepEqual(matrixLegs({ ...plain, values, exclude, include }), [
    { os: "linux", node: "22" },
    { os: "linux", node: "24" },
    { os: "mac", node: "26" },
  ]);
});

test("include alone makes a leg of each entry", () => {
  assert.deepEqual(matrixLegs({ ...plain, include: [{ site: "staging" }, { site: "prod" }] }), [
    { site: "staging" },
    { site: "prod" },
  ]);
});

test("legs never look alike, and one that comes out twice counts once", () => {
  const legs = matrixLegs({ ...plain, include: [{ a: "1,b=2" }, { a: "1", b: "2" }, { a: "1", b: "2" }, { a: "]%" }] });
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

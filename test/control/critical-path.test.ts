import assert from "node:assert/strict";
import { test } from "node:test";
import { criticalPathOf } from "../../src/control/views/critical-path.ts";
import type { RunState } from "../../src/engine/state.ts";

interface Ran {
  id: string;
  after?: string[];
  endedAt?: number;
  durationMs?: number;
  status?: "succeeded" | "skipped";
}

const pathOf = (jobs: readonly Ran[], joins: { id: string; after: string[] }[] = []) => {
  const list = jobs.map(({ id, after = [], status = "succeeded", ...job }) => {
    return { ...job, id, status, planned: { id, after } };
  });
  return criticalPathOf({ list, plan: { joins } } as unknown as RunState).map(({ id }) => id);
};

test("a job that only waited for a free place does not hide what took long", () => {
  // Two places: the tests took both, so `provision`, which needs nothing, ended last of what `deploy` needs.
  const jobs = [
    { id: "test", endedAt: 13_000, durationMs: 13_000 },
    { id: "package", after: ["test"], endedAt: 13_200, durationMs: 200 },
    { id: "provision", endedAt: 13_800, durationMs: 800 },
    { id: "deploy", after: ["package", "provision"], endedAt: 15_000, durationMs: 1_200 },
  ];
  assert.deepEqual(pathOf(jobs), ["test", "package", "deploy"]);
});

test("it goes through joins and through what was skipped", () => {
  const jobs: Ran[] = [
    { id: "build", endedAt: 10, durationMs: 10 },
    { id: "check", after: ["build"], status: "skipped", endedAt: 10 },
    { id: "quick", endedAt: 5, durationMs: 5 },
    { id: "deploy", after: ["all"], endedAt: 30, durationMs: 5 },
  ];
  assert.deepEqual(pathOf(jobs, [{ id: "all", after: ["check", "quick"] }]), ["build", "deploy"]);
});

test("where nothing ran there is none", () => {
  assert.deepEqual(pathOf([]), []);
  assert.deepEqual(pathOf([{ id: "build", status: "skipped" }]), []);
});

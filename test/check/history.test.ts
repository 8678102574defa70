import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { check } from "../../src/check/check.ts";
import { happened } from "../../src/check/history/happened.ts";
import { historyOf, PastRuns } from "../../src/check/history/past-runs.ts";
import { RecordReader } from "../../src/check/history/records.ts";
import type { Happened } from "../../src/findings/print/report.ts";
import type { Claim } from "../../src/simulation/claim.ts";
import { checkFolder } from "./cases.ts";

function records(text: string, cuts: readonly number[] = []): unknown[] {
  const reader = new RecordReader();
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return places.slice(1).flatMap((end, i) => [...reader.read(text.slice(places[i], end))]);
}

describe("runs are taken out of what the services export", () => {
  const runs = [{ id: 1, name: 'a "b" [c] {d} \\', jobs: [{ id: 7 }] }, { id: 2 }, {}];
  const list = JSON.stringify(runs);
  const page = JSON.stringify({ total_count: 3, note: { workflow_runs: 3 }, workflow_runs: runs });
  const forms: Record<string, string> = {
    "gh run list --json": JSON.stringify(runs, null, 2),
    "one page of the API": page,
    "gh api --paginate: pages one after another": `${page}\n${page}`,
    "gh api --paginate --slurp: a list of pages": `[${page}, ${page}]`,
    "pages that are lists": `${list}${list}`,
  };
  for (const [name, text] of Object.entries(forms)) {
    test(`${name}, however it is cut into pieces`, () => {
      const times = /one after another|list of pages|are lists/.test(name) ? 2 : 1;
      const expected = Array.from({ length: times }, () => runs).flat();
      assert.deepEqual(records(text), expected);
      fc.assert(
        fc.property(fc.array(fc.nat(5_000), { maxLength: 6 }), (cuts) =>
          assert.deepEqual(records(text, cuts), expected),
        ),
        { numRuns: 50 },
      );
    });
  }

  test("what is no JSON, or too long, is left out and counted", () => {
    const reader = new RecordReader();
    const long = JSON.stringify({ text: "x".repeat(1_100_000) });
    const found = [...reader.read(`[{"id":1},{"id":oops},${long},{"id":2}]`)];
    assert.deepEqual([found, reader.skipped], [[{ id: 1 }, { id: 2 }], 2]);
  });

  test("any text is survived", () => {
    const pieces = fc.array(fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "1", '"workflow_runs"'));
    fc.assert(
      fc.property(pieces, (all) => void records(all.join(""))),
      { numRuns: 200 },
    );
  });
});

interface Told {
  readonly workflowName: string;
  /** Minutes at which it began and ended. */
  readonly at: readonly [number, number];
  readonly sha: string;
  readonly conclusion?: string;
  readonly event?: string;
}

let nextId = 1;

function exported({ workflowName, at, sha, conclusion = "success", event = "push" }: Told) {
  const time = (minute: number) => new Date(Date.UTC(2026, 9, 1, 0, minute)).toISOString();
  return {
    databaseId: nextId++,
    workflowName,
    event,
    conclusion,
    headBranch: "main",
    headSha: sha,
    startedAt: time(at[0]),
    updatedAt: time(at[1]),
  };
}

/** What the example of a rule comes to in these runs. */
async function inRuns(rule: string, told: readonly Told[], example = "example"): Promise<Happened | undefined> {
  const { facts, simulator } = await checkFolder(join(import.meta.dirname, "err", rule, example));
  const past = new PastRuns(facts);
  nextId = 1;
  for (const each of told) past.add(exported(each), "runs");
  assert.equal(past.unknown, 0, "every run is known");
  const claims: Claim[] = [];
  check(facts, { simulator, onReplayed: (_, { claim }) => claims.push(claim) });
  return happened(claims[0]!, historyOf(past));
}

describe("how often it happened", () => {
  test("an older run that ended after a newer one", async () => {
    const runs = (second: number): Told[] => [
      { workflowName: "Deploy", at: [0, 10], sha: "a" },
      { workflowName: "Deploy", at: [1, second], sha: "b" },
      { workflowName: "Deploy", at: [30, 40], sha: "c" },
    ];
    assert.deepEqual(await inRuns("retriggered-older-run-wins", runs(5)), { times: 1, of: 3, runs: ["1"] });
    assert.deepEqual(await inRuns("retriggered-older-run-wins", runs(12)), { times: 0, of: 3, runs: [] });
  });

  test("a run that deployed although the one before it had failed", async () => {
    const runs = (conclusion: string): Told[] => [
      { workflowName: "CI", at: [0, 5], sha: "a", conclusion },
      { workflowName: "Deploy", at: [6, 8], sha: "a", event: "workflow_run" },
      { workflowName: "CI", at: [20, 25], sha: "b" },
      { workflowName: "Deploy", at: [26, 28], sha: "b", event: "workflow_run" },
    ];
    assert.deepEqual(await inRuns("no-conclusion-guard", runs("failure")), { times: 1, of: 2, runs: ["2"] });
    assert.deepEqual(await inRuns("no-conclusion-guard", runs("success")), { times: 0, of: 2, runs: [] });
  });

  test("a deployment of a commit whose tests failed", async () => {
    const runs = (sha: string): Told[] => [
      { workflowName: "Tests", at: [0, 9], sha: "a", conclusion: "failure" },
      { workflowName: "Image", at: [0, 3], sha },
      { workflowName: "Tests", at: [20, 29], sha: "c" },
      { workflowName: "Image", at: [20, 23], sha: "c" },
    ];
    const name = "moving-image-tag";
    assert.deepEqual(await inRuns("parallel-ci-and-cd", runs("a"), name), { times: 1, of: 2, runs: ["2"] });
    assert.deepEqual(await inRuns("parallel-ci-and-cd", runs("b"), name), { times: 0, of: 2, runs: [] });
  });

  test("two runs of one workflow at once", async () => {
    const runs: Told[] = [
      { workflowName: "Release", at: [0, 5], sha: "a" },
      { workflowName: "Release", at: [3, 8], sha: "b", conclusion: "failure" },
      { workflowName: "Release", at: [9, 12], sha: "c" },
    ];
    assert.deepEqual(await inRuns("concurrent-version-pushes", runs), { times: 1, of: 3, runs: ["2"] });
  });

  test("a run that was cancelled for another one", async () => {
    const runs: Told[] = [
      { workflowName: "Deploy", at: [0, 30], sha: "a" },
      { workflowName: "Deploy", at: [1, 5], sha: "b", conclusion: "cancelled" },
      { workflowName: "Deploy", at: [5, 9], sha: "c" },
      { workflowName: "Deploy", at: [50, 55], sha: "d", conclusion: "cancelled" },
    ];
    assert.deepEqual(await inRuns("pending-deploy-dropped", runs), { times: 1, of: 4, runs: ["2"] });
  });

  test("what whole runs do not tell is not told", async () => {
    const runs: Told[] = [{ workflowName: "Release", at: [0, 5], sha: "a" }];
    assert.equal(await inRuns("missing-needs", runs), undefined);
  });
});

test("executions of a CodePipeline, and of its actions, are told apart by the name of the file", async () => {
  const { facts } = await checkFolder(join(import.meta.dirname, "err/superseded-approval/example"));
  const [pipeline] = facts.pipelines;
  const name = pipeline!.label;
  const past = new PastRuns(facts);
  const execution = { pipelineExecutionId: "e1", status: "Superseded", startTime: "2026-10-01T00:00:00Z" };
  past.add({ ...execution, lastUpdateTime: "2026-10-01T00:05:00Z", sourceRevisions: [{ revisionId: "abc" }] }, name);
  past.add({ ...execution, status: "Succeeded", lastUpdateTime: 1_790_813_400, startTime: 1_790_812_800 }, name);
  const [run, ...more] = past.all();
  assert.equal(more.length, 0);
  assert.deepEqual([run!.pipeline, run!.commit, run!.conclusion], [pipeline!.id, "abc", "cancelled"]);
});

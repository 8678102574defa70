/** From what CodePipeline answers to what people are shown; that it does answer so is for `test/cli/status-on-aws.test.ts`. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { statusLines } from "../../../../src/cli/platform/status-text.ts";
import { noStyle } from "../../../../src/cli/terminal/style.ts";
import { momentMs, type RunSummary, type StageState } from "../../../../src/platforms/codepipeline/live/answers.ts";
import {
  connectionsPage,
  pipelinePage,
  placeOfArn,
} from "../../../../src/platforms/codepipeline/live/console-links.ts";
import { statusOf } from "../../../../src/platforms/codepipeline/live/pipeline-status.ts";

const wanted = {
  name: "shop",
  stages: [
    { name: "Source", environment: undefined },
    { name: "dev", environment: "dev" },
  ],
};
const run = (id: string, more: Partial<RunSummary> = {}): RunSummary => ({
  pipelineExecutionId: id,
  status: "Succeeded",
  sourceRevisions: [{ revisionId: `commit-${id}` }],
  ...more,
});
const status = (stages: StageState[], runs: RunSummary[], passed: [string, RunSummary][] = []) =>
  statusOf(wanted, {
    pipeline: { metadata: { pipelineArn: "arn:aws:codepipeline:eu-west-1:111122223333:shop" } },
    state: { stageStates: stages },
    runs: { pipelineExecutionSummaries: runs },
    passed: new Map(passed),
  });
const at = (stageName: string, pipelineExecutionId: string, is: string): StageState => ({
  stageName,
  latestExecution: { pipelineExecutionId, status: is },
});

test("an environment holds what passed its stage, not what failed or was left out there", () => {
  for (const is of ["Failed", "InProgress", "Skipped", "Stopped", "Cancelled"]) {
    const found = status(
      [at("Source", "2", "Succeeded"), at("dev", "2", is)],
      [run("2"), run("1")],
      [["dev", run("1")]],
    );
    const [, dev] = found.stages;
    assert.deepEqual([dev!.status, dev!.commit, dev!.deployed?.commit], [is, "commit-2", "commit-1"], is);
  }
  const passed = status([at("Source", "2", "Succeeded"), at("dev", "2", "Succeeded")], [run("2")]);
  assert.equal(passed.stages[1]!.deployed?.commit, "commit-2");
  assert.equal(passed.stages[0]!.deployed, undefined, "no environment");
  assert.equal(status([{ stageName: "Source" }, { stageName: "dev" }], []).stages[1]!.deployed, undefined);
});

test("a rollback is known by the run whose commit it put back, where AWS does not repeat the commit", () => {
  const back: RunSummary = {
    pipelineExecutionId: "3",
    status: "Succeeded",
    executionType: "ROLLBACK",
    rollbackMetadata: { rollbackTargetPipelineExecutionId: "1" },
  };
  const { lastRun } = status([at("dev", "3", "Succeeded")], [back, run("2"), run("1")]);
  assert.deepEqual([lastRun!.isRollback, lastRun!.commit], [true, "commit-1"]);
});

test("what cannot be put back is known before it is needed", () => {
  const day = (day: string) => `${day}T00:00:00Z`;
  const found = (last: RunSummary, more: RunSummary[] = []) =>
    statusOf(wanted, {
      pipeline: { metadata: { updated: day("2026-03-01") } },
      state: { stageStates: [at("dev", last.pipelineExecutionId, "Succeeded")] },
      runs: { pipelineExecutionSummaries: [last, ...more] },
      passed: new Map(),
    }).stages[0]!.wayBack;
  assert.deepEqual(found(run("1", { startTime: day("2026-02-28") })), {
    none: "the pipeline was changed after that run",
  });
  assert.deepEqual(found(run("1", { startTime: day("2026-03-02") })), { until: Date.parse(day("2027-03-02")) });
  assert.equal(found(run("1")), undefined, "nobody knows when it began");
  const back = run("3", {
    startTime: day("2026-03-09"),
    executionType: "ROLLBACK",
    rollbackMetadata: { rollbackTargetPipelineExecutionId: "1" },
  });
  const before = run("1", { startTime: day("2026-02-28") });
  assert.deepEqual(
    found(back, [before]),
    { none: "the pipeline was changed after that run" },
    "a rollback is no target",
  );
  assert.equal(found(back), undefined);
});

test("a run that was stopped says why", () => {
  const reason = "release 3 was here already, and nothing newer is proven";
  assert.equal(status([], [run("1", { status: "Stopped", stopTrigger: { reason } })]).lastRun!.reason, reason);
  assert.equal(status([], [run("1")]).lastRun!.reason, undefined);
});

test("closed ways, waiting runs and other stages than the definition's are seen", () => {
  const closed: StageState = {
    ...at("dev", "1", "Succeeded"),
    inboundTransitionState: { enabled: false, disabledReason: "frozen until Monday" },
    inboundExecutions: [{ pipelineExecutionId: "2" }, { pipelineExecutionId: "3" }],
  };
  const found = status([at("Source", "1", "Succeeded"), closed], [run("1")]);
  assert.deepEqual(
    [found.stages[1]!.closed, found.stages[1]!.waiting, found.isStale],
    ["frozen until Monday", 2, false],
  );
  assert.equal(status([at("Source", "1", "Succeeded"), at("qa", "1", "Succeeded")], [run("1")]).isStale, true);
});

test("messages of commits come alone or in JSON, and only their first line is shown", () => {
  const message = (revisionSummary: string | undefined) =>
    status(
      [],
      [run("1", { sourceRevisions: [{ revisionId: "c", ...(revisionSummary !== undefined && { revisionSummary }) }] })],
    ).lastRun!.message;
  assert.equal(message("Fix the basket\n\nIt was empty."), "Fix the basket");
  assert.equal(message('{"ProviderType":"GitHub","CommitMessage":"Fix the basket\\n\\nMore"}'), "Fix the basket");
  assert.equal(message("17"), "17");
  assert.equal(message(undefined), undefined);
});

test("times are read as both major versions of the AWS CLI write them", () => {
  const ms = Date.UTC(2026, 4, 1, 12, 0, 0);
  assert.equal(momentMs(ms / 1000), ms);
  assert.equal(momentMs("2026-05-01T14:00:00+02:00"), ms);
  assert.equal(momentMs("soon"), undefined);
  assert.equal(momentMs(undefined), undefined);
});

test("pages of the console are those of the partition", () => {
  const place = placeOfArn("arn:aws:codepipeline:eu-west-1:111122223333:shop")!;
  assert.deepEqual(place, { partition: "aws", region: "eu-west-1", account: "111122223333" });
  assert.equal(
    pipelinePage(place, "shop"),
    "https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop/view?region=eu-west-1",
  );
  assert.match(
    connectionsPage({ ...place, partition: "aws-us-gov" }),
    /^https:\/\/eu-west-1\.console\.amazonaws-us-gov\.com\//,
  );
  assert.equal(placeOfArn("shop"), undefined);
});

test("who looks is told of what could not be put back, a month before it is forgotten", () => {
  const now = Date.UTC(2026, 11, 1);
  const said = (wayBack: object | undefined) => {
    const stage = { environment: "dev", failed: [], waiting: 0, wayBack };
    const looked = { environments: ["dev"], sets: [], missing: [], approvals: [], connections: [] };
    const pipelines = [{ name: "shop", stages: [{ ...stage, name: "dev" }] }];
    const text = statusLines({ status: { ...looked, pipelines } as never, place: "AWS", now }, noStyle).join("\n");
    return /! (.*)/.exec(text)?.[1];
  };
  assert.equal(said(undefined), undefined);
  assert.equal(said({ until: Date.UTC(2027, 1, 1) }), undefined);
  assert.equal(
    said({ none: "the pipeline was changed after that run" }),
    "shop could not be rolled back: the pipeline was changed after that run. It can when a new run has passed here",
  );
  assert.match(said({ until: Date.UTC(2026, 11, 24) })!, /what is there is forgotten on 2026-12-24\. Release it again/);
  assert.match(said({ until: Date.UTC(2026, 10, 24) })!, /is forgotten since 2026-11-24/);
});

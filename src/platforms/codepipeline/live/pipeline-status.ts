/** What AWS says of one pipeline, in the words of a delivery. Pure: from answers to status. */

import type { AskedApproval, FailedAction, LivePipeline, LiveRun, LiveStage } from "../../live.ts";
import {
  type ActionState,
  momentMs,
  type PipelineAnswer,
  type RunSummary,
  type RunsAnswer,
  type StageState,
  type StateAnswer,
} from "./answers.ts";
import { pipelinePage, placeOfArn } from "./console-links.ts";

/** A pipeline that the definition asks for. */
export interface WantedPipeline {
  readonly name: string;
  readonly stages: readonly { readonly name: string; readonly environment: string | undefined }[];
}

export interface PipelineStatus extends LivePipeline {
  readonly arn: string | undefined;
  /** ARN of the connection that its source comes over. */
  readonly connection: string | undefined;
}

export interface Answers {
  readonly pipeline: PipelineAnswer;
  readonly state: StateAnswer;
  readonly runs: RunsAnswer;
  /** The last run that passed a stage, where it is not the one that is there now. */
  readonly passed: ReadonlyMap<string, RunSummary>;
}

export function statusOf(wanted: WantedPipeline, { pipeline, state, runs, passed }: Answers): PipelineStatus {
  const summaries = new Map((runs.pipelineExecutionSummaries ?? []).map((run) => [run.pipelineExecutionId, run]));
  for (const run of passed.values()) summaries.set(run.pipelineExecutionId, run);
  const describe = (run: RunSummary) => runStatus(run, summaries);
  const arn = pipeline.metadata?.pipelineArn;
  const place = placeOfArn(arn);
  const states = state.stageStates ?? [];
  const approvals = new Set(
    (pipeline.pipeline?.stages ?? []).flatMap(({ name, actions }) =>
      (actions ?? []).flatMap((action) =>
        action.actionTypeId?.category === "Approval" ? [`${name}/${action.name}`] : [],
      ),
    ),
  );
  const stages = states.map((stage): LiveStage => {
    const environment = wanted.stages.find(({ name }) => name === stage.stageName)?.environment;
    const { latestExecution: latest } = stage;
    const run = latest && summaries.get(latest.pipelineExecutionId);
    const last =
      environment === undefined ? undefined : latest?.status === "Succeeded" ? run : passed.get(stage.stageName);
    return {
      name: stage.stageName,
      environment,
      status: latest?.status,
      run: latest?.pipelineExecutionId,
      commit: run && describe(run).commit,
      waiting: inbound(stage),
      closed: closedBecause(stage),
      approval: approvalIn(stage, approvals),
      failed: (stage.actionStates ?? []).flatMap((action) => failure(action)),
      deployed: last && describe(last),
      wayBack: last && wayBackTo(last, { summaries, changedAt: momentMs(pipeline.metadata?.updated) }),
    };
  });
  const [newest] = runs.pipelineExecutionSummaries ?? [];
  const source = (pipeline.pipeline?.stages ?? []).flatMap(({ actions }) => actions ?? []);
  return {
    name: wanted.name,
    arn,
    console: place && pipelinePage(place, wanted.name),
    connection: source.find(({ configuration }) => configuration?.ConnectionArn)?.configuration?.ConnectionArn,
    lastRun: newest && describe(newest),
    stages,
    isStale: wanted.stages.map(({ name }) => name).join("\n") !== states.map(({ stageName }) => stageName).join("\n"),
  };
}

/** How long the service remembers a run. */
const rememberedMs = 365 * 24 * 60 * 60_000;

/** It goes back to runs that were started since the pipeline was changed last, never to a rollback, and to none that it has forgotten. */
function wayBackTo(
  last: RunSummary,
  { summaries, changedAt }: { summaries: ReadonlyMap<string, RunSummary>; changedAt: number | undefined },
): LiveStage["wayBack"] {
  const target = last.rollbackMetadata?.rollbackTargetPipelineExecutionId;
  const startedAt = momentMs((target === undefined ? last : summaries.get(target))?.startTime);
  if (startedAt === undefined) return undefined;
  if (changedAt !== undefined && startedAt < changedAt) return { none: "the pipeline was changed after that run" };
  return { until: startedAt + rememberedMs };
}

/** A rollback deploys what another run had. */
function runStatus(run: RunSummary, all: ReadonlyMap<string, RunSummary>): LiveRun {
  const target = run.rollbackMetadata?.rollbackTargetPipelineExecutionId;
  const [revision] = run.sourceRevisions ?? all.get(target ?? "")?.sourceRevisions ?? [];
  return {
    id: run.pipelineExecutionId,
    status: run.status,
    commit: revision?.revisionId,
    message: messageOf(revision?.revisionSummary),
    startedAt: momentMs(run.startTime),
    isRollback: run.executionType === "ROLLBACK",
    reason: (run.stopTrigger?.reason ?? run.statusSummary)?.split("\n")[0] || undefined,
  };
}

/** Connections answer with JSON that has the message of the commit in it; other sources with the message. */
function messageOf(summary: string | undefined): string | undefined {
  if (summary === undefined) return undefined;
  let text = summary;
  try {
    const parsed: unknown = JSON.parse(summary);
    if (typeof parsed === "object" && parsed !== null && "CommitMessage" in parsed) text = String(parsed.CommitMessage);
  } catch {
    // It is the message itself.
  }
  return text.split("\n")[0]?.trim() || undefined;
}

function inbound({ inboundExecution, inboundExecutions }: StageState): number {
  return inboundExecutions?.length ?? (inboundExecution ? 1 : 0);
}

function closedBecause({ inboundTransitionState }: StageState): string | undefined {
  if (inboundTransitionState?.enabled !== false) return undefined;
  return inboundTransitionState.disabledReason || "somebody closed the way into it";
}

function approvalIn(stage: StageState, approvals: ReadonlySet<string>): AskedApproval | undefined {
  const waits = (stage.actionStates ?? []).find(
    ({ actionName, latestExecution }) =>
      latestExecution?.status === "InProgress" &&
      (latestExecution.token !== undefined || approvals.has(`${stage.stageName}/${actionName}`)),
  );
  return (
    waits && {
      action: waits.actionName,
      token: waits.latestExecution?.token,
      since: momentMs(waits.latestExecution?.lastStatusChange),
    }
  );
}

function failure({ actionName, latestExecution }: ActionState): FailedAction[] {
  if (latestExecution?.status !== "Failed") return [];
  const { errorDetails, summary, externalExecutionUrl } = latestExecution;
  const message = errorDetails?.message ?? summary;
  return [{ action: actionName, message: message?.split("\n")[0], link: externalExecutionUrl }];
}

/** What functions ask AWS, answered from the account. */
import type { RunState } from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import { type Account, AwsError, isNumber } from "./account.ts";

/** Pages are short, so that nobody does without the next one. */
const pageSize = 3;

const statuses = { succeeded: "Succeeded", failed: "Failed", superseded: "Superseded", stopped: "Stopped" } as const;

function statusOf({ status, isStopping }: RunState): string {
  return status === "running" ? (isStopping ? "Stopping" : "InProgress") : statuses[status];
}

// Of any command.
// biome-ignore lint/suspicious/noExplicitAny: what a command is given is up to the command
type Input = any;

/** @throws {AwsError} as AWS does. */
export function awsOf(account: Account, command: string, input: Input, by: string): unknown {
  const answer = answers[command];
  if (answer === undefined) throw new Error(`no command ${command}`);
  return answer(account, input, by);
}

const answers: Readonly<Record<string, (account: Account, input: Input, by: string) => unknown>> = {
  GetObject({ objects }, { Key }) {
    const text = objects.get(Key);
    if (text === undefined) throw new AwsError("NoSuchKey");
    return { Body: { transformToString: () => text } };
  },
  PutObject(account, { Key, Body, IfNoneMatch }) {
    if (IfNoneMatch === "*" && account.objects.has(Key)) throw new AwsError("PreconditionFailed");
    account.put(Key, Body);
    return {};
  },
  HeadObject({ objects }, { Key }) {
    if (!objects.has(Key)) throw new AwsError("NotFound");
    return {};
  },
  ListObjectVersions({ objects, written, isListed }, { Prefix }) {
    const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix) && isListed(key));
    return {
      Versions: keys.map((Key) => {
        const at = written.get(Key)!;
        return { Key, VersionId: String(at), IsLatest: true, LastModified: new Date(at) };
      }),
    };
  },
  PutObjectTagging({ written, unneeded }, { Key, VersionId }) {
    if (String(written.get(Key)) !== VersionId) throw new AwsError("NoSuchVersion");
    unneeded.add(Key);
    return {};
  },
  DeleteObjectTagging({ unneeded }, { Key }) {
    unneeded.delete(Key);
    return {};
  },
  ListObjectsV2({ objects }, { Prefix, ContinuationToken }) {
    const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix)).sort();
    const from = Number(ContinuationToken ?? 0);
    const end = from + 20;
    return {
      Contents: keys.slice(from, end).map((Key) => ({ Key })),
      ...(end < keys.length && { NextContinuationToken: String(end) }),
    };
  },
  Publish({ told }, { Subject, Message }) {
    told.push({ subject: Subject, text: Message });
    return {};
  },
  ListPipelineExecutions(account, { pipelineName, maxResults, filter, nextToken }) {
    const stage = filter?.succeededInStage.stageName;
    const all = account.machine.runs
      .filter(({ pipeline }) => pipeline === pipelineName)
      .filter((run) => stage === undefined || account.about.get(run)!.stages.get(stage)?.status === "Succeeded")
      .reverse();
    const from = Number(nextToken ?? 0);
    const end = from + Number(maxResults ?? pageSize);
    return {
      pipelineExecutionSummaries: all.slice(from, end).map((run) => {
        const commit = run.variables.get("SourceVariables.CommitId") ?? run.commit;
        return {
          pipelineExecutionId: account.idOf(run),
          status: statusOf(run),
          startTime: new Date(account.about.get(run)!.startedAt),
          executionType: run.kind.toUpperCase(),
          ...(run.kind === "rollback" && {
            rollbackMetadata: { rollbackTargetPipelineExecutionId: account.idOf(account.machine.runs[run.release]!) },
          }),
          ...(commit !== undefined && { sourceRevisions: [{ actionName: "repository", revisionId: commit }] }),
        };
      }),
      ...(end < all.length && { nextToken: String(end) }),
    };
  },
  GetPipeline: ({ versions }, { name }) => ({ pipeline: { version: versions.get(name) } }),
  GetPipelineExecution(account, { pipelineExecutionId }) {
    const run = runOf(account, pipelineExecutionId);
    const { version } = account.about.get(run)!;
    return { pipelineExecution: { executionType: run.kind.toUpperCase(), pipelineVersion: version } };
  },
  GetPipelineState(account, { name }) {
    const asked = account.approval(name);
    return {
      stageStates: account.machine.pipelines.get(name)!.stages.map((stage, index) => {
        const { entered } = account.machine.stages.get(name)![index]!;
        const known = entered && account.about.get(entered)!.stages.get(stage.name);
        if (!entered || !known) return { stageName: stage.name, actionStates: [] };
        const isAsked = asked?.run === entered && account.stageOf(entered).name === stage.name;
        const latestExecution = {
          lastStatusChange: new Date(known.at),
          ...(isAsked && { status: "InProgress", token: account.idOf(entered) }),
        };
        return {
          stageName: stage.name,
          latestExecution: { pipelineExecutionId: account.idOf(entered), status: known.status },
          actionStates: stage.actions.map(({ name: actionName }) => ({ actionName, latestExecution })),
        };
      }),
    };
  },
  StartPipelineExecution(account, { name, sourceRevisions, variables, clientRequestToken }) {
    if (account.tokens.has(clientRequestToken)) return {};
    const commit = sourceRevisions?.[0]?.revisionValue;
    const release = variables?.[0]?.value;
    const start = account.enqueue(name, {
      by: "function",
      ...(commit !== undefined && { commit }),
      ...(release !== undefined && { release }),
    });
    const run = account.begin(start);
    if (run === undefined) throw new AwsError("ConcurrentPipelineExecutionsLimitExceededException");
    // Asked for by a person, whose run had another commit.
    if (isNumber(release)) account.about.get(run)!.isAsked = true;
    account.tokens.add(clientRequestToken);
    return { pipelineExecutionId: account.idOf(run) };
  },
  StopPipelineExecution(account, { pipelineExecutionId, reason }) {
    const run = runOf(account, pipelineExecutionId);
    if (run.isStopping) throw new AwsError("DuplicatedStopRequestException");
    if (run.status !== "running") throw new AwsError("PipelineExecutionNotStoppableException");
    account.about.get(run)!.reason = reason;
    account.stop(run);
    return {};
  },
  PutApprovalResult(account, { pipelineName, token, result }) {
    const asked = account.approval(pipelineName);
    if (asked === undefined || account.idOf(asked.run) !== token) throw new AwsError("InvalidApprovalTokenException");
    account.about.get(asked.run)!.reason = result.summary;
    account.answer(pipelineName, "reject");
    return {};
  },
  PutJobSuccessResult(account, { jobId, outputVariables }) {
    if (account.jobs.get(jobId) !== "open") throw new AwsError("InvalidJobStateException");
    account.jobs.set(jobId, outputVariables);
    return {};
  },
  PutJobFailureResult(account, { jobId, failureDetails }) {
    if (account.jobs.get(jobId) !== "open") throw new AwsError("InvalidJobStateException");
    account.jobs.set(jobId, new Error(failureDetails.message));
    return {};
  },
  RollbackStage(account, { pipelineName, stageName, targetPipelineExecutionId }) {
    const target = runOf(account, targetPipelineExecutionId);
    if (!account.targets(pipelineName, stageName).includes(target))
      throw new AwsError("PipelineExecutionOutdatedException");
    const run = account.rollBack(stageName, target, "function");
    if (run === undefined) throw new AwsError("UnableToRollbackStageException");
    return { pipelineExecutionId: account.idOf(run) };
  },
};

function runOf({ machine, idOf }: Account, id: string): RunState {
  const found = machine.runs.find((run) => idOf(run) === id);
  if (found === undefined) throw new AwsError("PipelineExecutionNotFoundException");
  return found;
}

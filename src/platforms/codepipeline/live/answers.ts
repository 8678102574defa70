/** What CodePipeline answers, as far as it is looked at. Source: the service model of the AWS CLI. Nothing is certain to be there. */

/** Seconds since the epoch, or ISO 8601: the major versions of the AWS CLI differ. */
export type Timestamp = number | string;

export interface PipelineAnswer {
  readonly pipeline?: {
    readonly stages?: readonly {
      readonly name: string;
      readonly actions?: readonly {
        readonly name: string;
        readonly actionTypeId?: { readonly category?: string; readonly provider?: string };
        readonly configuration?: Readonly<Record<string, string>>;
      }[];
    }[];
  };
  readonly metadata?: { readonly pipelineArn?: string; readonly updated?: Timestamp };
}

export interface StateAnswer {
  readonly stageStates?: readonly StageState[];
}

export interface StageState {
  readonly stageName: string;
  readonly inboundExecution?: { readonly pipelineExecutionId: string };
  readonly inboundExecutions?: readonly { readonly pipelineExecutionId: string }[];
  readonly inboundTransitionState?: { readonly enabled?: boolean; readonly disabledReason?: string };
  readonly latestExecution?: { readonly pipelineExecutionId: string; readonly status: string };
  readonly actionStates?: readonly ActionState[];
}

export interface ActionState {
  readonly actionName: string;
  readonly latestExecution?: {
    readonly status?: string;
    readonly summary?: string;
    readonly lastStatusChange?: Timestamp;
    readonly token?: string;
    readonly externalExecutionUrl?: string;
    readonly errorDetails?: { readonly message?: string };
  };
}

export interface RunsAnswer {
  readonly pipelineExecutionSummaries?: readonly RunSummary[];
}

export interface RunSummary {
  readonly pipelineExecutionId: string;
  readonly status: string;
  readonly startTime?: Timestamp;
  readonly lastUpdateTime?: Timestamp;
  readonly executionType?: string;
  readonly stopTrigger?: { readonly reason?: string };
  readonly statusSummary?: string;
  readonly sourceRevisions?: readonly { readonly revisionId?: string; readonly revisionSummary?: string }[];
  readonly rollbackMetadata?: { readonly rollbackTargetPipelineExecutionId?: string };
}

export interface ConnectionAnswer {
  readonly Connection?: { readonly ConnectionName?: string; readonly ConnectionStatus?: string };
}

/** Milliseconds since the epoch. */
export function momentMs(moment: Timestamp | undefined): number | undefined {
  if (moment === undefined) return undefined;
  const ms = typeof moment === "number" ? moment * 1000 : Date.parse(moment);
  return Number.isFinite(ms) ? ms : undefined;
}

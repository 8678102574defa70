/** Asks AWS how the pipelines of a delivery are. */

import type { LiveConnection } from "../../live.ts";
import type { Infrastructure } from "../write/infrastructure.ts";
import type { ConnectionAnswer, PipelineAnswer, RunSummary, RunsAnswer, StateAnswer } from "./answers.ts";
import { type Ask, AwsProblem } from "./aws-cli.ts";
import { connectionsPage, placeOfArn } from "./console-links.ts";
import { type PipelineStatus, statusOf, type WantedPipeline } from "./pipeline-status.ts";

export interface DeliveryStatus {
  readonly pipelines: readonly PipelineStatus[];
  /** Names of those that are not on AWS. */
  readonly missing: readonly string[];
  readonly connections: readonly LiveConnection[];
}

/** Of what the stages on AWS are named by: an environment has one stage of its name in a pipeline. */
export function wantedPipelines({ resources }: Infrastructure, environments: readonly string[]): WantedPipeline[] {
  return resources.flatMap((one) => {
    if (one.kind !== "pipeline") return [];
    const stages = one.stages.map(({ name }) => ({ name, environment: environments.find((each) => each === name) }));
    return [{ name: one.name, stages }];
  });
}

/** @throws {AwsProblem} when AWS cannot be asked at all. */
export async function lookAt(wanted: readonly WantedPipeline[], ask: Ask): Promise<DeliveryStatus> {
  const found = await Promise.all(wanted.map((one) => lookAtPipeline(one, ask)));
  const pipelines = found.filter((one) => one !== undefined);
  const arns = [...new Set(pipelines.flatMap(({ connection }) => connection ?? []))];
  return {
    pipelines,
    missing: wanted.filter((_, at) => found[at] === undefined).map(({ name }) => name),
    connections: await Promise.all(arns.map((arn) => lookAtConnection(arn, ask))),
  };
}

/** How far back runs are looked at; a stage that holds an older one is asked for by itself. */
const runsBack = "20";

async function lookAtPipeline(wanted: WantedPipeline, ask: Ask): Promise<PipelineStatus | undefined> {
  const { name } = wanted;
  const runs = (...more: string[]) =>
    ask<RunsAnswer>(["codepipeline", "list-pipeline-executions", "--pipeline-name", name, "--max-items", ...more]);
  let pipeline: PipelineAnswer;
  try {
    pipeline = await ask<PipelineAnswer>(["codepipeline", "get-pipeline", "--name", name]);
  } catch (error) {
    if (error instanceof AwsProblem && error.kind === "not-found") return undefined;
    throw error;
  }
  const [state, recent] = await Promise.all([
    ask<StateAnswer>(["codepipeline", "get-pipeline-state", "--name", name]),
    runs(runsBack),
  ]);
  const known = new Set((recent.pipelineExecutionSummaries ?? []).map((run) => run.pipelineExecutionId));
  const unclear = wanted.stages.filter(({ name: stage, environment }) => {
    const latest = state.stageStates?.find(({ stageName }) => stageName === stage)?.latestExecution;
    if (environment === undefined || latest === undefined) return false;
    return latest.status !== "Succeeded" || !known.has(latest.pipelineExecutionId);
  });
  const passed = await Promise.all(
    unclear.map(async ({ name: stage }): Promise<[string, RunSummary][]> => {
      const answer = await runs("1", "--filter", JSON.stringify({ succeededInStage: { stageName: stage } }));
      const [last] = answer.pipelineExecutionSummaries ?? [];
      return last ? [[stage, last]] : [];
    }),
  );
  return statusOf(wanted, { pipeline, state, runs: recent, passed: new Map(passed.flat()) });
}

/** Connections made before the service was renamed are known by its old name. Not to know is no error. */
async function lookAtConnection(arn: string, ask: Ask): Promise<LiveConnection> {
  const place = placeOfArn(arn);
  const console = place && connectionsPage(place);
  const service = arn.split(":")[2] === "codestar-connections" ? "codestar-connections" : "codeconnections";
  try {
    const { Connection } = await ask<ConnectionAnswer>([service, "get-connection", "--connection-arn", arn]);
    return { arn, status: Connection?.ConnectionStatus, unknown: undefined, console };
  } catch (error) {
    if (!(error instanceof AwsProblem)) throw error;
    return { arn, status: undefined, unknown: error.message, console };
  }
}

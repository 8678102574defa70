/** The table, the function that keeps it, and the rule that tells it what has passed. */

import type { Resource, Statement } from "../infrastructure.ts";
import { namesIn, ruleName } from "../observability.ts";
import type { WriteOptions } from "../options.ts";
import type { LineStages } from "../stages.ts";
import { arnOf, localArn, nameOf, type Text, text } from "../text.ts";
import { handedBucketId, handedBuckets } from "./artifacts.ts";
import { handOverRuntime, handOverSource } from "./function.ts";
import { handOverId, handOverLogs, handOverRole, handOverTable } from "./ids.ts";
import { handOverPlan } from "./plan.ts";

export function handOverResources(
  lines: readonly LineStages[],
  { delivery, bucket, options }: { delivery: string; bucket: string; options: WriteOptions },
): Resource[] {
  const plan = handOverPlan(lines, options);
  const name = `${delivery}-hand-over`;
  const codepipelines = lines.map(({ line }) => localArn("codepipeline", line.name));
  const awaited = lines.filter((one) =>
    lines.some((other) => other.line.branch === one.line.branch && needs(other, one.line.pipelines[0]!.name)),
  );
  const consumers = lines.filter(({ line }) => line.pipelines[0]!.needs.length > 0);
  const buckets = handedBuckets(lines.flatMap(({ places }) => places));
  const statements: Statement[] = [
    {
      sid: "KeepTheBooks",
      actions: ["GetItem", "PutItem", "DeleteItem", "Query"].map((one) => `dynamodb:${one}`),
      resources: [[arnOf(handOverTable)]],
    },
    { sid: "ReadSources", actions: ["s3:GetObject", "s3:GetObjectVersion"], resources: [text`${arnOf(bucket)}/*`] },
    ...(buckets.length > 0
      ? [{ sid: "HandArtifactsOver", actions: ["s3:PutObject"], resources: [text`${arnOf(handedBucketId)}/*`] }]
      : []),
    {
      sid: "Answer",
      actions: ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"],
      // The service knows no resources for these.
      resources: ["*"],
    },
    {
      sid: "LookAtRuns",
      actions: [
        "codepipeline:GetPipelineExecution",
        // Whether an alarm takes back what is there.
        ...(Object.keys(plan.watched).length > 0
          ? ["codepipeline:GetPipelineState", "codepipeline:ListRuleExecutions"]
          : []),
      ],
      resources: codepipelines,
    },
    ...(consumers.length > 0
      ? [
          {
            sid: "Start",
            actions: ["codepipeline:StartPipelineExecution"],
            resources: consumers.map(({ line }): Text => localArn("codepipeline", line.name)),
          },
        ]
      : []),
    {
      sid: "Log",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [localArn("logs", `log-group:/aws/lambda/${name}:*`)],
    },
  ];
  const stages = Object.keys(plan.environments);
  return [
    {
      kind: "table",
      id: handOverTable,
      comment: ["Who is at work in which environment, what each holds, and what has been proven where."],
      name,
    },
    ...buckets,
    { kind: "role", id: handOverRole, comment: [], service: "lambda.amazonaws.com", statements },
    { kind: "logs", id: handOverLogs, comment: [], name: `/aws/lambda/${name}`, retentionDays: 90 },
    {
      kind: "function",
      id: handOverId,
      comment: ["Hands environments on from pipeline to pipeline: one at a time, and each after those that it needs."],
      name,
      description: "Hands environments on from pipeline to pipeline",
      file: "hand-over.py",
      // A source of some hundred megabytes is unpacked in it.
      timeoutSeconds: 300,
      memoryMb: 1024,
      role: handOverRole,
      logs: handOverLogs,
      runtime: handOverRuntime,
      source: handOverSource(plan),
      variables: {
        TABLE: [nameOf(handOverTable)],
        ...(buckets.length > 0 && { HANDED: [nameOf(handedBucketId)] }),
      },
    },
    ...(awaited.length > 0
      ? [
          {
            kind: "rule" as const,
            id: "StagePassed",
            comment: [],
            name: ruleName(delivery, "StagePassed"),
            description: "Starts the pipelines that need what a stage has deployed",
            pattern: {
              source: ["aws.codepipeline"],
              "detail-type": ["CodePipeline Stage Execution State Change"],
              detail: {
                pipeline: namesIn(
                  awaited.map(({ line }) => line.name),
                  delivery,
                ),
                stage: stages,
                state: ["SUCCEEDED"],
              },
            },
            target: { kind: "function" as const, id: handOverId },
          },
        ]
      : []),
  ];
}

const needs = ({ line }: LineStages, name: string) => line.pipelines[0]!.needs.includes(name);

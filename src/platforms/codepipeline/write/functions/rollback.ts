/** The function that puts the last run that went well back, where a deployment failed or an alarm rings after it. */

import { namesIn, ruleName } from "../events.ts";
import type { EventRule, Resource, Statement } from "../infrastructure.ts";
import type { Settings } from "../options.ts";
import type { LineStages } from "../stages.ts";
import { localArn } from "../text.ts";
import { isChatting, toldTopics, toldVariables } from "./chat.ts";
import { functionProgram, variableOf } from "./function-program.ts";
import { functionResources, gaveUp } from "./function-resources.ts";
import type { Plan } from "./program/rollback.cjs";

interface Observed {
  readonly delivery: string;
  readonly settings: Settings;
  readonly lines: readonly LineStages[];
}

const id = "Rollback";

export const rollbackProgram = (plan: Plan, { chats = false } = {}): string =>
  functionProgram({
    folder: new URL("./program/", import.meta.url),
    files: ["rollback.cjs"],
    chats,
    clients: { codepipeline: "CodePipelineClient", sns: "SNSClient" },
    plan,
    settings: { topic: variableOf("TOPIC"), say: "console.log" },
  });

export function rollbackResources({ delivery, settings, lines }: Observed): Resource[] {
  const plan = planOf(lines, settings);
  const places = Object.entries(plan.stages).flatMap(([name, stages]) => stages.map((stage) => `${name}/${stage}`));
  const statements: Statement[] = [
    {
      sid: "LookAtRuns",
      actions: [
        "codepipeline:GetPipeline",
        "codepipeline:GetPipelineState",
        "codepipeline:GetPipelineExecution",
        "codepipeline:ListPipelineExecutions",
      ],
      resources: Object.keys(plan.stages).map((name) => localArn("codepipeline", name)),
    },
    {
      sid: "RollBack",
      actions: ["codepipeline:RollbackStage"],
      resources: places.map((place) => localArn("codepipeline", place)),
    },
    { sid: "Tell", actions: ["sns:Publish"], resources: toldTopics(settings) },
  ];
  const heard = (ruleId: string, description: string, pattern: EventRule["pattern"]): EventRule => ({
    kind: "rule",
    id: ruleId,
    name: ruleName(delivery, ruleId),
    comment: [],
    description,
    pattern,
    target: { kind: "function", id },
  });
  const alarms = Object.keys(plan.alarms);
  return [
    ...functionResources({
      id,
      name: `${delivery}-rollback`,
      comment: ["Puts the last run that went well back where a deployment failed."],
      description: "Puts the last run that went well back where a deployment failed",
      file: "rollback.js",
      timeoutSeconds: 60,
      memoryMb: 256,
      statements,
      source: rollbackProgram(plan, { chats: isChatting(settings) }),
      variables: toldVariables(settings),
    }),
    heard("DeploymentFailed", "Rolls an environment back when its deployment failed", {
      source: ["aws.codepipeline"],
      "detail-type": ["CodePipeline Stage Execution State Change"],
      detail: {
        pipeline: namesIn(Object.keys(plan.stages), delivery),
        stage: [...new Set(Object.values(plan.stages).flat())],
        state: ["FAILED"],
      },
    }),
    ...(alarms.length === 0
      ? []
      : [
          heard("AlarmRings", "Rolls an environment back when one of its alarms rings", {
            source: ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            detail: { alarmName: alarms, state: { value: ["ALARM"] } },
          }),
        ]),
    gaveUp("RollbackBroken", {
      delivery,
      of: id,
      description: "The function that rolls back failed at every attempt: see its log",
    }),
  ];
}

function planOf(lines: readonly LineStages[], { alarms, watchMinutes }: Settings): Plan {
  const stages = lines.map(({ line, stages: own }): [string, string[]] => {
    const names = new Set(own.map(({ name }) => name));
    return [line.name, line.environments.flatMap(({ name }) => (names.has(name) ? name : []))];
  });
  const watched = stages.flatMap(([pipeline, environments]) =>
    environments.flatMap((environment) =>
      (Object.hasOwn(alarms, environment) ? alarms[environment]! : []).map((alarm) => ({
        alarm,
        at: [pipeline, environment] as const,
      })),
    ),
  );
  const byAlarm = Object.entries(Object.groupBy(watched, ({ alarm }) => alarm));
  return {
    stages: Object.fromEntries(stages),
    alarms: Object.fromEntries(byAlarm.map(([alarm, found]) => [alarm, found!.map(({ at }) => at)])),
    watchMinutes,
  };
}

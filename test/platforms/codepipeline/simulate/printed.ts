/** Random pipelines written down as people would, to be read again: in CloudFormation and in Terraform's JSON. */

import type {
  SimulatedAction,
  SimulatedPipeline,
  SimulatedStage,
  StageCondition,
  StateStart,
} from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";

/** Keys without a value are not written. */
function given(plan: object): object {
  return Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined));
}

/** The stage that every printed pipeline begins with, so that a push can start it. */
export const firstStage = "Origin";

function origin({ starts }: SimulatedPipeline): SimulatedAction & { readonly detects: boolean } {
  const source = { branch: [{ kind: "text", text: "main" } as const] };
  const detects = starts.some(({ kind }) => kind === "push");
  return {
    ...{ name: "git", runOrder: 1, source, inputs: [], namedOnly: [], outputs: ["code"] },
    ...{ namespace: undefined, startsPipelines: [], detects },
  };
}

function typeOf({ source, startsPipelines }: SimulatedAction): { category: string; provider: string } {
  if (source) return { category: "Source", provider: "CodeStarSourceConnection" };
  if (startsPipelines.length > 0) return { category: "Invoke", provider: "CodePipeline" };
  return { category: "Build", provider: "CodeBuild" };
}

function configurationOf(action: SimulatedAction & { readonly detects?: boolean }): Record<string, string> {
  if (action.source) {
    return { FullRepositoryId: "a/shop", BranchName: "main", DetectChanges: `${action.detects ?? false}` };
  }
  const [started] = action.startsPipelines;
  return started === undefined ? { ProjectName: "elsewhere" } : { PipelineName: started };
}

function configurationOfRule({ check }: StageCondition["rules"][number]): Record<string, string> {
  return check
    ? { Variable: check.variable, Operator: check.operator, Value: check.value }
    : { AlarmName: "errors", WaitTime: "5" };
}

const levels = { pipeline: "Pipeline", stage: "Stage", action: "Action" } as const;

function patternOf({ level, pipelines, stages, actions, states }: StateStart): object {
  return {
    source: ["aws.codepipeline"],
    "detail-type": [`CodePipeline ${levels[level]} Execution State Change`],
    detail: given({ pipeline: pipelines, stage: stages, action: actions, state: states }),
  };
}

export function asTemplate(pipelines: readonly SimulatedPipeline[]): string {
  const Resources: Record<string, object> = {};
  for (const pipeline of pipelines) {
    Resources[pipeline.name] = { Type: "AWS::CodePipeline::Pipeline", Properties: properties(pipeline) };
    const Arn = { "Fn::Sub": `arn:aws:codepipeline:\${AWS::Region}:\${AWS::AccountId}:\${${pipeline.name}}` };
    pipeline.starts.forEach((start, i) => {
      if (start.kind !== "state" && start.kind !== "schedule") return;
      const when = start.kind === "state" ? { EventPattern: patternOf(start) } : { ScheduleExpression: "rate(1 day)" };
      const Properties = { ...when, Targets: [{ Id: "pipeline", Arn }] };
      Resources[`${pipeline.name}Rule${i}`] = { Type: "AWS::Events::Rule", Properties };
    });
  }
  return JSON.stringify({ Resources }, undefined, 1);
}

function properties(pipeline: SimulatedPipeline): object {
  const named = (names: readonly (string | undefined)[]) => names.map((Name) => ({ Name }));
  const action = (one: SimulatedAction) => ({
    Name: one.name,
    ActionTypeId: { Category: typeOf(one).category, Owner: "AWS", Provider: typeOf(one).provider, Version: "1" },
    RunOrder: one.runOrder,
    Configuration: configurationOf(one),
    ...given({ Namespace: one.namespace }),
    InputArtifacts: named(one.inputs),
    OutputArtifacts: named(one.outputs),
  });
  const condition = (one: StageCondition) => ({
    Conditions: [
      {
        Result: one.result,
        Rules: one.rules.map((rule) => ({
          Name: rule.name,
          RuleTypeId: { Category: "Rule", Owner: "AWS", Provider: rule.provider, Version: "1" },
          Configuration: configurationOfRule(rule),
        })),
      },
    ],
  });
  const stage = ({ name, actions, beforeEntry, onSuccess, onFailure }: SimulatedStage) => ({
    Name: name,
    Actions: actions.map(action),
    ...(beforeEntry && { BeforeEntry: condition(beforeEntry) }),
    ...(onSuccess && { OnSuccess: condition(onSuccess) }),
    ...(onFailure && {
      OnFailure: {
        Result: onFailure.result,
        RetryConfiguration: { RetryMode: onFailure.retry },
        ...(onFailure.condition && condition(onFailure.condition)),
      },
    }),
  });
  return {
    Name: pipeline.id,
    PipelineType: "V2",
    ExecutionMode: pipeline.executionMode,
    Variables: Object.entries(pipeline.variables).map(([Name, DefaultValue]) => ({ Name, DefaultValue })),
    Stages: [{ name: firstStage, actions: [origin(pipeline)] }, ...pipeline.stages].map(stage),
  };
}

export function asTerraform(pipelines: readonly SimulatedPipeline[]): string {
  const resource: Record<string, Record<string, object>> = {
    aws_codepipeline: {},
    aws_cloudwatch_event_rule: {},
    aws_cloudwatch_event_target: {},
  };
  for (const pipeline of pipelines) {
    resource.aws_codepipeline![pipeline.name] = block(pipeline);
    pipeline.starts.forEach((start, i) => {
      if (start.kind !== "state" && start.kind !== "schedule") return;
      const name = `${pipeline.name}_${i}`;
      resource.aws_cloudwatch_event_rule![name] =
        start.kind === "state"
          ? { name, event_pattern: JSON.stringify(patternOf(start)) }
          : { name, schedule_expression: "rate(1 day)" };
      resource.aws_cloudwatch_event_target![name] = {
        rule: `\${aws_cloudwatch_event_rule.${name}.name}`,
        arn: `\${aws_codepipeline.${pipeline.name}.arn}`,
      };
    });
  }
  return JSON.stringify({ resource }, undefined, 1);
}

function block(pipeline: SimulatedPipeline): object {
  const action = (one: SimulatedAction) => ({
    name: one.name,
    ...typeOf(one),
    owner: "AWS",
    version: "1",
    run_order: one.runOrder,
    configuration: configurationOf(one),
    ...given({ namespace: one.namespace }),
    input_artifacts: one.inputs,
    output_artifacts: one.outputs,
  });
  const condition = (one: StageCondition) => ({
    condition: [
      {
        result: one.result,
        rule: one.rules.map((rule) => ({
          name: rule.name,
          rule_type_id: [{ category: "Rule", owner: "AWS", provider: rule.provider, version: "1" }],
          configuration: configurationOfRule(rule),
        })),
      },
    ],
  });
  const stage = ({ name, actions, beforeEntry, onSuccess, onFailure }: SimulatedStage) => ({
    name,
    action: actions.map(action),
    ...(beforeEntry && { before_entry: [condition(beforeEntry)] }),
    ...(onSuccess && { on_success: [condition(onSuccess)] }),
    ...(onFailure && {
      on_failure: [
        {
          result: onFailure.result,
          retry_configuration: [{ retry_mode: onFailure.retry }],
          ...(onFailure.condition && condition(onFailure.condition)),
        },
      ],
    }),
  });
  return {
    name: pipeline.id,
    pipeline_type: "V2",
    execution_mode: pipeline.executionMode,
    variable: Object.entries(pipeline.variables).map(([name, default_value]) => ({ name, default_value })),
    stage: [{ name: firstStage, actions: [origin(pipeline)] }, ...pipeline.stages].map(stage),
  };
}

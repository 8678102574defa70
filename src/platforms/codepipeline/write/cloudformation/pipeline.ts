import type { Action, Dashboard, PipelineResource, Stage, Store, Trigger } from "../infrastructure.ts";
import { shortened } from "../observability.ts";
import { alarmRule, entryRule } from "../stage-rules.ts";
import { arnOf, nameOf, region, type Text, text } from "../text.ts";
import type { References } from "./intrinsic.ts";

export function pipelineProperties(pipeline: PipelineResource, references: References): Record<string, unknown> {
  const value = (one: Text) => references.value(one);
  return {
    Name: pipeline.name,
    PipelineType: "V2",
    ExecutionMode: pipeline.executionMode,
    RoleArn: value([arnOf(pipeline.role)]),
    ...storesOf(pipeline, references),
    ...(pipeline.variables.length > 0 && {
      Variables: pipeline.variables.map(({ name, default: preset, description }) => ({
        Name: name,
        Description: description,
        ...(preset !== undefined && { DefaultValue: preset }),
      })),
    }),
    ...(pipeline.triggers.length > 0 && { Triggers: pipeline.triggers.map(triggerOf) }),
    Stages: pipeline.stages.map((stage) => stageOf(stage, references)),
  };
}

const triggerOf = ({ source, on, branches, tags, paths }: Trigger) => ({
  ProviderType: "CodeStarSourceConnection",
  GitConfiguration: {
    SourceActionName: source,
    [on === "push" ? "Push" : "PullRequest"]: [
      {
        ...(on !== "push" && { Events: on }),
        ...(tags.length > 0 && { Tags: { Includes: tags } }),
        ...(branches.length > 0 && { Branches: { Includes: branches } }),
        ...(paths.length > 0 && { FilePaths: { Includes: paths } }),
      },
    ],
  },
});

function storesOf({ bucket, key, stores }: PipelineResource, references: References): object {
  const store = ({ bucket, key }: Pick<Store, "bucket" | "key">) => ({
    Type: "S3",
    Location: references.value(bucket),
    ...(key !== undefined && { EncryptionKey: { Type: "KMS", Id: references.value(key) } }),
  });
  if (stores.length === 0)
    return { ArtifactStore: store({ bucket: [nameOf(bucket)], key: key === undefined ? undefined : [arnOf(key)] }) };
  return { ArtifactStores: stores.map((one) => ({ Region: one.region, ArtifactStore: store(one) })) };
}

function stageOf({ name, entry, actions, onFailure, alarms }: Stage, references: References): object {
  return {
    Name: name,
    ...(entry && {
      BeforeEntry: {
        Conditions: [
          {
            Result: "SKIP",
            Rules: [
              {
                Name: entryRule.name,
                RuleTypeId: { Category: "Rule", Owner: "AWS", Provider: entryRule.provider, Version: "1" },
                Configuration: entryRule.configuration(entry),
              },
            ],
          },
        ],
      },
    }),
    Actions: actions.map((action) => actionOf(action, references)),
    ...(onFailure && { OnFailure: { Result: onFailure } }),
    ...(alarms && {
      OnSuccess: {
        Conditions: [
          {
            Result: "ROLLBACK",
            Rules: alarms.names.map((alarm, index) => ({
              Name: `${alarmRule.name}${index + 1}`,
              RuleTypeId: { Category: "Rule", Owner: "AWS", Provider: alarmRule.provider, Version: "1" },
              Configuration: alarmRule.configuration({ alarm, minutes: alarms.minutes }),
            })),
          },
        ],
      },
    }),
  };
}

function actionOf(action: Action, references: References): object {
  const names = (list: readonly string[]) => list.map((Name) => ({ Name }));
  return {
    Name: action.name,
    ActionTypeId: { Category: action.category, Owner: "AWS", Provider: action.provider, Version: "1" },
    RunOrder: action.runOrder,
    ...(action.role !== undefined && { RoleArn: action.role }),
    ...(action.region !== undefined && { Region: action.region }),
    ...(action.namespace !== undefined && { Namespace: action.namespace }),
    Configuration: Object.fromEntries(
      Object.entries(action.configuration).map(([key, one]) => [key, references.value(one)]),
    ),
    ...(action.inputs.length > 0 && { InputArtifacts: names(action.inputs) }),
    ...(action.outputs.length > 0 && { OutputArtifacts: names(action.outputs) }),
    ...(action.timeoutMinutes !== undefined && { TimeoutInMinutes: action.timeoutMinutes }),
  };
}

/** One widget below the other, in the pipelines' region. */
export function dashboardBody({ widgets }: Dashboard): Text {
  const mark = "\u0000region\u0000";
  const body = JSON.stringify({
    widgets: widgets.map(({ title, metrics, statistic }, index) => ({
      type: "metric",
      x: 0,
      y: index * 6,
      width: 24,
      height: 6,
      properties: {
        title,
        region: mark,
        view: "timeSeries",
        stat: statistic,
        period: 86_400,
        metrics: shortened(metrics),
      },
    })),
  });
  return body
    .split(JSON.stringify(mark).slice(1, -1))
    .reduce<Text>((whole, piece, index) => (index === 0 ? piece : text`${whole}${region}${piece}`), "");
}

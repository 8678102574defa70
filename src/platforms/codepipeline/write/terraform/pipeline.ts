import type { Action, PipelineResource, Stage } from "../infrastructure.ts";
import { alarmRule, entryRule } from "../stage-rules.ts";
import { arnOf, nameOf } from "../text.ts";
import { type Block, Expression, resource } from "./hcl.ts";
import { snakeCase, type TerraformValues } from "./values.ts";

export function pipelineBlock(pipeline: PipelineResource, values: TerraformValues): Block {
  return resource("aws_codepipeline", snakeCase(pipeline.id), {
    comment: pipeline.comment,
    attributes: {
      name: pipeline.name,
      pipeline_type: "V2",
      execution_mode: pipeline.executionMode,
      role_arn: values.text([arnOf(pipeline.role)]),
      tags: new Expression("local.tags"),
      // Builds wait for the policies of their own roles, stacks do so here.
      depends_on: values.policiesOf([pipeline.role, ...rolesGiven(pipeline)]),
    },
    blocks: [
      ...storeBlocks(pipeline, values),
      ...pipeline.variables.map(({ name, default: preset, description }) => ({
        type: "variable",
        attributes: { name, description, default_value: preset },
      })),
      ...pipeline.triggers.map(({ source, on, branches, tags, paths }) => ({
        type: "trigger",
        attributes: { provider_type: "CodeStarSourceConnection" },
        blocks: [
          {
            type: "git_configuration",
            attributes: { source_action_name: source },
            blocks: [
              {
                type: on === "push" ? "push" : "pull_request",
                attributes: { events: on === "push" ? undefined : [...on] },
                blocks: [
                  ...(tags.length > 0 ? [{ type: "tags", attributes: { includes: [...tags] } }] : []),
                  ...(branches.length > 0 ? [{ type: "branches", attributes: { includes: [...branches] } }] : []),
                  ...(paths.length > 0 ? [{ type: "file_paths", attributes: { includes: [...paths] } }] : []),
                ],
              },
            ],
          },
        ],
      })),
      ...pipeline.stages.map((stage) => stageBlock(stage, values)),
    ],
  });
}

/** Roles that actions hand to the service that acts. */
function rolesGiven({ stages }: PipelineResource): string[] {
  const texts = stages.flatMap(({ actions }) => actions.flatMap(({ configuration }) => Object.values(configuration)));
  return texts
    .flatMap((text) => (typeof text === "string" ? [] : text))
    .flatMap((part) => (typeof part === "object" && "of" in part ? [part.of] : []));
}

function storeBlocks({ bucket, key, stores }: PipelineResource, values: TerraformValues): Block[] {
  const only = { region: undefined, bucket: [nameOf(bucket)], key: key === undefined ? undefined : [arnOf(key)] };
  return (stores.length === 0 ? [only] : stores).map((store) => ({
    type: "artifact_store",
    attributes: { type: "S3", location: values.text(store.bucket), region: store.region },
    ...(store.key !== undefined && {
      blocks: [{ type: "encryption_key", attributes: { type: "KMS", id: values.text(store.key) } }],
    }),
  }));
}

function stageBlock({ name, comment, entry, actions, onFailure, alarms }: Stage, values: TerraformValues): Block {
  return {
    type: "stage",
    comment,
    attributes: { name },
    blocks: [
      ...(entry ? [entryBlock(entry)] : []),
      ...actions.map((action) => actionBlock(action, values)),
      ...(onFailure ? [{ type: "on_failure", attributes: { result: onFailure } }] : []),
      ...(alarms
        ? [
            {
              type: "on_success",
              blocks: [
                {
                  type: "condition",
                  attributes: { result: "ROLLBACK" },
                  blocks: alarms.names.map((alarm, index) => ({
                    type: "rule",
                    attributes: {
                      name: `${alarmRule.name}${index + 1}`,
                      configuration: alarmRule.configuration({ alarm, minutes: alarms.minutes }),
                    },
                    blocks: [
                      {
                        type: "rule_type_id",
                        attributes: { category: "Rule", owner: "AWS", provider: alarmRule.provider, version: "1" },
                      },
                    ],
                  })),
                },
              ],
            },
          ]
        : []),
    ],
  };
}

function entryBlock(entry: NonNullable<Stage["entry"]>): Block {
  return {
    type: "before_entry",
    blocks: [
      {
        type: "condition",
        attributes: { result: "SKIP" },
        blocks: [
          {
            type: "rule",
            attributes: {
              name: entryRule.name,
              configuration: entryRule.configuration(entry),
            },
            blocks: [
              {
                type: "rule_type_id",
                attributes: { category: "Rule", owner: "AWS", provider: entryRule.provider, version: "1" },
              },
            ],
          },
        ],
      },
    ],
  };
}

function actionBlock(action: Action, values: TerraformValues): Block {
  return {
    type: "action",
    attributes: {
      name: action.name,
      category: action.category,
      owner: "AWS",
      provider: action.provider,
      version: "1",
      run_order: action.runOrder,
      role_arn: action.role,
      region: action.region,
      namespace: action.namespace,
      input_artifacts: action.inputs.length > 0 ? [...action.inputs] : undefined,
      output_artifacts: action.outputs.length > 0 ? [...action.outputs] : undefined,
      timeout_in_minutes: action.timeoutMinutes,
      configuration: Object.fromEntries(
        Object.entries(action.configuration).map(([key, one]) => [key, values.json(one)]),
      ),
    },
  };
}

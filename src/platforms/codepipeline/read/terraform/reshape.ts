/** `aws_codepipeline` in the shape of the service's own JSON, so that one reader reads both. Places are kept. */

import { child, entriesOf, type MapEntry, type Node } from "../tree/node.ts";
import { asList } from "./configuration.ts";

type Rename = readonly (readonly [from: string, to: string])[];

const typeId: Rename = [
  ["category", "category"],
  ["owner", "owner"],
  ["provider", "provider"],
  ["version", "version"],
];

/** The pipeline that an `aws_codepipeline` block describes. */
export function pipelineOf(block: Node): Node {
  return map(block, [
    ...renamed(block, [
      ["name", "name"],
      ["role_arn", "roleArn"],
      ["execution_mode", "executionMode"],
      ["pipeline_type", "pipelineType"],
    ]),
    ...listed(block, "artifact_store", "artifactStores", (store) =>
      map(
        store,
        renamed(store, [
          ["location", "location"],
          ["region", "region"],
        ]),
      ),
    ),
    ...listed(block, "stage", "stages", stageOf),
    ...listed(block, "trigger", "triggers", triggerOf),
    ...listed(block, "variable", "variables", (variable) =>
      map(
        variable,
        renamed(variable, [
          ["name", "name"],
          ["default_value", "defaultValue"],
          ["description", "description"],
        ]),
      ),
    ),
  ]);
}

function stageOf(block: Node): Node {
  return map(block, [
    ...renamed(block, [["name", "name"]]),
    ...listed(block, "action", "actions", actionOf),
    ...single(block, "before_entry", "beforeEntry", conditionsOf),
    ...single(block, "on_success", "onSuccess", conditionsOf),
    ...single(block, "on_failure", "onFailure", (failure) =>
      map(failure, [
        ...renamed(failure, [["result", "result"]]),
        ...single(failure, "retry_configuration", "retryConfiguration", (retry) =>
          map(retry, renamed(retry, [["retry_mode", "retryMode"]])),
        ),
        ...entriesOf(conditionsOf(failure)),
      ]),
    ),
  ]);
}

function conditionsOf(block: Node): Node {
  return map(
    block,
    listed(block, "condition", "conditions", (condition) =>
      map(condition, [...renamed(condition, [["result", "result"]]), ...listed(condition, "rule", "rules", ruleOf)]),
    ),
  );
}

function ruleOf(block: Node): Node {
  return map(block, [
    ...renamed(block, [
      ["name", "name"],
      ["input_artifacts", "inputArtifacts"],
      ["commands", "commands"],
      ["region", "region"],
      ["role_arn", "roleArn"],
      ["timeout_in_minutes", "timeoutInMinutes"],
    ]),
    ...single(block, "rule_type_id", "ruleTypeId", (type) => map(type, renamed(type, typeId))),
    ...configurationOf(block),
  ]);
}

function actionOf(block: Node): Node {
  return map(block, [
    ...renamed(block, [
      ["name", "name"],
      ["run_order", "runOrder"],
      ["input_artifacts", "inputArtifacts"],
      ["output_artifacts", "outputArtifacts"],
      ["namespace", "namespace"],
      ["role_arn", "roleArn"],
      ["region", "region"],
      ["timeout_in_minutes", "timeoutInMinutes"],
    ]),
    { key: "actionTypeId", keyAt: block.at, value: map(block, renamed(block, typeId)) },
    ...configurationOf(block),
  ]);
}

/** Until Terraform 0.12 it could be written as a block. */
function configurationOf(block: Node): MapEntry[] {
  const [value] = asList(child(block, "configuration"));
  return value ? [{ key: "configuration", keyAt: value.at, value: withoutNulls(value) }] : [];
}

function triggerOf(block: Node): Node {
  return map(
    block,
    single(block, "git_configuration", "gitConfiguration", (git) =>
      map(git, [
        ...renamed(git, [["source_action_name", "sourceActionName"]]),
        ...listed(git, "push", "push", (push) =>
          map(push, [...single(push, "tags", "tags", same), ...filtersOf(push)]),
        ),
        ...listed(git, "pull_request", "pullRequest", (request) =>
          map(request, [...renamed(request, [["events", "events"]]), ...filtersOf(request)]),
        ),
      ]),
    ),
  );
}

function filtersOf(block: Node): MapEntry[] {
  return [...single(block, "branches", "branches", same), ...single(block, "file_paths", "filePaths", same)];
}

function same(node: Node): Node {
  return node;
}

function map(holder: Node, entries: readonly MapEntry[]): Node {
  return { kind: "map", entries, at: holder.at };
}

/** Plans write null for what is not set. */
function renamed(node: Node, names: Rename): MapEntry[] {
  return names.flatMap(([from, to]) => {
    const found = entriesOf(node).find(({ key }) => key === from);
    return found && !isNull(found.value) ? [{ ...found, key: to }] : [];
  });
}

/** A block of which there is one at most. */
function single(node: Node, from: string, to: string, reshape: (block: Node) => Node): MapEntry[] {
  const [block] = asList(child(node, from));
  return block && !isNull(block) ? [{ key: to, keyAt: block.at, value: reshape(block) }] : [];
}

function listed(node: Node, from: string, to: string, reshape: (item: Node) => Node): MapEntry[] {
  const value = child(node, from);
  if (!value || isNull(value)) return [];
  // What it is made of only a deployment knows.
  if (value.kind === "scalar") return [{ key: to, keyAt: value.at, value }];
  const items = asList(value).map(reshape);
  const partial = value.kind === "list" && value.partial ? ({ partial: true } as const) : {};
  // Plans write an empty list for what is not set.
  if (items.length === 0 && !partial.partial) return [];
  return [{ key: to, keyAt: value.at, value: { kind: "list", items, at: value.at, ...partial } }];
}

function withoutNulls(node: Node): Node {
  if (node.kind !== "map") return node;
  return { ...node, entries: node.entries.filter(({ value }) => !isNull(value)) };
}

function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

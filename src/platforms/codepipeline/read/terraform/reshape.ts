/** `aws_codepipeline` in the shape of the service's own JSON, so that one reader reads both. Places are kept. */

import { child, type Entry, entriesOf, type Node } from "../tree/node.ts";
import { asList } from "./configuration.ts";

/** A list that a loop makes: the reader takes any expression for one. */
const MADE_LATER = ["$", "{dynamic}"].join("");

type Rename = readonly (readonly [from: string, to: string])[];

const triggerFields: Rename = [
  ["branches", "branches"],
  ["tags", "tags"],
  ["file_paths", "filePaths"],
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
      map(store, renamed(store, [["location", "location"]])),
    ),
    ...listed(block, "stage", "stages", stageOf),
    ...listed(block, "trigger", "triggers", triggerOf),
    ...listed(block, "variable", "variables", (variable) =>
      map(
        variable,
        renamed(variable, [
          ["name", "name"],
          ["default_value", "defaultValue"],
        ]),
      ),
    ),
  ]);
}

function stageOf(block: Node): Node {
  return map(block, [
    ...renamed(block, [["name", "name"]]),
    ...listed(block, "action", "actions", actionOf),
    ...conditioned(block, "before_entry", "beforeEntry"),
    ...conditioned(block, "on_success", "onSuccess"),
    ...conditioned(block, "on_failure", "onFailure"),
  ]);
}

/** The conditions of a stage in one place. */
function conditioned(stage: Node, from: string, to: string): Entry[] {
  const value = child(stage, from);
  const [block] = value && !isNull(value) ? asList(value) : [];
  if (!block) return [];
  const retried = asList(child(block, "retry_configuration")).flatMap((retry) =>
    renamed(retry, [["retry_mode", "retryMode"]]).map((mode) => ({ ...mode, value: map(retry, [mode]) })),
  );
  const entries = [
    ...renamed(block, [["result", "result"]]),
    ...retried.map((retry) => ({ ...retry, key: "retryConfiguration" })),
    ...listed(block, "condition", "conditions", (condition) =>
      map(condition, [
        ...renamed(condition, [["result", "result"]]),
        ...listed(condition, "rule", "rules", (rule) => {
          const [type] = asList(child(rule, "rule_type_id"));
          return map(rule, [
            ...renamed(rule, [["name", "name"]]),
            ...(type ? [{ key: "ruleTypeId", keyAt: type.at, value: type }] : []),
            ...configured(rule),
          ]);
        }),
      ]),
    ),
  ];
  return [{ key: to, keyAt: block.at, value: map(block, entries) }];
}

function configured(block: Node): Entry[] {
  const configuration = child(block, "configuration");
  return configuration ? [{ key: "configuration", keyAt: configuration.at, value: withoutNulls(configuration) }] : [];
}

function actionOf(block: Node): Node {
  const type = map(
    block,
    renamed(block, [
      ["category", "category"],
      ["owner", "owner"],
      ["provider", "provider"],
      ["version", "version"],
    ]),
  );
  return map(block, [
    ...renamed(block, [
      ["name", "name"],
      ["run_order", "runOrder"],
      ["input_artifacts", "inputArtifacts"],
      ["output_artifacts", "outputArtifacts"],
      ["namespace", "namespace"],
      ["role_arn", "roleArn"],
      ["region", "region"],
    ]),
    { key: "actionTypeId", keyAt: block.at, value: type },
    ...configured(block),
  ]);
}

function triggerOf(block: Node): Node {
  const [git] = asList(child(block, "git_configuration"));
  if (!git) return map(block, []);
  const reshaped = map(git, [
    ...renamed(git, [["source_action_name", "sourceActionName"]]),
    ...listed(git, "push", "push", (push) => map(push, filtersOf(push))),
    ...listed(git, "pull_request", "pullRequest", (request) =>
      map(request, [...renamed(request, [["events", "events"]]), ...filtersOf(request)]),
    ),
  ]);
  return map(block, [{ key: "gitConfiguration", keyAt: git.at, value: reshaped }]);
}

function filtersOf(block: Node): Entry[] {
  return triggerFields.flatMap(([from, to]) => {
    const [first] = asList(child(block, from));
    return first ? [{ key: to, keyAt: first.at, value: first }] : [];
  });
}

function map(holder: Node, entries: readonly Entry[]): Node {
  return { kind: "map", entries, at: holder.at };
}

/** Plans write null for what is not set. */
function renamed(node: Node, names: Rename): Entry[] {
  return names.flatMap(([from, to]) => {
    const found = entriesOf(node).find(({ key }) => key === from);
    return found && !isNull(found.value) ? [{ ...found, key: to }] : [];
  });
}

function listed(node: Node, from: string, to: string, reshape: (item: Node) => Node): Entry[] {
  const value = child(node, from);
  const dynamic = child(node, "dynamic", from);
  if (dynamic) return [{ key: to, keyAt: dynamic.at, value: { kind: "scalar", value: MADE_LATER, at: dynamic.at } }];
  if (!value || isNull(value)) return [];
  const items = asList(value).map(reshape);
  return [{ key: to, keyAt: value.at, value: { kind: "list", items, at: value.at } }];
}

function withoutNulls(node: Node): Node {
  if (node.kind !== "map") return node;
  return map(
    node,
    node.entries.filter(({ value }) => !isNull(value)),
  );
}

function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

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
    ...listed(block, "variable", "variables", (variable) => variable),
  ]);
}

function stageOf(block: Node): Node {
  return map(block, [
    ...renamed(block, [
      ["name", "name"],
      ["before_entry", "beforeEntry"],
      ["on_success", "onSuccess"],
      ["on_failure", "onFailure"],
    ]),
    ...listed(block, "action", "actions", actionOf),
  ]);
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
  const configuration = child(block, "configuration");
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
    ...(configuration ? [{ key: "configuration", keyAt: configuration.at, value: withoutNulls(configuration) }] : []),
  ]);
}

function triggerOf(block: Node): Node {
  const [git] = asList(child(block, "git_configuration"));
  if (!git) return map(block, []);
  const reshaped = map(git, [
    ...renamed(git, [["source_action_name", "sourceActionName"]]),
    ...listed(git, "push", "push", (push) =>
      map(
        push,
        triggerFields.flatMap(([from, to]) => {
          const [first] = asList(child(push, from));
          return first ? [{ key: to, keyAt: first.at, value: first }] : [];
        }),
      ),
    ),
    ...listed(git, "pull_request", "pullRequest", (each) => each),
  ]);
  return map(block, [{ key: "gitConfiguration", keyAt: git.at, value: reshaped }]);
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

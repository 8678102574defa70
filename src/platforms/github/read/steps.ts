import type { Step } from "../workflow.ts";
import { booleanSetting, condition, numberSetting, placedText, template, templateMap } from "./fields.ts";
import { readUsedAction } from "./uses.ts";
import { child, type YamlNode } from "./yaml/node.ts";

/** Reads `steps` of a job or a composite action. */
export function readSteps(node: YamlNode | undefined): Step[] {
  return node?.kind === "sequence" ? node.items.map(readStep) : [];
}

function readStep(node: YamlNode, index: number): Step {
  const base = {
    index,
    id: placedText(child(node, "id")),
    name: template(child(node, "name")),
    if: condition(child(node, "if")),
    env: templateMap(child(node, "env")),
    continueOnError: booleanSetting(child(node, "continue-on-error")),
    timeoutMinutes: numberSetting(child(node, "timeout-minutes")),
    at: node.at,
  };
  const run = template(child(node, "run"));
  const uses = placedText(child(node, "uses"));
  if (run && !uses) {
    return {
      ...base,
      kind: "run",
      run,
      shell: template(child(node, "shell")),
      workingDirectory: template(child(node, "working-directory")),
    };
  }
  if (uses && !run)
    return { ...base, kind: "uses", uses: readUsedAction(uses), with: templateMap(child(node, "with")) };
  return { ...base, kind: "broken" };
}

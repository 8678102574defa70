import type { SourceFile } from "../../../findings/source.ts";
import type { LocalAction, Step, UsedAction, Workflow } from "../workflow.ts";
import { placedText, template } from "./fields.ts";
import { readSteps } from "./steps.ts";
import { child, scalarText, uniqueEntries, type YamlMap, type YamlNode } from "./yaml/node.ts";

/** Reads `action.yml` of the folder `path`. */
export function readAction({ path, source, root }: { path: string; source: SourceFile; root: YamlMap }): LocalAction {
  const runs = child(root, "runs");
  return {
    path,
    file: source.path,
    source,
    name: placedText(child(root, "name")),
    inputs: uniqueEntries(child(root, "inputs")).map(({ key, value }) => {
      const required = child(value, "required");
      return {
        name: { value: scalarText(key), at: key.at },
        required: required?.kind === "scalar" && scalarText(required) === "true",
        default: template(child(value, "default")),
      };
    }),
    outputs: uniqueEntries(child(root, "outputs")).flatMap(({ key, value }) => {
      const written = template(child(value, "value"));
      return written ? [{ key: { value: scalarText(key), at: key.at }, value: written }] : [];
    }),
    using: using(child(runs, "using")),
    steps: readSteps(child(runs, "steps")),
    at: root.at,
  };
}

function using(node: YamlNode | undefined): LocalAction["using"] {
  const text = placedText(node)?.value.toLowerCase() ?? "";
  if (text === "composite" || text === "docker") return text;
  return /^node\d+$/.test(text) ? "node" : "unknown";
}

/** Local actions that steps use, in order, with repetitions. */
export function usedLocalActions(steps: readonly Step[]): Extract<UsedAction, { kind: "local" }>[] {
  return steps.flatMap((step) => (step.kind === "uses" && step.uses.kind === "local" ? [step.uses] : []));
}

/** All steps of a workflow's jobs. */
export function stepsOf(workflow: Workflow): Step[] {
  return workflow.jobs.flatMap((job) => (job.kind === "steps" ? job.steps : []));
}

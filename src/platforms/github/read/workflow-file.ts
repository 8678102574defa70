import type { SourceFile } from "../../../findings/source.ts";
import type { Workflow } from "../workflow.ts";
import { concurrency, permissions, placedText, runDefaults, template, templateMap } from "./fields.ts";
import { readJobs } from "./jobs.ts";
import { readTriggers } from "./triggers.ts";
import { child, type YamlMap } from "./yaml/node.ts";

/** Reads a workflow from its parsed file. */
export function readWorkflow(source: SourceFile, root: YamlMap): Workflow {
  const name = placedText(child(root, "name"));
  return {
    file: source.path,
    source,
    name,
    displayName: name?.value || source.path,
    runName: template(child(root, "run-name")),
    triggers: readTriggers(child(root, "on")),
    permissions: permissions(child(root, "permissions")),
    env: templateMap(child(root, "env")),
    defaults: runDefaults(child(root, "defaults")),
    concurrency: concurrency(child(root, "concurrency")),
    jobs: readJobs(child(root, "jobs")),
    at: root.at,
  };
}

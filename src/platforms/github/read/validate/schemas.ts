import { JSONObjectReader } from "@actions/workflow-parser/templates/json-object-reader";
import { TemplateSchema } from "@actions/workflow-parser/templates/schema/index";
// The package exports neither its schemas nor, without a bundler, the modules that import them, so they are named by path.
import actionSchema from "../../../../../node_modules/@actions/workflow-parser/dist/action-v1.0.min.json" with {
  type: "json",
};
import workflowSchema from "../../../../../node_modules/@actions/workflow-parser/dist/workflow-v1.0.min.json" with {
  type: "json",
};

/** A grammar of GitHub's own parser and the definition in it that a file begins with. */
export interface FileSchema {
  readonly schema: TemplateSchema;
  readonly root: string;
}

let workflow: FileSchema | undefined;
let action: FileSchema | undefined;

function load(schema: unknown): TemplateSchema {
  return TemplateSchema.load(
    new JSONObjectReader(undefined, JSON.stringify(withoutDescriptions(schema, "definition"))),
  );
}

/** Half of a schema is texts for editors. Under `properties`, `description` is the name of a key and stays. */
function withoutDescriptions(node: unknown, role: "definition" | "properties"): unknown {
  if (typeof node !== "object" || node === null || Array.isArray(node)) return node;
  const kept = Object.entries(node).filter(([key]) => key !== "description" || role === "properties");
  return Object.fromEntries(
    kept.map(([key, value]) => [key, withoutDescriptions(value, key === "properties" ? "properties" : "definition")]),
  );
}

/** Loading takes some milliseconds, so each is loaded when the first file of its kind is read. */
export function workflowFileSchema(): FileSchema {
  workflow ??= { schema: load(workflowSchema), root: "workflow-root-strict" };
  return workflow;
}

export function actionFileSchema(): FileSchema {
  action ??= { schema: load(actionSchema), root: "action-root" };
  return action;
}

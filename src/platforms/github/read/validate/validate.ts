import { FeatureFlags } from "@actions/expressions/features";
import { convertJobs } from "@actions/workflow-parser/model/converter/jobs";
import { TemplateContext, TemplateValidationErrors } from "@actions/workflow-parser/templates/template-context";
import { readTemplate } from "@actions/workflow-parser/templates/template-reader";
import type { TokenRange } from "@actions/workflow-parser/templates/tokens/token-range";
import { isMapping } from "@actions/workflow-parser/templates/tokens/type-guards";
import { NoOperationTraceWriter } from "@actions/workflow-parser/templates/trace-writer";
import type { Finding } from "../../../../findings/finding.ts";
import type { SourceFile } from "../../../../findings/source.ts";
import { invalidWorkflow } from "../problems.ts";
import type { YamlNode } from "../yaml/node.ts";
import { actionFileSchema, type FileSchema, workflowFileSchema } from "./schemas.ts";
import { TreeReader } from "./tree-reader.ts";

/** GitHub stops after ten errors of a file. */
const MAX_ERRORS = 10;
const MAX_MESSAGE_LENGTH = 500;

/** GitHub's check of `needs` compares every job with every other. */
const MAX_JOBS_FOR_NEEDS = 1_000;

/** What GitHub's own parser says about a workflow file: unknown keys, wrong types, bad expressions, needs in a circle. */
export function validateWorkflow(source: SourceFile, root: YamlNode): Finding[] {
  return validate({ source, root, file: workflowFileSchema() });
}

/** The same for `action.yml`. */
export function validateAction(source: SourceFile, root: YamlNode): Finding[] {
  return validate({ source, root, file: actionFileSchema() });
}

function validate({ source, root, file }: { source: SourceFile; root: YamlNode; file: FileSchema }): Finding[] {
  const errors = new TemplateValidationErrors(MAX_ERRORS, MAX_MESSAGE_LENGTH);
  const context = new TemplateContext(errors, file.schema, new NoOperationTraceWriter());
  // What GitHub offers to some accounts only is not ours to refuse.
  context.state.featureFlags = new FeatureFlags({ all: true });
  const fileId = context.getFileId(source.path);
  const value = readTemplate(context, file.root, new TreeReader(fileId, root), fileId);
  if (errors.count === 0 && value && isMapping(value)) {
    const jobs = value.find("jobs");
    if (jobs && isMapping(jobs) && jobs.count <= MAX_JOBS_FOR_NEEDS) convertJobs(context, jobs);
  }
  return errors.getErrors().map(({ rawMessage, range }) => invalidWorkflow(rawMessage, locationIn(source, range)));
}

function locationIn(source: SourceFile, range: TokenRange | undefined) {
  if (!range) return { file: source.path, line: 1, column: 1 };
  const { start, end } = range;
  return {
    file: source.path,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
  };
}

import { FeatureFlags } from "@actions/expressions/features";
import { convertJobs } from "@actions/workflow-parser/model/converter/jobs";
import { TemplateContext, TemplateValidationErrors } from "@actions/workflow-parser/templates/template-context";
import { readTemplate } from "@actions/workflow-parser/templates/template-reader";
import type { MappingToken } from "@actions/workflow-parser/templates/tokens/mapping-token";
import { type TemplateToken, TemplateTokenError } from "@actions/workflow-parser/templates/tokens/template-token";
import type { TokenRange } from "@actions/workflow-parser/templates/tokens/token-range";
import { isMapping, isSequence, isString } from "@actions/workflow-parser/templates/tokens/type-guards";
import { NoOperationTraceWriter } from "@actions/workflow-parser/templates/trace-writer";
import type { Finding } from "../../../../findings/finding.ts";
import { type Location, lineStarts, lineText, locationOf, type SourceFile } from "../../../../findings/source.ts";
import { ignoredSetting, invalidWorkflow } from "../problems.ts";
import { child, scalarText, type YamlNode } from "../yaml/node.ts";
import { actionFileSchema, type FileSchema, workflowFileSchema } from "./schemas.ts";
import { TreeReader } from "./tree-reader.ts";

const OPEN = "${{";

/** GitHub stops after ten errors of a file. */
const MAX_ERRORS = 10;
const MAX_MESSAGE_LENGTH = 500;

/** GitHub's check of `needs` compares every job with every other. */
const MAX_JOBS_FOR_NEEDS = 1_000;

/** What GitHub's own parser says about a workflow file: unknown keys, wrong types, bad expressions, needs in a circle. */
export function validateWorkflow(source: SourceFile, root: YamlNode): Finding[] {
  return validate({ source, root, file: workflowFileSchema(), converts: convertJobs });
}

/** The same for `action.yml`. */
export function validateAction(source: SourceFile, root: YamlNode): Finding[] {
  return validate({ source, root, file: actionFileSchema() });
}

interface Validation {
  readonly source: SourceFile;
  readonly root: YamlNode;
  readonly file: FileSchema;
  /** Checks of `jobs` beyond the grammar. */
  readonly converts?: (context: TemplateContext, jobs: TemplateToken) => unknown;
}

function validate({ source, root, file, converts }: Validation): Finding[] {
  const errors = new TemplateValidationErrors(MAX_ERRORS, MAX_MESSAGE_LENGTH);
  const context = new TemplateContext(errors, file.schema, new NoOperationTraceWriter());
  // What GitHub offers to some accounts only is not ours to refuse.
  context.state.featureFlags = new FeatureFlags({ all: true });
  const fileId = context.getFileId(source.path);
  const value = readTemplate(context, file.root, new TreeReader(fileId, root), fileId);
  const jobs = errors.count === 0 && value && isMapping(value) ? value.find("jobs") : undefined;
  if (converts && jobs && isMapping(jobs) && jobs.count <= MAX_JOBS_FOR_NEEDS) {
    spellNeedsLikeJobs(jobs);
    try {
      converts(context, jobs);
    } catch (error) {
      // It throws for some of the shapes that it does not expect, with the token where there is one.
      context.error(error instanceof TemplateTokenError ? error.token : jobs, error);
    }
  }
  const ignored = ignoredByGitHub(root);
  return errors.getErrors().map(({ rawMessage, range }) => {
    const location = locationIn(source, range);
    return ignored.get(`${location.line}:${location.column} ${rawMessage}`) ?? invalidWorkflow(rawMessage, location);
  });
}

/** The parser compares ids letter by letter, GitHub itself regardless of case. */
function spellNeedsLikeJobs(jobs: MappingToken): void {
  const ids = new Map<string, string>();
  for (const { key } of jobs) if (isString(key)) ids.set(key.value.toLowerCase(), key.value);
  for (const { value } of jobs) {
    const needs = isMapping(value) ? value.find("needs") : undefined;
    const names = needs && isSequence(needs) ? [...needs] : needs ? [needs] : [];
    for (const name of names) {
      if (isString(name)) (name as { value: string }).value = ids.get(name.value.toLowerCase()) ?? name.value;
    }
  }
}

/**
 * The parser is stricter about the settings of events than the service is: of those it does not know, GitHub starts the
 * workflow all the same. By place and message of the parser's complaint.
 */
function ignoredByGitHub(root: YamlNode): Map<string, Finding> {
  const found = new Map<string, Finding>();
  const events = child(root, "on");
  if (events?.kind !== "map") return found;
  for (const { key, value } of events.entries) {
    const event = scalarText(key);
    if (value.kind !== "map") continue;
    const at = locationOf(value.at);
    found.set(`${at.line}:${at.column} A mapping was not expected`, ignoredSetting(event, undefined, at));
    for (const setting of value.entries) {
      const place = locationOf(setting.key.at);
      const name = scalarText(setting.key);
      found.set(`${place.line}:${place.column} Unexpected value '${name}'`, ignoredSetting(event, name, place));
    }
  }
  return found;
}

/** Where an expression of a text over several lines is wrong, the range may be a line or some columns off. */
function locationIn(source: SourceFile, range: TokenRange | undefined): Location {
  const file = source.path;
  if (!range) return { file, line: 1, column: 1 };
  const { start, end } = range;
  const lines = lineStarts(source).length;
  if (end.line <= lines && end.column <= (lineText(source, end.line)?.length ?? 0) + 1) {
    return { file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
  }
  for (const line of [Math.min(start.line, lines), Math.min(start.line, lines) - 1]) {
    const column = (lineText(source, line)?.indexOf(OPEN) ?? -1) + 1;
    if (column > 0) return { file, line, column };
  }
  return { file, line: Math.min(start.line, lines), column: 1 };
}

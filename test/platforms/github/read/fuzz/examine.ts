import assert from "node:assert/strict";
import { compareFindings } from "../../../../../src/findings/finding.ts";
import { githubAnnotations, jobSummary } from "../../../../../src/findings/print/github.ts";
import { jsonReport } from "../../../../../src/findings/print/json.ts";
import { sarifReport } from "../../../../../src/findings/print/sarif.ts";
import { textReport } from "../../../../../src/findings/print/text.ts";
import { type Location, lineStarts, locationOf, type Place } from "../../../../../src/findings/source.ts";
import { accessesOf } from "../../../../../src/platforms/github/read/accesses.ts";
import { evaluateCondition, evaluateTemplate } from "../../../../../src/platforms/github/read/conditions.ts";
import { environment } from "../../../../../src/platforms/github/read/expressions/evaluate.ts";
import { exceptNames, findName, onlyNames } from "../../../../../src/platforms/github/read/filters/filters.ts";
import { readTexts } from "../../../../../src/platforms/github/read/repository.ts";
import type { Condition, FilterList, Repository, Template } from "../../../../../src/platforms/github/workflow.ts";
import { plain, report } from "../../../../findings/example.ts";

const nothingKnown = environment({});

/** Reads files and does with them what everybody does; throws where anything is not as it must be. */
export function examine(files: ReadonlyMap<string, string | Uint8Array>): Repository {
  const repository = readTexts(files);
  walk(repository.workflows);
  walk(repository.actions);
  for (const { location } of repository.problems) examineLocation(location, repository);
  for (const [i, problem] of repository.problems.entries()) {
    if (i > 0)
      assert.ok(compareFindings(repository.problems[i - 1]!, problem) < 0, "problems are in order, none twice");
  }
  examineAccesses(repository);
  examineFilters(repository);
  const found = { ...report(repository.problems), sources: repository.sources };
  for (const line of [...textReport(found, plain), ...githubAnnotations(found)]) {
    assert.doesNotMatch(line, /(?!\t)[\p{Cc}\p{Bidi_Control}]/u);
  }
  JSON.stringify([jsonReport(found), sarifReport(found, [], "1.0.0"), jobSummary(found)]);
  return repository;
}

function examineLocation({ file, line, column, endLine, endColumn }: Location, { sources }: Repository): void {
  assert.ok(
    Number.isInteger(line) && Number.isInteger(column) && line >= 1 && column >= 1,
    `${file}:${line}:${column}`,
  );
  const source = sources.get(file);
  if (!source) return;
  assert.ok(line <= lineStarts(source).length, `${file} has no line ${line}`);
  if (endLine !== undefined) assert.ok(endLine > line || (endLine === line && (endColumn ?? column) >= column));
}

function examineAccesses(repository: Repository): void {
  for (const workflow of repository.workflows) {
    for (const job of workflow.jobs) {
      const steps = job.kind === "steps" ? job.steps : [];
      for (const step of [...steps, ...repository.actions.flatMap((action) => action.steps)]) {
        walk(accessesOf(repository, step, { job, level: { workflow } }));
      }
    }
  }
}

function examineFilters(repository: Repository): void {
  const lists: FilterList[] = [];
  for (const trigger of repository.workflows.flatMap((workflow) => workflow.triggers)) {
    for (const value of Object.values(trigger)) if (isFilterList(value)) lists.push(value);
  }
  const patterns = lists.slice(0, 3).map((list) => list.patterns.map(({ value }) => value));
  for (const [i, each] of patterns.entries()) {
    const other = patterns[(i + 1) % patterns.length]!;
    const found = findName({ passing: [onlyNames(each), exceptNames(other)], failing: [] });
    if (found.answer === "yes") assert.ok(found.name.length > 0);
  }
}

const isFilterList = (value: unknown): value is FilterList =>
  typeof value === "object" && value !== null && "patterns" in value;

/** Every place in a model is inside of its file, and every condition and template can be evaluated. */
function walk(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (isPlace(value)) {
    assert.ok(0 <= value.start && value.start <= value.end && value.end <= value.source.text.length, "place");
    locationOf(value);
    return;
  }
  if ("hasStatusFunction" in value) evaluateCondition(value as Condition, nothingKnown);
  if ("parts" in value && "raw" in value) evaluateTemplate(value as unknown as Template, nothingKnown);
  if (value instanceof Map) for (const each of value.values()) walk(each, seen);
  else for (const each of Object.values(value)) walk(each, seen);
}

const isPlace = (value: object): value is Place => "source" in value && "start" in value && "end" in value;

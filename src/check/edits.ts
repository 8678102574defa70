/** Safe text edits: one line added or one condition extended, in the file's own style. No edit where the style is unusual. */

import type { ConditionFacts, JobFacts, StepEdit } from "../facts/facts.ts";
import type { TextEdit } from "../findings/finding.ts";
import { lineStarts, type Place, positionOf } from "../findings/source.ts";

export function addParameters(edit: StepEdit, lines: readonly string[]): TextEdit {
  const { indent, newline } = edit;
  const text = edit.hasParameters
    ? lines.map((line) => `${indent}${line}${newline}`).join("")
    : [`${indent}with:`, ...lines.map((line) => `${indent}  ${line}`)].map((line) => `${line}${newline}`).join("");
  return { file: edit.file, start: edit.insertAt, end: edit.insertAt, text };
}

/** Adds `guard` to the job's own condition. */
export function guardJob(job: JobFacts, guard: string): readonly TextEdit[] | undefined {
  return job.condition ? guardCondition(job.condition, guard) : addJobLine(job, `if: ${guard}`);
}

function guardCondition(condition: ConditionFacts, guard: string): readonly TextEdit[] | undefined {
  const { source, start, end } = condition.at;
  const written = source.text.slice(start, end);
  if (/[\n'"|>#]/.test(written[0] ?? "|") || written.includes("\n") || condition.overridesSuccess) return undefined;
  const delimited = /^\$\{\{\s*(.*?)\s*\}\}$/.exec(written);
  if (!delimited && /\$\{\{/.test(written)) return undefined;
  const inner = delimited ? delimited[1]! : written;
  const wrapped = (text: string) => (/\|\|/.test(text) ? `(${text})` : text);
  const both = `${wrapped(guard)} && ${wrapped(inner)}`;
  const text = delimited ? `\${{ ${both} }}` : both;
  return [{ file: source.path, start, end, text }];
}

/** A new key as the first line of a job. */
export function addJobLine(job: JobFacts, line: string): readonly TextEdit[] | undefined {
  const { source } = job.keyAt;
  const starts = lineStarts(source);
  const { line: keyLine } = positionOf(source, job.keyAt.start);
  const insertAt = starts[keyLine];
  if (insertAt === undefined) return undefined;
  const body = source.text.slice(insertAt, job.at.end);
  const first = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*([ ]+)[\w-]+:/.exec(body);
  if (!first) return undefined;
  const newline = source.text.includes("\r\n") ? "\r\n" : "\n";
  return [{ file: source.path, start: insertAt, end: insertAt, text: `${first[1]}${line}${newline}` }];
}

/** Replaces a scalar that stands on one line. */
export function replaceScalar(at: Place, text: string): readonly TextEdit[] | undefined {
  const written = at.source.text.slice(at.start, at.end);
  if (written.includes("\n") || written.startsWith("|") || written.startsWith(">")) return undefined;
  const quote = written.startsWith("'") || written.startsWith('"') ? written[0]! : "";
  return [{ file: at.source.path, start: at.start, end: at.end, text: `${quote}${text}${quote}` }];
}

/** Further items of a list behind this one, on lines of their own or within brackets. */
export function addItems({ source, start, end }: Place, items: readonly string[]): readonly TextEdit[] | undefined {
  const before = source.text.slice(source.text.lastIndexOf("\n", start - 1) + 1, start);
  const after = source.text.slice(end, source.text.indexOf("\n", end) + 1);
  const quoted = items.map((item) => JSON.stringify(item));
  if (/^ *- $/.test(before) && after !== "" && !/^ *[^\s#]/.test(after)) {
    const newline = after.endsWith("\r\n") ? "\r\n" : "\n";
    const at = end + after.length;
    return [{ file: source.path, start: at, end: at, text: quoted.map((item) => before + item + newline).join("") }];
  }
  if (!/\[[^\]]*$/.test(before)) return undefined;
  return [{ file: source.path, start: end, end, text: quoted.map((item) => `, ${item}`).join("") }];
}

/** A concurrency group for one job. `keepsAll`: of those that wait none takes the place of another. */
export function addJobConcurrency(
  job: JobFacts,
  { group, keepsAll }: { group: string; keepsAll: boolean },
): readonly TextEdit[] | undefined {
  const [edit] = addJobLine(job, "concurrency:") ?? [];
  if (!edit) return undefined;
  const indent = /^ */.exec(edit.text)![0];
  const newline = edit.text.endsWith("\r\n") ? "\r\n" : "\n";
  const { column } = positionOf(job.keyAt.source, job.keyAt.start);
  const inner = indent + " ".repeat(Math.max(2, indent.length - (column - 1)));
  const waiting = keepsAll ? "queue: max" : "cancel-in-progress: false";
  const lines = [`${indent}concurrency:`, `${inner}group: ${group}`, `${inner}${waiting}`];
  return [{ ...edit, text: lines.map((line) => `${line}${newline}`).join("") }];
}

/** `cancel-in-progress: true` within a concurrency block becomes false. */
export function replaceCancel(block: Place): readonly TextEdit[] | undefined {
  const written = block.source.text.slice(block.start, block.end);
  const found = /(cancel-in-progress:[ \t]*)true\b/.exec(written);
  if (!found) return undefined;
  const start = block.start + found.index + found[1]!.length;
  return [{ file: block.source.path, start, end: start + "true".length, text: "false" }];
}

/** Another group in a `concurrency` setting: a name alone, or the `group` of a block or of braces. */
export function replaceGroup(setting: Place, group: string): readonly TextEdit[] | undefined {
  const written = setting.source.text.slice(setting.start, setting.end);
  const key = /(^|[\n{,][ \t]*|[ \t])(["']?)group\2:[ \t]+/.exec(written);
  if (!key) return /[\n{]/.test(written.replace(/\$\{\{.*?\}\}/g, "")) ? undefined : replaceScalar(setting, group);
  const from = key.index + key[0].length;
  const value = (written.startsWith("{") ? inBraces : onItsLine).exec(written.slice(from))?.[0].trimEnd();
  if (!value || /^[|>&*!]/.test(value)) return undefined;
  const start = setting.start + from;
  return replaceScalar({ source: setting.source, start, end: start + value.length }, group);
}

const inBraces = /^(?:"[^"\n]*"|'[^'\n]*'|(?:\$\{\{[^\n]*?\}\}|[^\n,{}])+)/;
const onItsLine = /^(?:"[^"\n]*"|'[^'\n]*'|(?:[^\n#\r]|(?<=\S)#)+)/;

import { stringify } from "yaml";
import type { WorkflowDocument } from "./document.ts";
import type { RawAdditions } from "./options.ts";
import type { MovedPins } from "./pinned-actions.ts";
import { Branch, type Tree, type TreeEntry, workflowTree } from "./tree.ts";

/** Comments are folded at this width; values never are. */
const commentWidth = 118;

/** A small map may stand on one line, up to this width, under these keys. */
const flowWidth = 120;
const flowKeys = /^(?:with|permissions|env|defaults|concurrency|environment|push|pull_request|merge_group)$/;

/** The text of a workflow file. The same document gives the same bytes. */
export function printWorkflow(workflow: WorkflowDocument, raw?: RawAdditions, pins?: MovedPins): string {
  const out: string[] = [];
  for (const line of workflow.header) {
    for (const part of fold(line, commentWidth)) out.push(part === "" ? "#" : `# ${part}`);
  }
  printEntries(workflowTree(workflow, raw, pins).entries, "", out);
  return `${out.join("\n")}\n`;
}

function printEntries(entries: readonly TreeEntry[], indent: string, out: string[], first = indent): void {
  entries.forEach((entry, index) => {
    if (entry.apart) out.push("");
    for (const line of entry.comment ?? []) {
      for (const part of fold(line, commentWidth - indent.length)) out.push(`${indent}# ${part}`);
    }
    printEntry(entry, index === 0 ? first : indent, indent, out);
  });
}

/** `start` is what stands before the key on its line: blanks, or blanks and the dash of a list. */
function printEntry({ key, value, note }: TreeEntry, start: string, indent: string, out: string[]): void {
  // The key `on` is a word to GitHub.
  const head = `${start}${key === "on" ? key : scalar(key)}:`;
  const behind = note === undefined ? "" : ` # ${note}`;
  if (isList(value)) {
    if (value.length === 0) out.push(`${head} []`);
    else if (value.every((item) => isShort(item)))
      out.push(`${head} [${value.map((item) => flowScalar(item as string)).join(", ")}]`);
    else {
      const [only] = value;
      const flow = key === "schedule" && value.length === 1 ? flowMap(entriesOf(only as object)) : undefined;
      if (flow !== undefined) out.push(`${head} [${flow}]`);
      else {
        out.push(head);
        printList(value, `${indent}  `, out);
      }
    }
    return;
  }
  if (value === null) out.push(head);
  else if (typeof value === "object") {
    const entries = entriesOf(value);
    const flow = flowKeys.test(key) || isInput(entries) ? flowMap(entries) : undefined;
    if (entries.length === 0) out.push(`${head} {}`);
    else if (flow !== undefined && head.length + 1 + flow.length <= flowWidth) out.push(`${head} ${flow}`);
    else {
      out.push(head);
      printEntries(entries, `${indent}  `, out);
    }
  } else if (typeof value === "string" && value.includes("\n")) printBlock(head, value, indent, out);
  else out.push(`${head} ${scalar(value)}${behind}`);
}

function printList(items: readonly Tree[], indent: string, out: string[]): void {
  items.forEach((item) => {
    if (typeof item !== "object" || item === null) {
      if (typeof item === "string" && item.includes("\n")) printBlock(`${indent}-`, item, indent, out);
      else out.push(`${indent}- ${item === null ? "null" : scalar(item)}`);
      return;
    }
    if (isList(item)) {
      out.push(`${indent}- [${item.map((inner) => flowScalar(inner as string)).join(", ")}]`);
      return;
    }
    const entries = entriesOf(item);
    if (entries.length === 0) {
      out.push(`${indent}- {}`);
      return;
    }
    const [head, ...rest] = entries as [TreeEntry, ...TreeEntry[]];
    for (const line of head.comment ?? []) {
      for (const part of fold(line, commentWidth - indent.length)) out.push(`${indent}# ${part}`);
    }
    printEntries([{ ...head, comment: [] }, ...rest], `${indent}  `, out, `${indent}- `);
  });
}

function entriesOf(value: object): readonly TreeEntry[] {
  if (value instanceof Branch) return value.entries;
  return Object.entries(value as Record<string, Tree>).map(([key, inner]) => ({ key, value: inner }));
}

/** A literal block. What a block cannot hold (a line that begins the text with blanks, odd characters) is quoted. */
function printBlock(head: string, text: string, indent: string, out: string[]): void {
  const body = text.replace(/\n+$/, "");
  const isPlain =
    !/^[ \t]|^[ \t]+$|\n[ \t]+(?:\n|$)|\n\n$/.test(text) && !/[^\n\t\x20-\x7e\u00a1-\ud7ff]|[\u2028\u2029]/.test(body);
  if (!isPlain || body === "") {
    out.push(`${head} ${doubleQuoted(text)}`);
    return;
  }
  out.push(`${head} |${text.endsWith("\n") ? "" : "-"}`);
  for (const line of body.split("\n")) out.push(line.trim() === "" ? "" : `${indent}  ${line}`);
}

/** JSON's notation is YAML's, but for characters that YAML counts as line breaks or does not allow. */
function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Starts like a word, an expression or a path, and holds nothing that YAML could take for something else. */
const plain = /^(?:[A-Za-z_./][\w ./@+()=-]*[\w./@+()=-]|[A-Za-z_./])$/;
const notText = /^(?:true|false|yes|no|on|off|y|n|null|\.inf|\.nan|~|e[-+]?\d+|[.\d_+-]*)$/i;
const expression = /^\$\{\{ [^#\n:]*[^\s#\n:] \}\}$/;

function scalar(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  if (plain.test(value) && !notText.test(value)) return value;
  if (expression.test(value)) return value;
  if (/[^\x20-\x7e\u00a1-\ud7ff]|[\u2028\u2029]/.test(value)) return doubleQuoted(value);
  return stringify(value, { lineWidth: 0, version: "1.1", blockQuote: false }).replace(/\n$/, "");
}

/** In `[a, b]` fewer characters may stand unquoted. */
function flowScalar(value: string | number | boolean): string {
  const text = scalar(value);
  return typeof value === "string" && !/^["']/.test(text) && /[^\w ./+()=-]/.test(text) ? doubleQuoted(value) : text;
}

/** `{ a: b }`; undefined for what is nested, has comments or several lines. */
function flowMap(entries: readonly TreeEntry[]): string | undefined {
  const parts = entries.map(({ key, value, comment, note }) => {
    // Only the shell and the folder are set so deep.
    const inner =
      key === "run" && typeof value === "object" && value !== null && !isList(value)
        ? flowMap(entriesOf(value))
        : undefined;
    if (inner !== undefined) return `${key}: ${inner}`;
    if (comment !== undefined || note !== undefined || value === null || !(isShort(value) || isFlowList(value)))
      return undefined;
    return `${flowScalar(key)}: ${isList(value) ? `[${value.map((item) => flowScalar(item as string)).join(", ")}]` : flowScalar(value as string)}`;
  });
  return parts.includes(undefined) ? undefined : `{ ${parts.join(", ")} }`;
}

const isFlowList = (value: Tree) => isList(value) && value.every((item) => isShort(item));

/** What an input or an output is declared with. */
function isInput(entries: readonly TreeEntry[]): boolean {
  return (
    entries.some(({ key }) => key === "type" || key === "value" || key === "required") &&
    entries.every(({ key }) => /^(?:description|type|required|default|options|value)$/.test(key))
  );
}

function isShort(value: Tree): value is string | number | boolean {
  return typeof value !== "object" && !String(value).includes("\n");
}

function isList(value: Tree): value is readonly Tree[] {
  return Array.isArray(value);
}

/** Whatever ends a line to YAML or anybody else is a blank in a comment. */
function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/[\s\p{Cc}\u2028\u2029]+/u)) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** What GitHub takes at most. One table; every written workflow is measured against it. */

import type { Delivery } from "../../../model/delivery.ts";
import { CannotWrite, type WrittenFile } from "../../generated.ts";
import type { WriteOptions } from "./options.ts";

export const limits = {
  /** Workflows that one is made of by calls, however deep, itself not counted. */
  calledWorkflows: 50,
  /** Of a workflow file. */
  fileBytes: 500_000,
  /** Inputs of a workflow that is started by hand. */
  dispatchInputs: 25,
  /** Characters of a text in which an expression stands. */
  expressionText: 21_000,
} as const;

/** @throws {CannotWrite} with the number, where GitHub would refuse a file. */
export function refuseBeyondLimits(
  delivery: Delivery,
  files: readonly WrittenFile[],
  { calledWorkflows = limits.calledWorkflows }: Pick<WriteOptions, "calledWorkflows"> = {},
): void {
  const workflows = files.filter(({ path }) => path.startsWith(".github/workflows/"));
  const calls = new Map(workflows.map(({ path, text }) => [path, calledBy(text)]));
  for (const { path, text } of workflows) {
    const called = new Set(calls.get(path));
    for (const one of called) for (const further of calls.get(one) ?? []) called.add(further);
    if (called.size > calledWorkflows) {
      throw new CannotWrite(
        `${path} would call ${called.size} workflows, however many pipelines share a file; GitHub takes ${calledWorkflows}`,
        "use the layout orchestrated, in which all environments share theirs",
      );
    }
    const bytes = Buffer.byteLength(text);
    if (bytes > limits.fileBytes) {
      throw new CannotWrite(
        `${path} would have ${bytes} bytes; GitHub starts no workflow of more than ${limits.fileBytes}`,
        "split the delivery into several",
      );
    }
    const longest = Math.max(0, ...expressionTexts(text));
    if (longest > limits.expressionText) {
      throw new CannotWrite(
        `${path} would have a text of ${longest} characters with an expression in it; GitHub takes ${limits.expressionText}`,
        "split the pipeline that has so many outputs or artifacts",
      );
    }
  }
  const most = limits.dispatchInputs - 3;
  const parameters = Object.keys(delivery.parameters).length;
  if (parameters > most) {
    throw new CannotWrite(
      `the delivery has ${parameters} parameters; beside what Baton needs GitHub takes ${most} inputs`,
      "leave out some, or let one choose between sets of values",
      ["parameters"],
    );
  }
}

const calledBy = (text: string) =>
  Array.from(text.matchAll(/^ {4}uses: \.\/(\.github\/workflows\/\S+)$/gm), ([, file]) => file!);

/** Lengths of values on one line and of blocks that hold an expression. */
function* expressionTexts(text: string): Generator<number> {
  for (const line of text.split("\n")) if (line.includes("${{")) yield line.trim().length;
  for (const [block] of text.matchAll(/^( *)[^\n]*: [|]-?\n(?:\1 {2}[^\n]*\n|\n)+/gm))
    if (block.includes("${{")) yield block.length;
}

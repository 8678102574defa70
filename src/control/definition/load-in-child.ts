import type { Delivery } from "../../model/delivery.ts";
import type { Asked } from "../control.ts";
import { askChild } from "../local/ask-child.ts";
import { explainExit, explainTimeout } from "./explain.ts";
import type { CodeFile } from "./load-code.ts";

/** What the child prints: `commands/read-definition.ts`. */
export type ChildAnswer = Asked<Delivery>;

/**
 * Loads a definition in a process of its own, for two reasons: after an `await` at its top level nothing in this
 * process could stop a loop, and what a process has loaded once it does not read again. Costs one start of Node.
 */
export async function loadInChild(request: Omit<CodeFile, "say"> & { entry: string }): Promise<Delivery> {
  const { file, cwd, limitMs, entry } = request;
  return await askChild<Delivery>({
    entry,
    command: ["read-definition", file],
    cwd,
    limitMs,
    explain: (none) => (none === "late" ? explainTimeout(file, limitMs, cwd) : explainExit(file, cwd)),
  });
}

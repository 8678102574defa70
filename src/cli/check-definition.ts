/** The definition that `baton check` was given, or found in the folder it was given. */

import { readFileSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { definitionNames } from "../control/definition/find.ts";
import type { Finding } from "../findings/finding.ts";
import type { SourceFile } from "../findings/source.ts";
import type { Terminal } from "./terminal/terminal.ts";

export interface FoundDefinition {
  readonly file: string;
  /** It is what was asked about, not just in the folder. */
  readonly isNamed: boolean;
}

export interface CheckedDefinition {
  readonly findings: readonly Finding[];
  readonly source: SourceFile;
}

const isCode = (file: string) => /\.[mc]?[jt]s$/.test(file);

export function definitionAt(path: string): FoundDefinition | undefined {
  if (statSync(path).isFile())
    return definitionNames.includes(basename(path)) ? { file: path, isNamed: true } : undefined;
  // Other tools may have a `baton.yaml` too.
  const names = definitionNames.filter((name) => name.startsWith("baton.config."));
  const file = names
    .map((name) => join(path, name))
    .find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  return file === undefined ? undefined : { file, isNamed: false };
}

/** Undefined for code that nobody asked to run: a check runs nothing of the repository it looks at. */
export async function checkDefinitionAt(
  { file, isNamed }: FoundDefinition,
  terminal: Terminal,
): Promise<CheckedDefinition | undefined> {
  if (isCode(file) && !isNamed) {
    const path = relative(terminal.cwd, resolve(file));
    terminal.say(`not checked: ${path} is code, and code is run only when it is named`, `  next: baton check ${path}`);
    return undefined;
  }
  const [{ loadDefinition }, { modelFacts }, { checkDefinition }] = await Promise.all([
    import("../control/definition/load.ts"),
    import("../facts/definition/model-facts.ts"),
    import("../check/definition.ts"),
  ]);
  const delivery = await loadDefinition(file, terminal);
  const text = readFileSync(file, "utf8");
  const byteOrderMark = text.startsWith("\uFEFF");
  const source: SourceFile = { path: basename(file), text: byteOrderMark ? text.slice(1) : text, byteOrderMark };
  return { findings: checkDefinition(modelFacts(delivery, source)), source };
}

/** What a build action runs: the commands of its buildspec, wherever that is written. */

import type { Key } from "../../../facts/access.ts";
import { identity, literal, type Written } from "../../../facts/staged.ts";
import type { Action, CodePipeline, PipelineFiles } from "../pipeline.ts";
import { parseEmbedded } from "../read/decode.ts";
import { child, entriesOf, type Node, plainText } from "../read/tree/node.ts";
import { textKey } from "../read/values.ts";
import { access, type CommandFacts, commandFacts } from "./commands.ts";

const none: CommandFacts = { accesses: [], folders: [], started: [] };

export interface BuildFacts extends CommandFacts {
  /** Where the buildspec is, in the source. */
  readonly file: Written | undefined;
  /** Commands exist that are not in the files. */
  readonly opaque: boolean;
}

export function buildFacts(action: Action, pipeline: CodePipeline, files: PipelineFiles): BuildFacts {
  if (action.commands.length > 0) {
    return { ...commandFacts(action.commands, new Map()), file: undefined, opaque: false };
  }
  const setting = (name: string) => action.configuration.find((each) => each.name === name)?.value;
  const named = setting("ProjectName");
  const name = named && identity(named.key);
  const project = pipeline.scope.projects.find(({ aliases }) => name !== undefined && aliases.includes(name));
  const override = setting("BuildspecOverride");
  if (!project && !override) return { ...none, file: undefined, opaque: true };
  const written = override ?? project?.buildspec;
  const text = literal(written);
  if (written && text === undefined) {
    // An inline buildspec with names of the template in it.
    const key = [{ ...written }];
    return { ...commandFacts(key, new Map()), file: undefined, opaque: false };
  }
  const isInline = text !== undefined && (text.includes("\n") || text.trimStart().startsWith("{"));
  const path = isInline ? undefined : (text ?? "buildspec.yml");
  const holder: Node = { kind: "scalar", value: text ?? "", at: written?.at ?? action.at };
  const spec = isInline ? parseEmbedded(text, holder) : files.document(path!);
  const file = text !== undefined && !isInline ? { key: textKey(text), at: written!.at } : undefined;
  return spec ? { ...specFacts(spec), file, opaque: false } : { ...none, file, opaque: true };
}

function specFacts(spec: Node): CommandFacts {
  const variables = new Map<string, Key>();
  for (const { key, value } of entriesOf(child(spec, "env", "variables"))) {
    const text = plainText(value);
    if (text !== undefined) variables.set(key, textKey(text));
  }
  const commands = entriesOf(child(spec, "phases")).flatMap(({ value }) =>
    ["commands", "finally"].flatMap((part) => textsOf(child(value, part))),
  );
  const facts = commandFacts(commands, variables);
  const parameters = entriesOf(child(spec, "env", "parameter-store")).flatMap(({ value }) => {
    const name = plainText(value);
    if (name === undefined) return [];
    const read = { tool: "parameter-store", resource: "parameter", mode: "read", effect: "none" } as const;
    return [access({ ...read, key: textKey(name) }, value.at)];
  });
  return { ...facts, accesses: [...parameters, ...facts.accesses] };
}

function textsOf(node: Node | undefined): Written[] {
  const items = node?.kind === "list" ? node.items : node ? [node] : [];
  return items.flatMap((item) => {
    const text = plainText(item);
    return text === undefined ? [] : [{ key: textKey(text), at: item.at }];
  });
}

/** A module of Terraform from texts, as the tests look into it. */

import { Budget } from "../../../../../src/platforms/codepipeline/read/terraform/evaluate/budget.ts";
import { plain } from "../../../../../src/platforms/codepipeline/read/terraform/evaluate/values.ts";
import { Module } from "../../../../../src/platforms/codepipeline/read/terraform/module/module.ts";
import { ModuleSource } from "../../../../../src/platforms/codepipeline/read/terraform/module/module-source.ts";
import { loadParser } from "../../../../../src/platforms/codepipeline/read/terraform/syntax/parser.ts";
import { readFile } from "../../../../../src/platforms/codepipeline/read/terraform/syntax/read-file.ts";
import { child, type Node } from "../../../../../src/platforms/codepipeline/read/tree/node.ts";

const parser = await loadParser();

export function sourceOf(path: string, text: string) {
  return { path, text, byteOrderMark: false };
}

export function parsed(path: string, text: string) {
  return readFile(sourceOf(path, text), parser);
}

/** The module at the root of these files. */
export function moduleOf(files: Readonly<Record<string, string>>): Module {
  const folders = new Map<string, ReturnType<typeof parsed>[]>();
  for (const [path, text] of Object.entries(files)) {
    if (!/\.tf(\.json)?$/.test(path)) continue;
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    folders.set(folder, [...(folders.get(folder) ?? []), parsed(path, text)]);
  }
  const modules = new Map([...folders].map(([folder, own]) => [folder, new ModuleSource(folder, own)]));
  return new Module(modules.get("") ?? new ModuleSource("", []), {
    configured: {
      folder: "",
      parser,
      budget: new Budget(),
      module: (folder) => modules.get(folder),
      read: (path) => (files[path] === undefined ? undefined : sourceOf(path, files[path])),
    },
    prefix: "",
    depth: 0,
    input: () => undefined,
  });
}

/** What `thing.name.value` of a module is, with the value written as this expression. */
export function evaluated(expression: string, more = "", files: Readonly<Record<string, string>> = {}): Node {
  const module = moduleOf({ ...files, "main.tf": `${more}\nresource "thing" "name" {\n  value = ${expression}\n}\n` });
  const [instance] = [...module.instances()].filter(({ block }) => block.type === "thing");
  const value = child(instance!.node, "value");
  if (!value) throw new Error(`${expression} has no value`);
  return value;
}

/** The bare value, with `‹…›` for what is open or unknown in it. */
export function shown(node: Node): unknown {
  return plain(marked(node));
}

function marked(node: Node): Node {
  switch (node.kind) {
    case "scalar": {
      if (!node.key) return node;
      const text = node.key.map((part) =>
        part.kind === "text"
          ? part.text
          : part.kind === "unknown"
            ? "‹?›"
            : `‹${"text" in part ? part.text.slice(part.text.indexOf("#") + 1) : part.name}›`,
      );
      return { kind: "scalar", value: text.join(""), at: node.at };
    }
    case "list":
      return {
        ...node,
        items: [
          ...node.items.map(marked),
          ...(node.partial ? [{ kind: "scalar", value: "‹more›", at: node.at } as const] : []),
        ],
      };
    case "map": {
      const more = { key: "‹more›", keyAt: node.at, value: { kind: "scalar", value: true, at: node.at } as const };
      return {
        ...node,
        entries: [
          ...node.entries.map((entry) => ({ ...entry, value: marked(entry.value) })),
          ...(node.partial ? [more] : []),
        ],
      };
    }
    default:
      return node satisfies never;
  }
}

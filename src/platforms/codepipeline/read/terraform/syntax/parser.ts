/** The parser of Terraform's language: tree-sitter with the grammar for it, both compiled to WebAssembly. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Language, Parser } from "web-tree-sitter";
import { copied, type SyntaxNode } from "./syntax-nodes.ts";

export interface SyntaxTree {
  readonly root: SyntaxNode;
  /** Somewhere in it the parser had to guess. */
  readonly isBroken: boolean;
}

export interface HclParser {
  /** Undefined for a text that makes so little sense that the parser gives up. */
  parse(text: string): SyntaxTree | undefined;
}

/** How often the parser may ask whether to go on. No file that anybody wrote needs a tenth. */
const MAX_TURNS = 200_000;

let loading: Promise<HclParser> | undefined;

/** Loaded once, when the first file needs it: that takes as long as reading a dozen workflows. */
export function loadParser(): Promise<HclParser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<HclParser> {
  const [wasmBinary, grammar] = await Promise.all([
    readFile(place("web-tree-sitter.wasm", "web-tree-sitter/web-tree-sitter.wasm")),
    readFile(place("tree-sitter-terraform.wasm", "@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-terraform.wasm")),
  ]);
  await Parser.init({ wasmBinary });
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));
  return {
    parse: (text) => {
      let turns = 0;
      const tree = parser.parse(text, null, { progressCallback: () => ++turns > MAX_TURNS });
      if (!tree) {
        parser.reset();
        return undefined;
      }
      try {
        return { root: copied(tree), isBroken: tree.rootNode.hasError };
      } finally {
        tree.delete();
      }
    },
  };
}

/** Beside the bundle, where the build puts it; in the package it comes from, where the sources run as they are. */
function place(name: string, specifier: string): string {
  const beside = fileURLToPath(new URL(`./hcl/${name}`, import.meta.url));
  return existsSync(beside) ? beside : createRequire(import.meta.url).resolve(specifier);
}

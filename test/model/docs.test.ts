import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Delivery } from "../../src/model/delivery.ts";
import { deliveryFromModule } from "../../src/model/from-module.ts";
import { loadYaml } from "../../src/model/load-yaml.ts";
import { refusalText } from "../../src/model/refusal.ts";
import { removeAtEnd } from "../lane/remove-at-end.ts";

/** Every code block of the definition reference is a whole definition; a YAML one says the same as the TypeScript before it. */
const page = fileURLToPath(new URL("../../docs/definition.md", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const entry = new URL("../../src/index.ts", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "baton-docs-"));
removeAtEnd(folder);

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "baton-cd" ? { url: entry, shortCircuit: true } : next(specifier, context),
});

interface Block {
  language: string;
  info: string;
  text: string;
  line: number;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    info: match[2]!.trim(),
    text: match[3]!,
    line: markdown.slice(0, match.index).split("\n").length,
  }));
}

const blocks = blocksOf(readFileSync(page, "utf8"));

function fileOf(block: Block): string {
  mkdirSync(join(folder, `line-${block.line}`), { recursive: true });
  const file = join(folder, `line-${block.line}`, "baton.config.ts");
  writeFileSync(file, block.text);
  return file;
}

test("the page has blocks of both kinds, each with the file it belongs in", () => {
  assert.deepEqual(
    new Set(blocks.map(({ language, info }) => `${language} ${info}`)),
    new Set(['ts title="baton.config.ts"', 'yaml title="baton.yaml"']),
  );
});

test("every TypeScript block compiles", () => {
  const files = blocks.filter(({ language }) => language === "ts").map(fileOf);
  const options = {
    noEmit: true,
    paths: { "baton-cd": [fileURLToPath(entry)] },
    typeRoots: [join(root, "node_modules/@types")],
  };
  const config = { extends: join(root, "tsconfig.json"), compilerOptions: options, files, include: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  // As in the projects that the page speaks of; what lies above the folder must not decide.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const run = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { encoding: "utf8" });
  assert.equal(run.stdout + run.stderr, "");
});

let previous: { block: Block; delivery: Delivery } | undefined;
for (const block of blocks) {
  test(`the ${block.language} block at line ${block.line} is a definition`, async () => {
    const result =
      block.language === "ts"
        ? deliveryFromModule((await import(pathToFileURL(fileOf(block)).href)) as Record<string, unknown>)
        : loadYaml(block.text, "baton.yaml");
    assert.deepEqual(result.ok ? [] : result.refusals.map((refusal) => refusalText(refusal)), []);
    assert.ok(result.ok);
    // Scripts may differ: a template names its variables by itself.
    const isTwin =
      block.language === "yaml" && previous?.block.language === "ts" && !previous.block.text.includes("sh`");
    if (isTwin) assert.deepEqual(result.value, previous!.delivery);
    previous = { block, delivery: result.value };
  });
}

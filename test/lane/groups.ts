/**
 * Which test files share a process. Most of them take less time than the start of a process that has loaded what they test.
 * Nobody lists them: whatever could tell that others run beside it, by what it loads and says, runs alone. So does at full depth
 * what does more there; the others come together in another way than in the fast lane, so that none comes to lean on a neighbour.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isFull } from "./depth.ts";

/** What belongs to the whole process, when a test or what stands beside it touches it. */
const processWide = [
  /\bprocess\.(on|once|prependListener|emit\w*|exit|exitCode|abort|chdir|title|stdin|stdout|stderr|set[a-z]+)\b/,
  /\bprocess\.env(\.\w+|\[[^\]]*\]) \??\??=[^=]|\bdelete process\.env|\bassign\(process\.env\b/,
  /\bglobalThis\b/,
  /\.mock\b/,
  // Around the tests of all files, where it stands outside of a `describe`.
  /^(before|beforeEach|after|afterEach)\(/m,
];

const imports =
  /\b(?:import|export)\s+(?<type>type\s)?(?:[^;"']*?\sfrom\s+)?"(?<from>[^"]+)"|\bimport\("(?<late>[^"]+)"\)/g;

/** What does more at full depth than to try a property more often. */
const deeper = /\b(fullDepth|isFull|times)\b/;

/** What declares a test. */
const tells = /\b(test|it|describe|suite)\b/;

/** A file of which several are the tests. */
const groupName = /^group-\d+\.mjs$/;

export const isGroup = (file: string): boolean => groupName.test(file.slice(file.lastIndexOf("/") + 1));

export interface Grouped {
  /** Absolute paths. */
  alone: string[];
  groups: string[][];
}

/** At most so many files to a process: one that fails outside of its tests takes the others of its group along. */
const most = 25;

export function groupsOf(files: readonly string[], lane: "fast" | "full" = isFull ? "full" : "fast"): Grouped {
  const looked = new Map<string, Looked>();
  const together = files.filter((file) => mayShare(file, looked) && !(lane === "full" && looked.get(file)!.isDeeper));
  const count = Math.ceil(together.length / most);
  // By turns, so that neighbours in a folder, which load the same, do not make one group the slowest.
  const groupOf = { fast: (i: number) => i % count, full: (i: number) => Math.floor(i / most) }[lane];
  const groups = Array.from({ length: count }, (_, g) => together.filter((_file, i) => groupOf(i) === g));
  const sharing = new Set(together);
  return { alone: files.filter((file) => !sharing.has(file)), groups };
}

/** The program that runs them one after the other. What cannot even be loaded fails as a test with the name of its file. */
export function groupProgram(files: readonly string[]): string {
  return [
    `import { test } from "node:test";`,
    ...files.map(
      (file) =>
        `await import(${JSON.stringify(pathToFileURL(file))}).catch((error) => test(${JSON.stringify(file)}, () => { throw error; }));\n`,
    ),
  ].join("\n");
}

interface Looked {
  shares: boolean;
  /** It takes from Node what declares tests, and not only what is handed to one. */
  tests: boolean;
  isDeeper: boolean;
  loads: string[];
}

function mayShare(file: string, looked: Map<string, Looked>): boolean {
  const loaded = new Set([file]);
  for (const each of loaded) {
    const one = looked.get(each) ?? lookAt(each);
    looked.set(each, one);
    // A test that stands in a file of its own is not told apart by where it stands.
    if (!one.shares || (one.tests && each !== file)) return false;
    for (const next of one.loads) loaded.add(next);
  }
  return true;
}

/** It leaves a process as it was: a server lives in one for months. */
const product = fileURLToPath(new URL("../../src/", import.meta.url));
/** What it does at the end of a process is for all files in it. */
const removal = fileURLToPath(new URL("./remove-at-end.ts", import.meta.url));
const isProduct = (file: string): boolean => file.startsWith(product);

function lookAt(file: string): Looked {
  const text = readFileSync(file, "utf8");
  const found = [...text.matchAll(imports)].flatMap(({ groups }) =>
    groups!.type ? [] : [groups!.from ?? groups!.late!],
  );
  const fromRunner = [...text.matchAll(/import (?!type\s)([^;]*?) from "node:test"/g)].map(([, names]) => names).join();
  const files = found.filter((from) => from.startsWith(".")).map((from) => resolve(dirname(file), from));
  return {
    shares: isProduct(file) || file === removal || !processWide.some((pattern) => pattern.test(text)),
    tests: tells.test(fromRunner),
    isDeeper: deeper.test(text),
    loads: files.filter((each) => /\.tsx?$/.test(each) && existsSync(each)),
  };
}

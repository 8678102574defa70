/** What in a folder could be a pipeline. Only what is certain is taken: how something is deployed, Baton does not guess. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { namePattern } from "../../model/names.ts";
import type { DraftJob, DraftPipeline } from "./draft.ts";

/** Infrastructure first, as others read what it publishes. */
export function lookAround(root: string): DraftPipeline[] {
  const folders = [".", ...foldersIn(root)];
  const taken = new Set<string>();
  const infrastructure = folders.flatMap((folder) => terraformRoot(root, folder, taken) ?? []);
  const packages = folders.slice(1).flatMap((folder) => nodePackage(root, folder, taken) ?? []);
  const own = packages.length === 0 ? (nodePackage(root, ".", taken) ?? []) : packages;
  return [...infrastructure, own].flat();
}

/** `Web App` becomes `web-app`: a name that a definition can carry. */
export function nameFrom(words: string, otherwise: string): string {
  const name = words
    .toLowerCase()
    .replace(/^@[^/]*\//, "")
    .replaceAll(/[^a-z0-9_]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "");
  return namePattern.test(name) ? name.slice(0, 60) : otherwise;
}

/** Two levels down: `web`, `packages/web`. */
function foldersIn(root: string): string[] {
  const below = (folder: string) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter(
        (entry) => entry.isDirectory() && !/^\.|^(node_modules|dist|build|vendor|examples?|tests?)$/.test(entry.name),
      )
      .map(({ name }) => (folder === "." ? name : `${folder}/${name}`))
      .sort();
  return below(".").flatMap((folder) => [folder, ...below(folder)]);
}

/** Where Terraform is applied: a folder that says how, not one that others use as a module. */
function terraformRoot(root: string, folder: string, taken: Set<string>): DraftPipeline | undefined {
  if (/(^|\/)modules?(\/|$)/.test(folder)) return undefined;
  const files = readdirSync(join(root, folder)).filter((name) => name.endsWith(".tf"));
  const text = files.map((name) => readFileSync(join(root, folder, name), "utf8")).join("\n");
  if (!/^\s*(provider\s+"|terraform\s*\{|backend\s+")/m.test(text)) return undefined;
  const outputs = outputsOf(text);
  const asked = variablesToGive(join(root, folder), text);
  return {
    name: unused(folder === "." ? "infra" : folder, taken),
    about: [
      "Each environment needs a Terraform state of its own before there is a second one.",
      ...(asked.length > 0 ? [`It asks for ${asked.join(", ")}: env gives them to apply, as TF_VAR_${asked[0]}.`] : []),
    ],
    folder: folder === "." ? undefined : folder,
    outputs: Object.fromEntries(outputs.map((name) => [name, "string"])),
    jobs: [
      {
        name: "apply",
        kind: "deploys",
        tools: ["terraform"],
        steps: [
          "terraform init -input=false",
          "terraform apply -input=false -auto-approve",
          ...outputs.map((name) => `echo "${name}=$(terraform output -raw ${name})" >> "$BATON_OUTPUT"`),
        ],
      },
    ],
  };
}

/** Variables without a default that no file of values gives either: apply would stop and ask for them. */
function variablesToGive(folder: string, text: string): string[] {
  const values = readdirSync(folder).filter((name) => /^terraform\.tfvars$|\.auto\.tfvars$/.test(name));
  const given = values.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  return [...text.matchAll(/^variable\s+"([A-Za-z_][\w-]*)"\s*\{(.*\}$|[\s\S]*?^\})/gm)]
    .filter(([, name, body]) => !/\bdefault\s*=/.test(body!) && !new RegExp(`^\\s*${name}\\s*=`, "m").test(given))
    .map(([, name]) => name!);
}

/** Those that are texts and no secrets, as far as their block says. */
function outputsOf(text: string): string[] {
  // On one line, or with its closing brace on a line of its own.
  const found = text.matchAll(/^output\s+"([^"]+)"\s*\{([^\n]*(?=\}\s*$)|[\s\S]*?^(?=\}))/gm);
  return Array.from(found, ([, name, body]) => ({ name: name!, body: body! }))
    .filter(({ name, body }) => namePattern.test(name) && !/\bsensitive\s*=\s*true|=\s*[[{]|\[\*\]|\bfor\b/.test(body))
    .map(({ name }) => name);
}

/** By the lock file that stands beside the package, or at the root of its workspace. */
const installers: readonly { lock: string; install: string; run: string }[] = [
  { lock: "pnpm-lock.yaml", install: "pnpm install --frozen-lockfile", run: "pnpm" },
  { lock: "yarn.lock", install: "yarn install --immutable", run: "yarn" },
  { lock: "package-lock.json", install: "npm ci", run: "npm" },
];

function nodePackage(root: string, folder: string, taken: Set<string>): DraftPipeline | undefined {
  const scripts = scriptsOf(join(root, folder, "package.json"));
  const hasTest = scripts.test !== undefined && !scripts.test.includes("no test specified");
  if (!hasTest && scripts.build === undefined) return undefined;
  const places = hasWorkspaces(root) ? [folder, "."] : [folder];
  const { install, run } = installers.find(({ lock }) => places.some((at) => existsSync(join(root, at, lock)))) ?? {
    install: "npm install",
    run: "npm",
  };
  const job = (name: string): DraftJob => ({
    name,
    kind: "release",
    ...(name === "build" && hasTest && { needs: ["test"] }),
    tools: [run],
    steps: [install, `${run} run ${name}`],
  });
  return {
    name: unused(folder === "." ? "app" : folder, taken),
    about: [],
    folder: folder === "." ? undefined : folder,
    outputs: {},
    jobs: [...(hasTest ? [job("test")] : []), ...(scripts.build === undefined ? [] : [job("build")])],
    isUndeployed: true,
  };
}

/** Only then does a lock file at the root hold what the packages below need. */
function hasWorkspaces(root: string): boolean {
  return (
    existsSync(join(root, "pnpm-workspace.yaml")) || packageAt(join(root, "package.json")).workspaces !== undefined
  );
}

const scriptsOf = (file: string): Record<string, string> => packageAt(file).scripts ?? {};

function packageAt(file: string): { scripts?: Record<string, string>; workspaces?: unknown } {
  if (!existsSync(file)) return {};
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as ReturnType<typeof packageAt> | null) ?? {};
  } catch {
    // Not ours to judge.
    return {};
  }
}

function unused(folder: string, taken: Set<string>): string {
  const wanted = nameFrom(basename(folder), "app");
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`;
  taken.add(name);
  return name;
}

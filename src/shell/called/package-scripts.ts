/** Scripts of package.json, by npm, yarn, pnpm and bun; tasks of turbo, nx and lerna are those of all packages. */

import type { CommandCall } from "../call.ts";
import { subfolder } from "../folders.ts";
import { keyText, textKey } from "../words.ts";
import { type CalledCommands, type CalledFiles, folderOf, jsonObject, pathFrom, plainParts } from "./called-files.ts";
import { commandsOf, nxTargets } from "./nx-targets.ts";

export interface Package {
  readonly path: string;
  readonly name: string;
  readonly scripts: ReadonlyMap<string, string>;
  /** Names of the packages that it is made of. */
  readonly dependencies: readonly string[];
  readonly workspaces: readonly string[];
}

const MAX_PACKAGES = 200;

/** Commands of the program itself, which come before scripts of the same name. */
const own: ReadonlySet<string> = new Set(
  "add audit bin cache ci config create dedupe dlx exec global i import info init install link list login logout outdated pack patch prune publish rebuild remove search set unlink uninstall up update upgrade version view why workspaces".split(
    " ",
  ),
);

export function packageScripts(call: CommandCall, files: CalledFiles): CalledCommands[] | undefined {
  const { args, program } = call;
  if (["turbo", "nx", "lerna", "moon"].includes(program)) return tasks(call, files);
  if (!["npm", "yarn", "pnpm", "bun"].includes(program)) return undefined;
  const inside = args.option("--prefix", "-C", "--cwd", "--dir");
  const folder = inside ? subfolder(call.folder, inside) : call.folder;
  const words = args.positionals.flatMap(({ key }) => keyText(key) ?? []);
  const verbs = program === "yarn" && words[0] === "workspace" ? words.slice(2) : words;
  const [first, second] = verbs;
  const runs = first === "run" || first === "run-script" || first === "rum";
  const name = runs ? second : first === "t" || first === "tst" ? "test" : first;
  if (
    name === undefined ||
    (!runs && (own.has(name) || (program === "npm" && !["test", "start", "stop", "restart"].includes(name))))
  ) {
    return undefined;
  }
  const filters = [
    ...args.allOptions("-w", "--workspace", "--filter", "-F"),
    ...(program === "yarn" && words[0] === "workspace" ? [textKey(words[1] ?? "")] : []),
  ];
  const everywhere = args.has("-r", "--recursive", "--workspaces", "-ws") || first === "workspaces";
  const packages =
    filters.length > 0 || everywhere
      ? members(
          folder,
          files,
          filters.flatMap((key) => keyText(key) ?? []),
        )
      : nearest(folder, files);
  const rest = wordsAfterDashes(call);
  const found = packages.flatMap((each) => scriptsOf(each, name, rest));
  return found.length > 0 ? found : undefined;
}

function tasks(call: CommandCall, files: CalledFiles): CalledCommands[] | undefined {
  const { args } = call;
  const words = args.positionals.flatMap(({ key }) => keyText(key) ?? []);
  const listed = args
    .allOptions("-t", "--target", "--targets", "--tasks")
    .flatMap((key) => keyText(key)?.split(",") ?? []);
  const given = words.filter((word) => !["run", "run-many", "affected", "exec"].includes(word));
  const filters = args
    .allOptions("--filter", "-F", "--projects", "-p")
    .flatMap((key) => keyText(key)?.split(",") ?? []);
  const { names: told, projects } =
    call.program === "nx" ? nxWords(given, words[0] === given[0]) : { names: given.map(afterColon), projects: [] };
  const names = [...told, ...listed.map(afterColon)];
  const wanted = [...filters, ...projects];
  const all = members(call.folder, files, wanted);
  const targets = call.program === "nx" ? nxTargets(call.folder, files) : [];
  const found = names.flatMap((name) => [
    ...all.flatMap((each) => scriptsOf(each, name, "")),
    ...targets
      .filter((each) => each.name === name && (wanted.length === 0 || wanted.includes(each.project)))
      .flatMap(commandsOf),
  ]);
  return found.length > 0 ? found : undefined;
}

/** `run PROJECT:TARGET:CONFIGURATION`, or `TARGET PROJECT`. */
function nxWords(
  words: readonly string[],
  isShort: boolean,
): { names: readonly string[]; projects: readonly string[] } {
  const [first, second] = words;
  if (first === undefined) return { names: [], projects: [] };
  const [project, target] = first.split(":");
  if (target !== undefined) return { names: [target], projects: [project!] };
  return isShort && second !== undefined ? { names: [first], projects: [second] } : { names: words, projects: [] };
}

function afterColon(word: string): string {
  return word.slice(word.lastIndexOf(":") + 1);
}

function scriptsOf({ path, scripts }: Package, name: string, rest: string): CalledCommands[] {
  const written = scripts.get(name);
  if (written === undefined) return [];
  const around = [scripts.get(`pre${name}`), rest === "" ? written : `${written} ${rest}`, scripts.get(`post${name}`)];
  return around.flatMap((text, i) =>
    text === undefined ? [] : [{ id: `${path}:${name}:${i}`, folder: folderOf(path), parts: plainParts(text) }],
  );
}

/** `npm run deploy -- --env production`: what follows the dashes is for the script. */
function wordsAfterDashes({ command: { words } }: CommandCall): string {
  const at = words.findIndex(({ key }) => keyText(key) === "--");
  if (at < 0) return "";
  return words
    .slice(at + 1)
    .map(({ key }) => keyText(key) ?? '""')
    .join(" ");
}

function nearest(folder: Parameters<typeof pathFrom>[0], files: CalledFiles): Package[] {
  const path = pathFrom(folder, "package.json");
  const found = path === undefined ? undefined : readPackage(path, files);
  return found ? [found] : [];
}

/** The packages of the workspace, and the one that lists them. */
function members(folder: Parameters<typeof pathFrom>[0], files: CalledFiles, filters: readonly string[]): Package[] {
  const [root] = nearest(folder, files);
  if (!root) return [];
  const all = [root, ...workspacePackages(root, files)];
  if (filters.length === 0) return all;
  const wanted = filters.map((filter) =>
    filter
      .replace(/^\.\//, "")
      .replace(/^[.^]+|[.^]+$/g, "")
      .replace(/\[.*\]$/, ""),
  );
  return all.filter(({ name, path }) =>
    wanted.some(
      (filter) =>
        filter === name || path === `${filter}/package.json` || (filter !== "" && name.endsWith(`/${filter}`)),
    ),
  );
}

export function workspacePackages({ path, workspaces }: Package, files: CalledFiles): Package[] {
  const base = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
  const patterns = workspaces.length > 0 ? workspaces : pnpmWorkspaces(files.text(`${base}pnpm-workspace.yaml`));
  const folders = patterns.flatMap((pattern) => {
    const plain = pattern.replace(/^\.\//, "").replace(/\/+$/, "");
    const star = /^(.*?)\/?\*\*?(?:\/\*)?$/.exec(plain);
    if (!star) return plain.includes("*") || plain.startsWith("!") ? [] : [`${base}${plain}`];
    const parent = `${base}${star[1]}`.replace(/\/+$/, "");
    return files.names(parent).map((name) => (parent === "" ? name : `${parent}/${name}`));
  });
  return folders.slice(0, MAX_PACKAGES).flatMap((folder) => readPackage(`${folder}/package.json`, files) ?? []);
}

function pnpmWorkspaces(text: string | undefined): string[] {
  return [...(text ?? "").matchAll(/^\s*-\s*["']?([^"'#\n]+?)["']?\s*$/gm)].map(([, pattern]) => pattern!);
}

const known = new WeakMap<CalledFiles, Map<string, Package | undefined>>();

/** Undefined where there is no such file, or it holds no package. Each is parsed once. */
export function readPackage(path: string, files: CalledFiles): Package | undefined {
  let packages = known.get(files);
  if (!packages) {
    packages = new Map();
    known.set(files, packages);
  }
  if (!packages.has(path)) packages.set(path, parsePackage(path, files.text(path)));
  return packages.get(path);
}

function parsePackage(path: string, text: string | undefined): Package | undefined {
  if (text === undefined) return undefined;
  const json = jsonObject(text);
  if (!json) return undefined;
  const { name, scripts, workspaces, dependencies } = json;
  const listed = Array.isArray(workspaces) ? workspaces : (workspaces as { packages?: unknown } | undefined)?.packages;
  const entries = typeof scripts === "object" && scripts !== null ? Object.entries(scripts) : [];
  return {
    path,
    name: typeof name === "string" ? name : "",
    scripts: new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string")),
    dependencies: typeof dependencies === "object" && dependencies !== null ? Object.keys(dependencies) : [],
    workspaces: Array.isArray(listed) ? listed.filter((each) => typeof each === "string") : [],
  };
}

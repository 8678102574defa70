/** Targets of nx that run commands: in project.json, or below `nx` in package.json. */

import type { Key } from "../../facts/access.ts";
import { textKey } from "../words.ts";
import { type CalledCommands, type CalledFiles, jsonObject, pathFrom, plainParts } from "./called-files.ts";

export interface NxTarget {
  readonly project: string;
  readonly name: string;
  /** The file in which it is written. */
  readonly path: string;
  readonly commands: readonly string[];
  readonly folder: string;
}

/** Where projects lie, by the layouts that nx makes. */
const places = ["", "apps", "libs", "packages", "services", "tools", "projects", "infra"];
const MAX_PROJECTS = 300;

/** Those of all projects of the workspace in this folder; none where it is no workspace of nx. */
export function nxTargets(folder: Key, files: CalledFiles): readonly NxTarget[] {
  const path = pathFrom(folder, "nx.json");
  if (path === undefined || files.text(path) === undefined) return [];
  const base = path.slice(0, -"nx.json".length);
  const folders = places.flatMap((place) => {
    const parent = `${base}${place}`.replace(/\/$/, "");
    if (place === "") return [parent];
    return files.names(parent).flatMap((name) => {
      const own = `${parent}/${name}`;
      // Projects of one kind often have a folder of their own: `libs/shop/cart`.
      return [own, ...(place === "libs" ? files.names(own).map((inner) => `${own}/${inner}`) : [])];
    });
  });
  return folders.slice(0, MAX_PROJECTS).flatMap((each) => targetsIn(each, base, files));
}

function targetsIn(folder: string, base: string, files: CalledFiles): NxTarget[] {
  const inside = (name: string): string => (folder === "" ? name : `${folder}/${name}`);
  return ["project.json", "package.json"].flatMap((file) => {
    const path = inside(file);
    const text = files.text(path);
    const json = text === undefined ? undefined : jsonObject(text);
    const own = file === "project.json" ? json : objectIn(json, "nx");
    const targets = objectIn(own, "targets");
    if (!targets) return [];
    const told = own?.name ?? json?.name;
    const project = typeof told === "string" ? told : folder.slice(folder.lastIndexOf("/") + 1);
    return Object.keys(targets).flatMap((name): NxTarget[] => {
      const target = objectIn(targets, name);
      const options = objectIn(target, "options");
      const commands = [target?.command, options?.command, options?.commands].flat().flatMap(commandIn);
      const cwd = typeof options?.cwd === "string" ? options.cwd : "";
      return commands.length === 0
        ? []
        : [{ project, name, path, commands, folder: `${base}${cwd}`.replace(/\/$/, "") }];
    });
  });
}

function commandIn(written: unknown): string[] {
  if (typeof written === "string") return [written];
  const command = (written as { readonly command?: unknown } | null | undefined)?.command;
  return typeof command === "string" ? [command] : [];
}

function objectIn(json: Readonly<Record<string, unknown>> | undefined, name: string) {
  const value = json?.[name];
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

export function commandsOf({ path, name, commands, folder }: NxTarget): CalledCommands[] {
  return commands.map((text, i) => ({ id: `${path}:${name}:${i}`, folder: textKey(folder), parts: plainParts(text) }));
}

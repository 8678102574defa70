/** Tasks of a Taskfile, those of what they need first. */

import { parse } from "yaml";
import type { CommandCall } from "../call.ts";
import { subfolder } from "../folders.ts";
import { keyText, textKey } from "../words.ts";
import { type CalledCommands, type CalledFiles, pathFrom, plainParts } from "./called-files.ts";

type Data = Readonly<Record<string, unknown>>;

export function taskCommands(call: CommandCall, files: CalledFiles): CalledCommands[] | undefined {
  if (call.program !== "task" && call.program !== "go-task") return undefined;
  const inside = call.args.option("-d", "--dir");
  const folder = inside ? subfolder(call.folder, inside) : call.folder;
  const path = ["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml"]
    .flatMap((name) => pathFrom(folder, name) ?? [])
    .find((each) => files.text(each) !== undefined);
  const tasks = path === undefined ? undefined : tasksIn(files.text(path)!);
  if (!tasks) return undefined;
  const names = call.args.positionals.flatMap(({ key }) => keyText(key) ?? []).filter((word) => !word.includes("="));
  const seen = new Set<string>();
  const scripts: CalledCommands[] = [];
  const visit = (name: string): void => {
    const task = tasks[name];
    if (task === undefined || seen.has(name)) return;
    seen.add(name);
    const whole = isData(task) ? task : { cmds: task };
    for (const need of listOf(whole["deps"])) visit(nameOf(need));
    const dir = whole["dir"];
    const place = typeof dir === "string" ? subfolder(folder, textKey(dir)) : folder;
    for (const [i, command] of listOf(whole["cmds"] ?? whole["cmd"]).entries()) {
      if (isData(command) && "task" in command) visit(nameOf(command));
      const text = isData(command) ? command["cmd"] : command;
      if (typeof text === "string") {
        scripts.push({
          id: `${path}:${name}:${i}`,
          folder: place,
          parts: plainParts(text.replaceAll(/\{\{\s*\.(\w+)\s*\}\}/g, "${$1}")),
        });
      }
    }
  };
  for (const name of names.length > 0 ? names : ["default"]) visit(name);
  return seen.size === 0 ? undefined : scripts;
}

function tasksIn(text: string): Data | undefined {
  try {
    const root: unknown = parse(text, { maxAliasCount: 100, logLevel: "silent" });
    const tasks = isData(root) ? root["tasks"] : undefined;
    return isData(tasks) ? tasks : undefined;
  } catch {
    return undefined;
  }
}

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function nameOf(value: unknown): string {
  const name = isData(value) ? value["task"] : value;
  return typeof name === "string" ? name : "";
}

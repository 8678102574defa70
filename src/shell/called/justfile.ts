/** Recipes of a justfile, those of what they need first. */

import type { CommandCall } from "../call.ts";
import { subfolder } from "../folders.ts";
import { keyText } from "../words.ts";
import { type CalledCommands, type CalledFiles, pathFrom, plainParts } from "./called-files.ts";

interface Recipe {
  readonly parameters: readonly { readonly name: string; readonly fallback: string }[];
  readonly needs: readonly string[];
  readonly lines: readonly string[];
}

export function justRecipe(call: CommandCall, files: CalledFiles): CalledCommands[] | undefined {
  if (call.program !== "just") return undefined;
  const inside = call.args.option("-d", "--working-directory");
  const folder = inside ? subfolder(call.folder, inside) : call.folder;
  const path = ["justfile", "Justfile", ".justfile"]
    .flatMap((name) => pathFrom(folder, name) ?? [])
    .find((each) => files.text(each) !== undefined);
  const text = path === undefined ? undefined : files.text(path);
  if (text === undefined) return undefined;
  const { recipes, variables } = readJustfile(text);
  const [name = [...recipes.keys()][0] ?? "", ...given] = call.args.positionals.map(({ key }) => keyText(key) ?? "");
  const seen = new Set<string>();
  const scripts: CalledCommands[] = [];
  const visit = (wanted: string, values: readonly string[]): void => {
    const recipe = recipes.get(wanted);
    if (!recipe || seen.has(wanted)) return;
    seen.add(wanted);
    for (const need of recipe.needs) visit(need, []);
    const known = new Map([
      ...variables,
      ...recipe.parameters.map((each, i) => [each.name, values[i] ?? each.fallback] as const),
    ]);
    const filled = recipe.lines.map((line) =>
      line.replaceAll(/\{\{\s*([\w-]+)\s*\}\}/g, (_, hole: string) => known.get(hole) ?? `\${${hole}}`),
    );
    const isScript = filled[0]?.startsWith("#!") ?? false;
    for (const [i, line] of (isScript ? [filled.join("\n")] : filled).entries()) {
      scripts.push({ id: `${path}:${wanted}:${i}`, folder, parts: plainParts(line) });
    }
  };
  visit(name, given);
  return seen.size === 0 ? undefined : scripts;
}

function readJustfile(text: string): {
  readonly recipes: ReadonlyMap<string, Recipe>;
  readonly variables: ReadonlyMap<string, string>;
} {
  const recipes = new Map<string, Recipe & { lines: string[] }>();
  const variables = new Map<string, string>();
  let open: string[] | undefined;
  for (const line of text.replaceAll(/\\\r?\n\s*/g, " ").split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      open?.push(line.trim().replace(/^[@-]+/, ""));
      continue;
    }
    const variable = /^(?:export\s+)?([\w-]+)\s*:=\s*["']?(.*?)["']?\s*$/.exec(line);
    if (variable) variables.set(variable[1]!, variable[2]!);
    const head = variable
      ? null
      : /^@?([\w-]+)((?:\s+[+*$]?[\w-]+(?:=(?:"[^"]*"|'[^']*'|\S+))?)*)\s*:(?!=)\s*(.*)$/.exec(line);
    if (!head) {
      if (/^\S/.test(line) && !line.startsWith("#")) open = undefined;
      continue;
    }
    const parameters = head[2]!
      .trim()
      .split(/\s+/)
      .filter((word) => word !== "")
      .map((word) => {
        const [name, fallback = ""] = word.replace(/^[+*$]+/, "").split("=");
        return { name: name!, fallback: fallback.replaceAll(/["']/g, "") };
      });
    const needs = [
      ...head[3]!
        .replace(/#.*/, "")
        .replaceAll("&&", " ")
        .matchAll(/\(?([\w-]+)[^\s()]*/g),
    ].map(([, need]) => need!);
    open = [];
    recipes.set(head[1]!, { parameters, needs, lines: open });
  }
  return { recipes, variables };
}

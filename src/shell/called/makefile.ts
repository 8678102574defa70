/** Targets of a Makefile: their recipes, those of what they need first. */

import type { CommandCall } from "../call.ts";
import { subfolder } from "../folders.ts";
import { keyText } from "../words.ts";
import { type CalledCommands, type CalledFiles, pathFrom, plainParts } from "./called-files.ts";

interface Rule {
  readonly needs: readonly string[];
  readonly recipe: readonly string[];
}

interface Makefile {
  readonly variables: ReadonlyMap<string, string>;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly first: string | undefined;
}

const MAX_TARGETS = 60;
/** Longer lines are data. */
const MAX_LINE = 4_000;

export function makeTargets(call: CommandCall, files: CalledFiles): CalledCommands[] | undefined {
  const { args, program } = call;
  if (program !== "make" && program !== "gmake") return undefined;
  const inside = args.option("-C", "--directory");
  const folder = inside ? subfolder(call.folder, inside) : call.folder;
  const named = keyText(args.option("-f", "--file", "--makefile"));
  const paths = (named === undefined ? ["Makefile", "makefile", "GNUmakefile"] : [named]).flatMap(
    (name) => pathFrom(folder, name) ?? [],
  );
  const path = paths.find((each) => files.text(each) !== undefined);
  const text = path === undefined ? undefined : files.text(path);
  if (text === undefined) return undefined;
  const words = args.positionals.flatMap(({ key }) => keyText(key) ?? []);
  const given = new Map(
    words.flatMap((word) =>
      [/^(\w+)=(.*)$/.exec(word)].flatMap((found) => (found ? [[found[1]!, found[2]!] as const] : [])),
    ),
  );
  const makefile = readMakefile(text, given);
  const targets = words.filter((word) => !word.includes("="));
  const wanted = targets.length > 0 ? targets : [makefile.first ?? ""];
  const scripts: CalledCommands[] = [];
  const seen = new Set<string>();
  const visit = (target: string): void => {
    const rule = makefile.rules.get(target);
    if (!rule || seen.has(target) || seen.size >= MAX_TARGETS) return;
    seen.add(target);
    for (const need of rule.needs) visit(need);
    for (const [i, line] of rule.recipe.entries()) {
      scripts.push({ id: `${path}:${target}:${i}`, folder, parts: plainParts(line) });
    }
  };
  for (const target of wanted) visit(target);
  return seen.size === 0 ? undefined : scripts;
}

/** Rules with plain targets, each line of a recipe a shell of its own; conditionals of make itself are not decided. */
function readMakefile(text: string, given: ReadonlyMap<string, string>): Makefile {
  const variables = new Map<string, string>();
  const rules = new Map<string, { needs: string[]; recipe: string[] }>();
  let open: { needs: string[]; recipe: string[] }[] = [];
  let first: string | undefined;
  const lines = text.replaceAll(/\\\r?\n[ \t]*/g, " ").split(/\r?\n/);
  for (const line of lines) {
    if (line.length > MAX_LINE) continue;
    if (line.startsWith("\t")) {
      const [signs] = /^[@+\s-]*/.exec(line.slice(1))!;
      const rest = line.slice(1 + signs.length);
      // With a dash make goes on whatever becomes of the line.
      const command = rest !== "" && signs.includes("-") ? `${rest} || true` : rest;
      for (const rule of open) if (command !== "") rule.recipe.push(command);
      continue;
    }
    const variable = /^\s*(?:export\s+|override\s+)?([\w.-]+)\s*(:=|::=|\?=|\+=|=)\s*(.*?)\s*(?:\s#.*)?$/.exec(line);
    if (variable) {
      const [, name, operator, value] = variable;
      if (operator !== "?=" || !variables.has(name!)) variables.set(name!, value!);
      continue;
    }
    const rule = /^([^\t#:=][^:=]*?)\s*::?(?!=)\s*([^;#]*)(?:;\s*(.*))?(?:#.*)?$/.exec(line);
    if (!rule) {
      if (/\S/.test(line) && !/^\s*(?:#|ifn?eq|ifn?def|else|endif)/.test(line)) open = [];
      continue;
    }
    const [, names, needs, inline] = rule;
    open = names!.split(/\s+/).map((name) => {
      const known = rules.get(name) ?? { needs: [], recipe: [] };
      rules.set(name, known);
      if (!name.startsWith(".") && !name.includes("%")) first ??= name;
      known.needs.push(...needs!.split(/\s+/).filter((need) => need !== "" && need !== "|"));
      if (inline) known.recipe.push(inline);
      return known;
    });
  }
  for (const [name, value] of given) variables.set(name, value);
  const expanded = new Map(
    [...rules].map(([name, { needs, recipe }]) => [
      name,
      {
        needs: needs.flatMap((need) => expand(need, variables, name).split(/\s+/)),
        recipe: recipe.map((line) => expand(line, variables, name)),
      },
    ]),
  );
  return { variables, rules: expanded, first };
}

/** Variables of make; what it does not know is left to the shell, which may have it in its environment. */
function expand(text: string, variables: ReadonlyMap<string, string>, target: string, depth = 0): string {
  if (depth > 8 || !text.includes("$")) return text;
  return text.replaceAll(/\$\$|\$@|\$[({]([\w.-]+)[)}]/g, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    if (whole === "$@") return target;
    if (name === "MAKE") return "make";
    const value = variables.get(name!);
    return value === undefined ? `\${${name}}` : expand(value, variables, target, depth + 1).slice(0, 10_000);
  });
}

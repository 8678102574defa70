/** Values for the variables of the module that Terraform is run in: what its files say, as long as they agree. */

import { folderOf } from "../../find-terraform.ts";
import type { Node } from "../../tree/node.ts";
import { open } from "../../values.ts";
import type { Budget } from "../evaluate/budget.ts";
import { Evaluator } from "../evaluate/evaluator.ts";
import { areEqual, isNull, openValue, unknown } from "../evaluate/values.ts";
import { noNames, type World } from "../evaluate/world.ts";
import { type Expression, itemOf, keyText } from "../syntax/expression.ts";
import type { ReadFile } from "../syntax/read-file.ts";
import type { ModuleSource } from "./module-source.ts";

export interface VariableFiles {
  /** Files with values, of all folders. */
  readonly files: readonly ReadFile[];
  readonly budget: Budget;
}

/** Values in these files are written out: nothing can be named in them. */
const nothingToName: World = {
  lookUp: (name, _, at) => unknown(at, name),
  file: () => undefined,
  template: () => undefined,
};

/** The value of each variable; undefined where its default counts. */
export function rootInputs(module: ModuleSource, { files, budget }: VariableFiles): (name: string) => Node | undefined {
  const { folder } = module;
  const automatic = files
    .filter(({ source }) => folderOf(source.path) === folder && isAutomatic(nameOf(source.path)))
    .sort((a, b) => (rank(nameOf(a.source.path)) < rank(nameOf(b.source.path)) ? -1 : 1));
  const around = folderOf(folder);
  // What another folder reads by itself is for that folder.
  const named = files.filter(
    ({ source }) => !isAutomatic(nameOf(source.path)) && isWithin(folderOf(source.path), around),
  );
  const evaluator = new Evaluator(nothingToName, budget);
  const evaluate = (value: Expression) => evaluator.evaluate(value, noNames);
  const isApplied = module.isApplied || automatic.length > 0;
  return (name) => {
    const given = automatic.flatMap((file) => valueIn(file, name) ?? []).at(-1);
    const fallback = itemOf(module.variables.get(name), "default");
    const own = named.filter(({ source }) => isWithin(folderOf(source.path), folder));
    const possible = named.flatMap((file) => valueIn(file, name) ?? []);
    // Without another value all files that may be named can agree on one.
    const written = given ?? fallback ?? own.flatMap((file) => valueIn(file, name) ?? [])[0];
    const value = written && evaluate(written);
    if (!value) return undefined;
    const isAgreed = possible.every((other) => areEqual(evaluate(other), value) === true);
    if (isAgreed && !isPlaceholder(value, isApplied || given !== undefined)) return value;
    return openValue(open(folder, `var.${name}`), value.at);
  };
}

function isWithin(folder: string, outer: string): boolean {
  return outer === "" || folder === outer || folder.startsWith(`${outer}/`);
}

/** An empty default waits for a value. In a module that is only written for others to use, an empty list does so too. */
function isPlaceholder(value: Node, isApplied: boolean): boolean {
  if (isNull(value) || (value.kind === "scalar" && value.value === "")) return true;
  if (isApplied || value.kind === "scalar") return false;
  return value.kind === "list" ? value.items.length === 0 : value.entries.length === 0;
}

/** Terraform reads these without being told. */
function isAutomatic(name: string): boolean {
  return /^terraform\.tfvars(\.json)?$|\.auto\.tfvars(\.json)?$/.test(name);
}

/** `terraform.tfvars` first, then its JSON spelling, then the others by name: the last counts. */
function rank(name: string): string {
  return name === "terraform.tfvars" ? "0" : name === "terraform.tfvars.json" ? "1" : `2${name}`;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function valueIn({ root }: ReadFile, name: string): Expression | undefined {
  return root.items.find(({ key }) => keyText(key) === name)?.value;
}

import type { Misspelt } from "../../../facts/stages.ts";
import { literal, type Written } from "../../../facts/written.ts";
import type { Action, ConditionRule, Setting } from "../pipeline.ts";
import { categories, owners, type Provider, providers, ruleProviders } from "./providers.ts";

/** What the service does not have by the spelling of this action. Custom actions have keys of their own. */
export function misspeltIn(action: Action): Misspelt[] {
  const owner = known({ written: action.owner, all: owners, what: "owner", of: "CodePipeline" });
  const category = known({ written: action.category, all: categories, what: "category", of: "CodePipeline" });
  const wrong = [...owner, ...category];
  const [ownerName, categoryName, name] = [action.owner, action.category, action.provider].map(literal);
  if (wrong.length > 0 || !ownerName || !categoryName || name === undefined || ownerName === "Custom") return wrong;
  const owned = providers.filter((each) => each.owner === ownerName);
  const exact = owned.find((each) => each.name === name && each.categories.includes(categoryName));
  return exact
    ? misspeltKeys(exact, action.configuration)
    : wrongProvider({ action, owned, ownerName, categoryName, name });
}

/** The provider; where it is misspelt and there is no doubt which was meant, that one: the mistake hides no other. */
export function providerOf(action: Action): string | undefined {
  const wrong = misspeltIn(action).find(({ what, certain }) => what === "provider" && certain);
  const meant = wrong?.known[0];
  // In another category it may have been meant to be anything.
  return meant !== undefined && !meant.includes(" ") ? meant : literal(action.provider);
}

/** The same of a rule of a condition. */
export function misspeltInRule({ provider, configuration }: ConditionRule): Misspelt[] {
  const name = literal(provider);
  if (!provider || name === undefined) return [];
  const exact = ruleProviders.find((each) => each.name === name);
  if (exact) return misspeltKeys(exact, configuration);
  const all = ruleProviders.map((each) => each.name);
  const certain = nearest(name, all) !== undefined;
  const known = nearestFirst(name, all);
  return [{ what: "provider", written: name, at: provider.at, known, of: "category Rule", certain }];
}

interface WrongProvider {
  readonly action: Action;
  readonly owned: readonly Provider[];
  readonly ownerName: string;
  readonly categoryName: string;
  readonly name: string;
}

function wrongProvider({ action, owned, ownerName, categoryName, name }: WrongProvider): Misspelt[] {
  const { at } = action.provider!;
  const elsewhere = owned.filter((each) => each.name === name).flatMap((each) => each.categories);
  if (elsewhere.length > 0) {
    const known = elsewhere.map((each) => `${name} in ${each}`);
    return [{ what: "provider", written: name, at, known, of: `category ${categoryName}`, certain: true }];
  }
  const inCategory = owned.filter((each) => each.categories.includes(categoryName)).map((each) => each.name);
  const near = nearest(name, inCategory);
  // Other companies' providers come and go; AWS's own are few.
  if (ownerName !== "AWS" && near === undefined) return [];
  const known = nearestFirst(name, inCategory);
  return [{ what: "provider", written: name, at, known, of: `category ${categoryName}`, certain: near !== undefined }];
}

type Keyed = Pick<Provider, "name" | "keys" | "pattern">;

function misspeltKeys({ keys, pattern, name }: Keyed, configuration: readonly Setting[]): Misspelt[] {
  if (!keys) return [];
  return configuration.flatMap((setting): Misspelt[] => {
    if (keys.includes(setting.name) || pattern?.test(setting.name)) return [];
    const known = nearestFirst(setting.name, keys);
    const certain = nearest(setting.name, keys) !== undefined;
    return [{ what: "key", written: setting.name, at: setting.nameAt, known, of: name, certain }];
  });
}

interface Spelling {
  readonly written: Written | undefined;
  readonly all: readonly string[];
  readonly what: "owner" | "category";
  readonly of: string;
}

function known({ written, all, what, of }: Spelling): Misspelt[] {
  const name = literal(written);
  if (name === undefined || !written || all.includes(name)) return [];
  return [{ what, written: name, at: written.at, known: nearestFirst(name, all), of, certain: true }];
}

function nearestFirst(name: string, all: readonly string[]): readonly string[] {
  const near = nearest(name, all);
  return near === undefined ? all : [near, ...all.filter((each) => each !== near)];
}

/** The name that was most likely meant: equal but for case and signs, or two changes away. */
function nearest(name: string, all: readonly string[]): string | undefined {
  const folded = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const same = all.find((each) => folded(each) === folded(name));
  if (same !== undefined) return same;
  const limit = name.length <= 4 ? 1 : 2;
  return all.find((each) => distance(folded(each), folded(name)) <= limit);
}

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

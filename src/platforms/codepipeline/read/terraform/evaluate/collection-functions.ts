/** Functions of lists, sets and maps. What they pass on stays where it is written. */

import type { Place } from "../../../../../findings/source.ts";
import { child, type MapEntry, type Node } from "../../tree/node.ts";
import { type Given, type TerraformFunction, valuesOf } from "./given.ts";
import { elementsOf } from "./steps.ts";
import {
  areEqual,
  asNumber,
  asText,
  asTruth,
  identityOf,
  isHole,
  isNull,
  isWhole,
  known,
  lastOfEach,
  list,
  map,
  setOf,
  sorted,
  unknown,
} from "./values.ts";

interface Items {
  readonly items: readonly Node[];
  readonly partial: boolean;
}

/** Items of a list or set; "unknown", or undefined for what is none. */
function itemsOf(node: Node | undefined): Items | "unknown" | undefined {
  if (!node) return undefined;
  if (isHole(node)) return "unknown";
  return node.kind === "list" ? { items: node.items, partial: node.partial === true } : undefined;
}

function partly(partial: boolean): { readonly partial?: true } {
  return partial ? { partial: true } : {};
}

/** A function of one list, which stays partial where that is. */
function ofList(make: (items: readonly Node[], given: Given) => readonly Node[] | undefined): TerraformFunction {
  return (given) => {
    const found = itemsOf(given.value(0));
    if (!found || found === "unknown") return found && unknown(given.at);
    const made = make(found.items, given);
    return made && list(made, given.at, partly(found.partial));
  };
}

/** A function of one list that has to be wholly known. */
function ofWholeList(make: (items: readonly Node[], given: Given) => Node | undefined): TerraformFunction {
  return (given) => {
    const found = itemsOf(given.value(0));
    if (!found) return undefined;
    return found === "unknown" || found.partial || !found.items.every(isWhole)
      ? unknown(given.at)
      : make(found.items, given);
  };
}

/** A function of several lists: those of all items that `choose` keeps. */
function ofSets(
  choose: (item: string, others: readonly ReadonlySet<string>[], index: number) => boolean,
): TerraformFunction {
  return (given) => {
    const values = valuesOf(given);
    const found = values?.map(itemsOf);
    if (!found || found.includes(undefined)) return undefined;
    const lists = found.map((each) =>
      typeof each === "object" && !each.partial && each.items.every(isWhole) ? each.items : undefined,
    );
    if (lists.some((each) => each === undefined)) return unknown(given.at);
    const names = lists.map((items) => new Set(items!.map(identityOf)));
    const kept = lists.flatMap((items, i) => items!.filter((item) => choose(identityOf(item), names, i)));
    return setOf(kept, given.at);
  };
}

function concat(given: Given): Node | undefined {
  const values = valuesOf(given);
  if (!values) return undefined;
  const lists = values.map(itemsOf);
  if (lists.includes(undefined)) return undefined;
  const items = lists.flatMap((each) => (typeof each === "object" ? each.items : []));
  return list(
    items,
    given.at,
    partly(lists.some((each) => each === "unknown" || (typeof each === "object" && each.partial))),
  );
}

/** Later maps win. What an unknown one may win over is not known either. */
function merge(given: Given): Node | undefined {
  const values = valuesOf(given);
  if (!values) return undefined;
  let entries: MapEntry[] = [];
  let partial = false;
  for (const value of values) {
    if (isNull(value)) continue;
    if (value.kind === "map") entries.push(...value.entries);
    else if (!isHole(value)) return undefined;
    if (value.kind !== "map" || value.partial) {
      partial = true;
      entries = entries.map((entry) => ({ ...entry, value: unknown(entry.value.at, entry.key) }));
      if (value.kind === "map") entries.push(...value.entries);
    }
  }
  return map(lastOfEach(entries), given.at, partly(partial));
}

function flat(items: readonly Node[], depth = 0): { items: Node[]; partial: boolean } {
  const result = { items: [] as Node[], partial: false };
  for (const item of items) {
    if (isHole(item)) {
      // It may be a list itself.
      result.partial = true;
    } else if (item.kind === "list" && depth < 50) {
      const inner = flat(item.items, depth + 1);
      result.items.push(...inner.items);
      if (inner.partial || item.partial) result.partial = true;
    } else result.items.push(item);
  }
  return result;
}

function contains(given: Given): Node | undefined {
  const [whole, wanted] = [given.value(0), given.value(1)];
  const found = itemsOf(whole);
  if (!found || !wanted) return undefined;
  if (found === "unknown") return unknown(given.at);
  const answers = found.items.map((item) => areEqual(item, wanted));
  if (answers.includes(true)) return known(true, given.at);
  return found.partial || answers.includes(undefined) ? unknown(given.at) : known(false, given.at);
}

function lookup(given: Given): Node | undefined {
  const [whole, name] = [given.value(0), given.value(1)];
  if (!whole || !name) return undefined;
  const key = asText(name);
  if (isHole(whole) || key === undefined) return unknown(given.at);
  if (whole.kind !== "map") return undefined;
  return child(whole, key) ?? (whole.partial ? unknown(given.at) : given.value(2));
}

function element(given: Given): Node | undefined {
  const found = itemsOf(given.value(0));
  const index = asNumber(given.value(1));
  if (!found || found === "unknown" || index === undefined || found.partial) return found && unknown(given.at);
  const { items } = found;
  return items.length === 0 ? undefined : items[((index % items.length) + items.length) % items.length];
}

function length(given: Given): Node | undefined {
  const node = given.value(0);
  if (!node) return undefined;
  if (isHole(node) || (node.kind !== "scalar" && node.partial)) return unknown(given.at);
  if (node.kind === "scalar")
    return typeof node.value === "string" ? known([...node.value].length, given.at) : undefined;
  return known(node.kind === "list" ? node.items.length : node.entries.length, given.at);
}

/** Keys or values of a map, in the order of the keys. */
function ofEntries(choose: (entry: MapEntry) => Node): TerraformFunction {
  return (given) => {
    const node = given.value(0);
    if (!node || isHole(node)) return node && unknown(given.at);
    return node.kind === "map"
      ? list(sorted(node.entries).map(choose), given.at, partly(node.partial === true))
      : undefined;
  };
}

function toset(given: Given): Node | undefined {
  const found = itemsOf(given.value(0));
  if (!found || found === "unknown") return found && unknown(given.at);
  return setOf(found.items, given.at, partly(found.partial));
}

function range(given: Given): Node | undefined {
  const numbers = valuesOf(given)?.map(asNumber);
  if (!numbers) return undefined;
  if (numbers.some((number) => number === undefined)) return unknown(given.at);
  const [first = 0, second] = numbers as number[];
  const [from, to] = second === undefined ? [0, first] : [first, second];
  const step = numbers[2] ?? (to < from ? -1 : 1);
  // Terraform makes no more than this.
  if (step === 0 || Math.abs((to - from) / step) > 1024) return undefined;
  const items: Node[] = [];
  for (let each = from; step > 0 ? each < to : each > to; each += step) items.push(known(each, given.at));
  return list(items, given.at);
}

function zipmap(given: Given): Node | undefined {
  const [keys, values] = [itemsOf(given.value(0)), itemsOf(given.value(1))];
  if (!keys || !values) return undefined;
  if (keys === "unknown" || values === "unknown" || keys.partial || values.partial) return unknown(given.at);
  const entries = keys.items.flatMap((key, i): MapEntry[] => {
    const name = asText(key);
    const value = values.items[i];
    return name === undefined || !value ? [] : [{ key: name, keyAt: key.at, value }];
  });
  return map(lastOfEach(entries), given.at, partly(keys.items.some((key) => asText(key) === undefined)));
}

function setproduct(given: Given): Node | undefined {
  const lists = valuesOf(given)?.map(itemsOf);
  if (!lists || lists.includes(undefined)) return undefined;
  if (lists.some((each) => each === "unknown" || (typeof each === "object" && each.partial))) return unknown(given.at);
  let rows: Node[][] = [[]];
  for (const each of lists as Items[]) {
    if (rows.length * each.items.length > 5_000) return unknown(given.at);
    rows = rows.flatMap((row) => each.items.map((item) => [...row, item]));
  }
  return list(
    rows.map((row) => list(row, given.at)),
    given.at,
  );
}

function slice(given: Given): Node | undefined {
  const found = itemsOf(given.value(0));
  const [from, to] = [asNumber(given.value(1)), asNumber(given.value(2))];
  if (!found || found === "unknown" || found.partial || from === undefined || to === undefined)
    return found && unknown(given.at);
  return to > found.items.length || from > to ? undefined : list(found.items.slice(from, to), given.at);
}

function truths(whole: boolean): TerraformFunction {
  return (given) => {
    const found = itemsOf(given.value(0));
    if (!found || found === "unknown") return found && unknown(given.at);
    const all = found.items.map(asTruth);
    if (all.includes(!whole)) return known(!whole, given.at);
    return found.partial || all.includes(undefined) ? unknown(given.at) : known(whole, given.at);
  };
}

function coalescelist(given: Given): Node | undefined {
  for (let i = 0; i < given.count; i++) {
    const found = itemsOf(given.value(i));
    if (!found || found === "unknown") return found && unknown(given.at);
    if (found.items.length > 0) return list(found.items, given.at, partly(found.partial));
    if (found.partial) return unknown(given.at);
  }
  return undefined;
}

const different = (items: readonly Node[], at: Place) => {
  const seen = new Map<string, Node>();
  for (const item of items) if (!seen.has(identityOf(item))) seen.set(identityOf(item), item);
  return list([...seen.values()], at);
};

export const collectionFunctions: Readonly<Record<string, TerraformFunction>> = {
  concat,
  merge,
  contains,
  lookup,
  element,
  length,
  toset,
  range,
  zipmap,
  setproduct,
  slice,
  coalescelist,
  keys: ofEntries(({ key, keyAt }) => known(key, keyAt)),
  values: (given) => {
    const node = given.value(0);
    // Instances of a resource are a map too.
    return node?.kind === "list" ? node : ofEntries(({ value }) => value)(given);
  },
  tolist: ofList((items) => items),
  tomap: ({ value }) => value(0),
  reverse: ofList((items) => [...items].reverse()),
  compact: ofList((items) => items.filter((item) => !isNull(item) && asText(item) !== "")),
  flatten: (given) => {
    const found = itemsOf(given.value(0));
    if (!found || found === "unknown") return found && unknown(given.at);
    const { items, partial } = flat(found.items);
    return list(items, given.at, partly(partial || found.partial));
  },
  distinct: ofWholeList((items, { at }) => different(items, at)),
  sort: ofWholeList((items, { at }) =>
    list(
      [...items].sort((a, b) => (String(asText(a)) < String(asText(b)) ? -1 : 1)),
      at,
    ),
  ),
  one: ofWholeList((items, { at }) => (items.length > 1 ? undefined : (items[0] ?? known(null, at)))),
  sum: ofWholeList((items, { at }) =>
    known(
      items.reduce((sum, item) => sum + (asNumber(item) ?? 0), 0),
      at,
    ),
  ),
  index: (given) => {
    const [whole, wanted] = [given.value(0), given.value(1)];
    const elements = whole && elementsOf(whole);
    if (!elements || elements === "unknown" || elements.partial || !wanted) return elements && unknown(given.at);
    const answers = elements.all.map(({ value }) => areEqual(value, wanted));
    const at = answers.indexOf(true);
    if (answers.slice(0, at < 0 ? undefined : at).includes(undefined)) return unknown(given.at);
    return at < 0 ? undefined : known(at, given.at);
  },
  alltrue: truths(true),
  anytrue: truths(false),
  setunion: ofSets(() => true),
  setintersection: ofSets((item, all) => all.every((names) => names.has(item))),
  setsubtract: ofSets((item, all, index) => index === 0 && !all[1]?.has(item)),
};

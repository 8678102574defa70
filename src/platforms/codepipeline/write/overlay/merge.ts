/**
 * What a team lays over what is written: a value over a value. Parts of a list are found by their names and never by their
 * place, so that an overlay means the same when the definition grows.
 */

import { suggestion } from "../../../../findings/nearest-name.ts";
import { CannotWrite } from "../../../generated.ts";

export type Patch = Readonly<Record<string, unknown>>;

/** By these the parts of a list are known; the first that all of them have. */
const names = ["Name", "name", "Sid", "sid", "Id", "Key"] as const;

/** In a part of a list: it goes. */
const removes = "$remove";
/** In a new part of a list: the name of the one that it comes after. */
const follows = "$after";

export interface Values {
  /** Whether it is taken as a whole: a reference, a function. */
  isWhole(value: object): boolean;
  /** What is written in an overlay, as the format has it. */
  written(value: unknown): unknown;
}

/**
 * Keys of both, the overlay's first; `null` takes a key away.
 *
 * @throws {CannotWrite} for a part that is not there.
 */
export function merged(base: unknown, patch: unknown, { values, where }: { values: Values; where: string }): unknown {
  if (Array.isArray(patch)) {
    const key = Array.isArray(base) ? nameKey([...base, ...patch]) : undefined;
    return key === undefined ? values.written(patch) : mergedList(base as Patch[], patch, { key, values, where });
  }
  if (!isPatch(patch)) return values.written(patch);
  const written = values.written(patch);
  if (!isPatch(base) || values.isWhole(base) || !isPatch(written) || values.isWhole(written)) return written;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(base[key], value, { values, where: `${where}.${key}` });
  }
  return result;
}

/** Those with a name that is there are laid over it; the others are new. */
export function mergedList<T extends object>(
  base: readonly T[],
  patches: readonly Patch[],
  {
    key,
    values,
    where,
    nameOf = (one) => (one as Patch)[key],
    mergeOne = (one, patch, at) => merged(one, patch, { values, where: at }) as T,
    made = (patch) => values.written(patch) as T,
  }: {
    key: string;
    values: Values;
    where: string;
    nameOf?: (one: T) => unknown;
    mergeOne?: (one: T, patch: Patch, where: string) => T;
    made?: (patch: Patch) => T;
  },
): T[] {
  const result = [...base];
  const known = () => result.map((one) => String(nameOf(one)));
  const placeOf = (name: unknown) => {
    const place = result.findIndex((one) => nameOf(one) === name);
    if (place !== -1) return place;
    throw notThere(`${where} has no ${String(name)}`, String(name), known());
  };
  for (const { [removes]: isGone, [follows]: before, ...patch } of patches) {
    const name = patch[key];
    const at = `${where}.${String(name)}`;
    if (isGone === true) result.splice(placeOf(name), 1);
    else if (before !== undefined) result.splice(placeOf(before) + 1, 0, made(patch));
    else if (known().includes(String(name))) {
      const place = placeOf(name);
      result[place] = mergeOne(result[place]!, patch, at);
    } else result.push(made(patch));
  }
  return result;
}

export function notThere(what: string, name: string, known: readonly string[]): CannotWrite {
  return new CannotWrite(`the overlay: ${what}`, suggestion(name, known, "names"));
}

export const isPatch = (value: unknown): value is Patch =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function nameKey(parts: readonly unknown[]): string | undefined {
  if (parts.length === 0 || !parts.every(isPatch)) return undefined;
  return names.find((name) => parts.every((one) => typeof one[name] === "string"));
}

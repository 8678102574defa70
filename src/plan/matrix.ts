import type { Matrix } from "../model/delivery.ts";
import { legSuffix } from "./job-id.ts";

type Leg = Record<string, string>;

/**
 * The legs of a matrix as GitHub makes them: all combinations of `values`, less those that an `exclude` entry describes (in
 * part is enough); then each `include` entry is added to every combination whose values it would not change, and stands as a leg
 * of its own where there is none. Values that an earlier entry added may be changed. A leg that comes out twice counts once.
 * Source: GitHub documentation, "Running variations of jobs in a workflow".
 */
export function matrixLegs({ values, include, exclude }: Matrix): Leg[] {
  const combinations = combine(Object.entries(values)).filter(
    (leg) => !exclude.some((entry) => Object.entries(entry).every(([key, value]) => own(leg, key) === value)),
  );
  const legs = combinations.map((original) => ({ original, leg: { ...original } }));
  const added: Leg[] = [];
  for (const entry of include) {
    const matching = legs.filter(({ original }) =>
      Object.entries(entry).every(([key, value]) => own(original, key) === undefined || own(original, key) === value),
    );
    for (const { leg } of matching) Object.assign(leg, entry);
    if (matching.length === 0) added.push({ ...entry });
  }
  const unique = new Map([...legs.map(({ leg }) => leg), ...added].map((leg) => [legSuffix(leg), leg]));
  return [...unique.values()];
}

/** No values at all make no combination, rather than one that is empty. */
function combine(entries: [string, string[]][]): Leg[] {
  if (entries.length === 0) return [];
  return entries.reduce<Leg[]>(
    (legs, [key, values]) => legs.flatMap((leg) => values.map((value) => ({ ...leg, [key]: value }))),
    [{}],
  );
}

function own(leg: Leg, key: string): string | undefined {
  return Object.hasOwn(leg, key) ? leg[key] : undefined;
}

import type { Matrix } from "./delivery.ts";

/** The value of each dimension in one leg. */
export type MatrixLeg = Record<string, string>;

/**
 * The legs of a matrix, in the order of the definition, with GitHub's rules: `exclude` removes every combination that
 * agrees with all of its keys; each `include` is added to the combinations whose original values it would not change,
 * and becomes a leg of its own when there is none. No matrix is one leg without values.
 */
export function matrixLegs(matrix: Matrix | undefined): MatrixLeg[] {
  if (!matrix) return [{}];
  const dimensions = Object.entries(matrix.values);
  let originals: MatrixLeg[] = dimensions.length > 0 ? [{}] : [];
  for (const [dimension, values] of dimensions) {
    originals = originals.flatMap((leg) => values.map((value) => ({ ...leg, [dimension]: value })));
  }
  originals = originals.filter((leg) => !matrix.exclude.some((excluded) => agrees(leg, excluded)));
  const legs = originals.map((leg) => ({ ...leg }));
  for (const included of matrix.include) {
    let fits = false;
    originals.forEach((original, index) => {
      const changes = Object.keys(included).some(
        (key) => Object.hasOwn(original, key) && original[key] !== included[key],
      );
      if (changes) return;
      fits = true;
      Object.assign(legs[index]!, included);
    });
    if (!fits) legs.push({ ...included });
  }
  return legs;
}

/** How many combinations there are before `include` and `exclude`, without making them. */
export function combinationCount(matrix: Matrix): number {
  const sizes = Object.values(matrix.values).map((values) => values.length);
  return sizes.length === 0 ? 0 : sizes.reduce((product, size) => product * size, 1);
}

function agrees(leg: MatrixLeg, excluded: MatrixLeg): boolean {
  return Object.entries(excluded).every(([key, value]) => leg[key] === value);
}

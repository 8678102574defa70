/** The lines left of the pipelines that show who needs whom, as a terminal's `tree` draws them. */

export interface Twig {
  /** For each level above: whether its line goes on below this row. */
  readonly rails: readonly boolean[];
  readonly isLast: boolean;
  readonly depth: number;
}

/** `pipelines` stand behind what they need; each hangs on the last of its needs, the one that keeps it waiting longest. */
export function twigs(pipelines: readonly { name: string; needs: readonly string[] }[]): Twig[] {
  const at = new Map(pipelines.map(({ name }, index) => [name, index]));
  const parents = pipelines.map(({ needs }) => Math.max(-1, ...needs.map((need) => at.get(need) ?? -1)));
  return pipelines.map((_, index) => {
    const line: number[] = [];
    for (let one = index; one >= 0; one = parents[one]!) line.unshift(one);
    const goesOn = (one: number, from: number) =>
      parents.some((parent, other) => other > from && parent === parents[one]);
    return {
      depth: line.length - 1,
      rails: line.slice(1, -1).map((ancestor) => goesOn(ancestor, index)),
      isLast: !goesOn(index, index),
    };
  });
}

/** Jobs by name, each with the jobs it needs. */
export type JobGraph = Map<string, string[]>;

/** Layers of 100 jobs; each job needs five of the layer before, spread so that no layer splits into parts. */
export function layers(count: number): JobGraph {
  const graph: JobGraph = new Map();
  for (let layer = 0; layer < count; layer++) {
    for (let job = 0; job < 100; job++) {
      const before = [0, 1, 7, 31, 53].map((step) => `l${layer - 1}-j${(job + step) % 100}`);
      graph.set(`l${layer}-j${job}`, layer === 0 ? [] : before);
    }
  }
  return graph;
}

export function chain(length: number): JobGraph {
  const names = Array.from({ length }, (_, job) => `j${job}`);
  return new Map(names.map((name, job) => [name, job === 0 ? [] : [names[job - 1]!]]));
}

/** The parts of a stage in an order that its run orders can say. */

import { matrixLegs } from "../../../model/matrix-legs.ts";
import { buildKeyedGraph } from "../../../order/keyed-graph.ts";
import { layers } from "../../../order/topological.ts";
import { CannotWrite } from "../../generated.ts";
import type { JobPlace } from "./job-place.ts";
import { knownText } from "./known-values.ts";

/** A job, or one leg of its matrix. */
export interface Part {
  readonly place: JobPlace;
  /** Empty for a job without a matrix. */
  readonly leg: Readonly<Record<string, string>>;
  readonly runOrder: number;
}

/**
 * All that must come before a part has a lower run order. Parts of one run order run at the same time; a run order
 * begins when all of the one before have passed, so the order and the gates are those of the delivery or stronger.
 */
export function orderedParts(places: readonly JobPlace[]): Part[] {
  const legs = places.flatMap((place) => matrixLegs(place.job.matrix).map((leg) => ({ place, leg })));
  type Leg = (typeof legs)[number];
  const edges: [Leg, Leg][] = [];
  const orders = new Orders(places);
  for (const later of legs) {
    const comesBefore = orders.before(later.place);
    for (const earlier of legs) if (comesBefore(earlier.place)) edges.push([earlier, later]);
  }
  const chains = [
    ...places.map((place) => ({
      members: legs.filter((leg) => leg.place === place),
      limit: place.job.matrix?.maxParallel,
    })),
    ...groups(legs),
  ];
  for (const { members, limit } of chains) {
    if (limit === undefined) continue;
    const sorted = sortedByOrder(members, edges, legs);
    for (const [index, later] of sorted.slice(limit).entries()) edges.push([sorted[index]!, later]);
  }
  const layerOf = layers(buildKeyedGraph(legs, edges).graph);
  return legs.map((leg, index) => ({ ...leg, runOrder: layerOf[index]! + 1 }));
}

/** What a delivery says of the order of jobs in one stage. */
class Orders {
  readonly #pipelines: ReadonlyMap<string, readonly string[]>;
  readonly #before = new Map<string, ReadonlySet<string>>();

  constructor([first]: readonly JobPlace[]) {
    this.#pipelines = new Map(first?.line.onBranch.map(({ name, needs }) => [name, needs]));
  }

  /** Tells who comes before a job: in its own pipeline by its needs, elsewhere by its pipeline's. */
  before({ pipeline, name }: JobPlace): (earlier: JobPlace) => boolean {
    const jobs = allBefore(name, (job) => pipeline.jobs[job]!.needs);
    const pipelines = this.#pipelinesBefore(pipeline.name);
    return (earlier) => (earlier.pipeline === pipeline ? jobs.has(earlier.name) : pipelines.has(earlier.pipeline.name));
  }

  #pipelinesBefore(name: string): ReadonlySet<string> {
    const known = this.#before.get(name);
    if (known) return known;
    const found = allBefore(name, (pipeline) => this.#pipelines.get(pipeline)!);
    this.#before.set(name, found);
    return found;
  }
}

/** Also across those that are not here: what they would have waited for is still waited for. */
function allBefore(name: string, needs: (name: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...needs(name)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...needs(next));
  }
  return found;
}

/** Members of a group that may only run so many at a time, sorted so that no edge is turned round. */
function sortedByOrder<T>(members: readonly T[], edges: readonly [T, T][], all: readonly T[]): T[] {
  const layerOf = layers(buildKeyedGraph(all, edges).graph);
  const layer = new Map(all.map((one, index) => [one, layerOf[index]!]));
  return [...members].sort((a, b) => layer.get(a)! - layer.get(b)!);
}

function groups<T extends { place: JobPlace }>(legs: readonly T[]): { members: T[]; limit: number }[] {
  const found = new Map<string, { members: T[]; limit: number }>();
  for (const leg of legs) {
    const group = groupOf(leg.place);
    if (group === undefined) continue;
    const { limit } = leg.place.job.concurrency!;
    const known = found.get(group);
    if (known) {
      known.members.push(leg);
      known.limit = Math.min(known.limit, limit);
    } else found.set(group, { members: [leg], limit });
  }
  return [...found.values()];
}

/** The name of a job's group. @throws {CannotWrite} when only a run knows it. */
export function groupOf(place: JobPlace): string | undefined {
  const { concurrency } = place.job;
  if (concurrency === undefined) return undefined;
  const group = knownText(concurrency.group, place);
  if (group !== undefined) return group;
  throw new CannotWrite(
    `the concurrency group of ${place.pipeline.name}.${place.name} is known only while it runs, and CodePipeline has no locks of that kind`,
    "name the group by variables, the environment or the branch",
  );
}

/** A stage is the only lock there is. @throws {CannotWrite} for a group that reaches over several. */
export function refuseWideGroups(stages: readonly { name: string; places: readonly JobPlace[] }[]): void {
  const stageOf = new Map<string, { stage: string; place: JobPlace }>();
  for (const { name, places } of stages) {
    for (const place of places) {
      const group = groupOf(place);
      if (group === undefined) continue;
      const known = stageOf.get(group);
      if (known && known.stage !== name) {
        throw new CannotWrite(
          `the concurrency group ${group} is used in the stages ${known.stage} and ${name}, and CodePipeline has no lock over two stages`,
          "put the environment into the name of the group, or leave the group out where a stage is lock enough",
        );
      }
      stageOf.set(group, { stage: name, place });
    }
  }
}

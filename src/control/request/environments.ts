import type { Delivery } from "../../model/delivery.ts";
import { matchesAny } from "../../model/filters.ts";
import { notThere, refused } from "../control.ts";

export interface EnvironmentChoice {
  /** This one alone. */
  env?: string | undefined;
  /** This one and everything that comes before it. */
  to?: string | undefined;
  branch: string | undefined;
}

/**
 * The environments of a run in promotion order. Without a choice: those that pushes to the branch deploy to, with what
 * comes before them, else the first.
 */
export function chooseEnvironments(delivery: Delivery, { env, to, branch }: EnvironmentChoice): string[] {
  if (env !== undefined && to !== undefined) {
    throw refused("two-targets", { subject: env, known: [env, to] });
  }
  if (env !== undefined) return [knownEnvironment(delivery, env)];
  if (to !== undefined) return closure(delivery, [knownEnvironment(delivery, to)]);
  const { environments } = delivery;
  const isMatch = (pattern: string | undefined) =>
    pattern !== undefined && branch !== undefined && matchesAny([pattern], [branch]);
  const matching = environments.filter((environment) => isMatch(environment.branch));
  const chosen = matching.length > 0 ? matching : environments.slice(0, 1);
  return closure(
    delivery,
    chosen.map(({ name }) => name),
  );
}

export function knownEnvironment(delivery: Delivery, name: string): string {
  const names = delivery.environments.map((environment) => environment.name);
  if (names.includes(name)) return name;
  throw notThere("no-environment", name, names);
}

/** These and everything that comes before them, in promotion order. */
export function closure(delivery: Delivery, names: readonly string[]): string[] {
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const before of delivery.environments.find((environment) => environment.name === name)?.after ?? [])
      add(before);
  };
  for (const name of names) add(name);
  return delivery.environments.map((environment) => environment.name).filter((name) => wanted.has(name));
}

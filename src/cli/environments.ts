import type { Delivery } from "../model/delivery.ts";
import { matchesAny } from "../model/filters.ts";
import { nearestName } from "../model/nearest-name.ts";
import { UsageError } from "./problem.ts";

export interface EnvironmentChoice {
  /** `--env`: exactly this one. */
  env?: string | undefined;
  /** `--to`: this one and everything that comes before it. */
  to?: string | undefined;
  branch: string | undefined;
}

/**
 * The environments of a run in promotion order. Without a choice: those that pushes to the branch deploy to, else the
 * first. An environment is never reached without what it comes after.
 */
export function chooseEnvironments(delivery: Delivery, choice: EnvironmentChoice): string[] {
  if (choice.env !== undefined && choice.to !== undefined) {
    throw new UsageError("--env and --to exclude each other", {
      next: `--to ${choice.to} goes through everything before ${choice.to}; --env ${choice.env} takes ${choice.env} alone`,
    });
  }
  if (choice.env !== undefined) return [only(delivery, choice.env)];
  if (choice.to !== undefined) return closure(delivery, [known(delivery, choice.to)]);
  const { branch } = choice;
  const matching =
    branch === undefined
      ? []
      : delivery.environments.filter((env) => env.branch !== undefined && matchesAny([env.branch], [branch]));
  const first = delivery.environments.slice(0, 1);
  return closure(
    delivery,
    (matching.length > 0 ? matching : first).map(({ name }) => name),
  );
}

function only(delivery: Delivery, name: string): string {
  const environment = delivery.environments.find((env) => env.name === known(delivery, name))!;
  if (environment.after.length === 0) return name;
  throw new UsageError(`${name} comes after ${environment.after.join(" and ")}: a release has to pass there first`, {
    next: `use --to ${name}, which goes through ${closure(delivery, [name]).join(", ")}`,
  });
}

function known(delivery: Delivery, name: string): string {
  const names = delivery.environments.map((env) => env.name);
  if (names.includes(name)) return name;
  const near = nearestName(name, names);
  throw new UsageError(`there is no environment "${name}"${near ? `; did you mean ${near}?` : ""}`, {
    next: `the environments are ${names.join(", ")}`,
  });
}

function closure(delivery: Delivery, names: string[]): string[] {
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const before of delivery.environments.find((env) => env.name === name)?.after ?? []) add(before);
  };
  for (const name of names) add(name);
  return delivery.environments.map((env) => env.name).filter((name) => wanted.has(name));
}

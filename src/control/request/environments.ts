import type { Delivery, Environment, EventName } from "../../model/delivery.ts";
import { deploysOn } from "../../model/deploys-on.ts";
import { isPreview, standing } from "../../model/previews.ts";
import { notThere, refused } from "../control.ts";

export interface EnvironmentChoice {
  /** This one alone. */
  env?: string | undefined;
  /** This one and everything that comes before it. */
  to?: string | undefined;
  branch: string | undefined;
  event: EventName;
}

export interface ChosenEnvironments {
  /** In promotion order. */
  environments: string[];
  /** Why it goes to the first one, when neither the request nor the branch says where. */
  guessed: string | undefined;
}

/**
 * Where a run goes. What starts by itself goes where its branch leads. What is started by hand goes as far as it is told, and
 * without being told to the environments that take the branch, with what comes before them; else to the first one.
 */
export function chooseEnvironments(
  delivery: Delivery,
  { env, to, branch, event }: EnvironmentChoice,
): ChosenEnvironments {
  if (env !== undefined && to !== undefined) {
    throw refused("two-targets", { subject: env, known: [env, to] });
  }
  const told = (environments: string[]): ChosenEnvironments => ({ environments, guessed: undefined });
  if (env !== undefined) return told([knownEnvironment(delivery, env)]);
  if (to !== undefined) return told(closure(delivery, [knownEnvironment(delivery, to)]));
  const { environments } = standing(delivery);
  const reached = branch === undefined ? [] : deploysOn(delivery, branch);
  const withBranch = environments.filter((environment) => environment.branch !== undefined);
  if (event === "push" || event === "schedule") {
    // Nothing is deployed from other branches; the plan says so for each environment that has one.
    return told(closure(delivery, namesOf(reached.length > 0 ? reached : withBranch)));
  }
  const taking = reached.filter((environment) => environment.branch !== undefined);
  if (taking.length > 0) return told(closure(delivery, namesOf(taking)));
  const [first] = environments;
  if (first === undefined) return told([]);
  const where = branch === undefined ? "no branch is checked out" : `no environment takes pushes to ${branch}`;
  return {
    environments: closure(delivery, [first.name]),
    guessed: event === "manual" && withBranch.length > 0 ? where : undefined,
  };
}

const namesOf = (environments: readonly Environment[]): string[] => environments.map(({ name }) => name);

export function knownEnvironment(delivery: Delivery, name: string): string {
  const names = namesOf(standing(delivery).environments);
  if (isPreview(delivery, name)) throw refused("is-preview", { subject: name });
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

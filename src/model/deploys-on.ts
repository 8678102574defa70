import type { Delivery, Environment } from "./delivery.ts";
import { durationText } from "./duration.ts";
import { compileFilter } from "./filters.ts";

type Environments = Pick<Delivery, "environments">;

/**
 * The environments that a commit pushed to a branch goes through, in the order in which they were written. The one answer
 * to "what does a push deploy": whoever plans, runs, generates or checks asks here.
 *
 * An environment with a branch takes what is pushed to it; one without follows those that it comes after, and by itself is
 * reached by hand only. No push goes where releases are promoted by themselves, nor on from there. `after` holds for every commit: nothing goes where the same push does not first go through
 * everything that comes before.
 */
export function deploysOn({ environments }: Environments, branch: string): Environment[] {
  const reaches = reachOf({ environments }, branch);
  return environments.filter(({ name }) => reaches(name) === undefined);
}

/** Why a push does not go to an environment. */
export type NotReached =
  /** It takes pushes to another branch. */
  | { kind: "other-branch"; branch: string }
  /** It has neither a branch nor an environment that it comes after. */
  | { kind: "by-hand" }
  /** Releases are promoted to it by themselves when they have soaked for so long. */
  | { kind: "promoted"; soakMs: number }
  /** The push does not go through `before`, for a reason of its own. */
  | { kind: "behind"; before: string; because: NotReached };

/** Undefined where pushes to the branch do go there. The environment must be one of the delivery's. */
export function whyNotOn(delivery: Environments, environment: string, branch: string): NotReached | undefined {
  return reachOf(delivery, branch)(environment);
}

function reachOf({ environments }: Environments, branch: string): (name: string) => NotReached | undefined {
  const named = new Map(environments.map((environment) => [environment.name, environment]));
  const known = new Map<string, NotReached | undefined>();
  const reach = (name: string): NotReached | undefined => {
    if (known.has(name)) return known.get(name);
    // What waits for itself is refused elsewhere; here it is reached by nothing.
    known.set(name, { kind: "by-hand" });
    const answer = notReached(named.get(name));
    known.set(name, answer);
    return answer;
  };
  const notReached = (environment: Environment | undefined): NotReached | undefined => {
    if (environment === undefined) return { kind: "by-hand" };
    const { branch: own, after, promote } = environment;
    if (promote !== undefined) return { kind: "promoted", soakMs: promote.soakMs };
    if (own !== undefined && !compileFilter([own]).matches(branch)) return { kind: "other-branch", branch: own };
    if (own === undefined && after.length === 0) return { kind: "by-hand" };
    for (const before of after) {
      const because = reach(before);
      if (because !== undefined) return { kind: "behind", before, because };
    }
    return undefined;
  };
  return reach;
}

/** `pushes to main deploy to test, which …`: one sentence without a final stop, for people. */
export function notReachedText(environment: string, branch: string, why: NotReached): string {
  switch (why.kind) {
    case "other-branch":
      return `pushes to ${branch} do not deploy to ${environment}, whose branch is ${why.branch}`;
    case "by-hand":
      return `pushes do not deploy to ${environment}: it has neither a branch nor an environment that it comes after`;
    case "promoted":
      return `pushes do not deploy to ${environment}: baton serve promotes to it what was in all that comes before for ${durationText(why.soakMs)}`;
    case "behind":
      return `${environment} comes after ${why.before}, and ${notReachedText(why.before, branch, why.because)}`;
    default:
      return why satisfies never;
  }
}

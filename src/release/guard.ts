import type { Delivery, Environment } from "../model/delivery.ts";
import { notReachedText, whyNotOn } from "../model/deploys-on.ts";
import type { Plan } from "../plan/plan.ts";

/** What is about to be deployed: where it comes from, as far as git knows. */
export interface Origin {
  /** Undefined: a commit without a branch is checked out, or there is no repository. */
  branch: string | undefined;
  /** Somebody only says that it is this branch: no branch of that name that git knows has the commit. */
  isUnproven?: boolean;
  /** Files that no commit holds. */
  uncommitted: number;
}

/** Something that a push would not have brought to an environment. */
export interface Stray {
  environment: string;
  code: "other-branch" | "no-branch" | "uncommitted";
  /** One sentence without a final stop. */
  text: string;
  /** The environment asks for approval: it is refused unless somebody says that it is meant. */
  isRefused: boolean;
}

export interface Meant {
  anyBranch: boolean;
  allowDirty: boolean;
}

/**
 * What a plan is about to bring to environments past their branches. Only where something deploys: checks concern nobody. An
 * environment that no branch leads to, be it through others, has nothing to say.
 */
export function straysOf(delivery: Delivery, { plan, origin }: { plan: Plan; origin: Origin }): Stray[] {
  // Whoever goes there by hand need not wait as a promotion by itself does.
  const byHand = { environments: delivery.environments.map(({ promote: _, ...environment }) => environment) };
  const named = new Map(delivery.environments.map((environment) => [environment.name, environment]));
  return plan.environments.flatMap((name) => {
    if (!isDeployedTo(delivery, plan, name)) return [];
    const entries = branchesOf(name, named);
    if (entries.length === 0) return [];
    const isRefused = named.get(name)?.approval !== undefined;
    const stray = (code: Stray["code"], text: string): Stray => ({ environment: name, code, text, isRefused });
    const strays: Stray[] = [];
    if (origin.branch === undefined) {
      strays.push(stray("no-branch", `${name} takes pushes to ${entries.join(" or ")}, and no branch is checked out`));
    } else {
      const why = whyNotOn(byHand, name, origin.branch);
      if (why !== undefined) strays.push(stray("other-branch", notReachedText(name, origin.branch, why)));
      else if (origin.isUnproven) {
        const takes = `${name} takes pushes to ${entries.join(" or ")}`;
        strays.push(stray("other-branch", `${takes}, and this commit is on no branch ${origin.branch} that git knows`));
      }
    }
    if (origin.uncommitted > 0) {
      const files = origin.uncommitted === 1 ? "1 file that is" : `${origin.uncommitted} files that are`;
      strays.push(stray("uncommitted", `${name} would get ${files} not committed`));
    }
    return strays;
  });
}

/** Those that nobody said are meant, of environments that ask for approval. */
export function refusedStrays(strays: readonly Stray[], { anyBranch, allowDirty }: Meant): Stray[] {
  return strays.filter(({ code, isRefused }) => isRefused && !(code === "uncommitted" ? allowDirty : anyBranch));
}

function isDeployedTo(delivery: Delivery, { jobs }: Plan, name: string): boolean {
  return jobs.some(
    ({ environment, decision, pipeline, job }) =>
      environment === name &&
      decision === "run" &&
      delivery.pipelines.find((one) => one.name === pipeline)?.jobs[job]?.deploys === true,
  );
}

/** Its own branch, else those of what it follows. */
function branchesOf(name: string, named: ReadonlyMap<string, Environment>): string[] {
  const environment = named.get(name);
  if (environment === undefined) return [];
  if (environment.branch !== undefined) return [environment.branch];
  return [...new Set(environment.after.flatMap((before) => branchesOf(before, named)))];
}

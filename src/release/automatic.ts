import type { Delivery } from "../model/delivery.ts";
import type { EnvironmentPast, ReleaseFacts, ReleaseHistory, RunFacts, Visit } from "./history.ts";
import { promotionTo } from "./moves.ts";

/** A release that goes on to an environment by itself, unless something else happens before. */
export interface AutomaticPromotion {
  environment: string;
  release: number;
  /** Whose push it was: servers that deliver this branch promote it. */
  branch: string;
  /** When it has been in all that comes before for long enough, in milliseconds since the epoch. */
  at: number;
}

/**
 * What is promoted by itself, and when: the release that a person's promotion would take, provided that it is what everything
 * right before has now. Derived from the history each time, so nothing has to be called off: a rollback there, a newer release that
 * begins to be deployed there, and a promotion that was tried, whatever came of it, leave nothing to do.
 *
 * `runs` are those of the history; all that were made after a release must be among them, or it is left alone.
 */
export function automaticPromotions(history: ReleaseHistory, runs: readonly RunFacts[]): AutomaticPromotion[] {
  const [newest] = history.releases.values();
  return (newest?.facts.delivery.environments ?? []).flatMap(({ name }) => promotionBy(history, runs, name) ?? []);
}

function promotionBy(
  history: ReleaseHistory,
  runs: readonly RunFacts[],
  environment: string,
): AutomaticPromotion | undefined {
  const found = promotionTo(history, { to: environment });
  if (!("move" in found)) return undefined;
  const { release } = found.move;
  const { promote, after } = environmentIn(release.facts.delivery, environment) ?? {};
  const { branch, event } = release.facts.plan.change;
  // What somebody has run by hand is theirs to bring on.
  const isDelivered = (event === "push" || event === "schedule") && branch !== "";
  if (promote === undefined || after === undefined || !isDelivered) return undefined;
  if (wasTried(release, environment, { history, runs })) return undefined;
  const since = after.map((name) => thereSince(release, history.environments.get(name)));
  if (since.some((at) => at === undefined)) return undefined;
  return {
    environment,
    release: release.number,
    branch,
    at: Math.max(...since.map((at) => at!)) + promote.soakMs,
  };
}

const environmentIn = ({ environments }: Delivery, name: string) => environments.find((one) => one.name === name);

/** Somebody, or a server, has begun to bring it there before; who wants it again says so. */
function wasTried(
  { number }: ReleaseFacts,
  to: string,
  { history, runs }: { history: ReleaseHistory; runs: readonly RunFacts[] },
): boolean {
  const isThere = ({ release }: Visit) => release === number;
  return (
    history.environments.get(to)?.visits.some(isThere) === true ||
    runs.some(({ moves, plan }) => moves === number && plan.environments.includes(to))
  );
}

/** Since when the environment has this release and nothing else. Undefined: it has something else, or is being changed. */
function thereSince({ number, facts }: ReleaseFacts, past: EnvironmentPast | undefined): number | undefined {
  const here = past?.visits.at(-1);
  // Nothing of it had to run there: it is what was there already, and was so when it was made.
  if (here === undefined) return facts.at;
  if (here.outcome !== "whole" || here.only.length > 0) return undefined;
  // Also where it came back: then it soaks anew.
  if (here.release === number) return here.at;
  const hasComeLater = here.seq > facts.seq;
  return hasComeLater || here.release > number ? undefined : Math.max(here.at, facts.at);
}

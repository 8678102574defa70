import type { EnvironmentPast, ReleaseFacts, ReleaseHistory, RunFacts } from "./history.ts";
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

/** A release that could go on there, and does not by itself. */
export interface HeldPromotion {
  environment: string;
  release: number;
  /** For people: a sentence without a final stop. */
  text: string;
}

export interface Outlook {
  promotions: AutomaticPromotion[];
  held: HeldPromotion[];
}

/**
 * What is promoted by itself, and when: the release that a person's promotion would take, provided that it is what everything right
 * before has now; and what is not, and why. Derived from the history each time, so nothing has to be called off: a rollback there, a
 * newer release that begins to be deployed there, also by hand, and a promotion that was tried, whatever came of it, leave nothing to do.
 *
 * `runs` are those of the history; all that were made after a release must be among them, or it is left alone.
 */
export function automaticPromotions(history: ReleaseHistory, runs: readonly RunFacts[]): Outlook {
  const chosen = [...history.releases.values()].flatMap(({ facts }) =>
    facts.delivery.environments.flatMap(({ name, promote }) => (promote === undefined ? [] : name)),
  );
  const found = [...new Set(chosen)].flatMap((name) => outlookOf(history, runs, name) ?? []);
  return {
    promotions: found.flatMap((one) => ("at" in one ? one : [])),
    held: found.flatMap((one) => ("text" in one ? one : [])),
  };
}

function outlookOf(
  history: ReleaseHistory,
  runs: readonly RunFacts[],
  environment: string,
): AutomaticPromotion | HeldPromotion | undefined {
  const moving = promotionTo(history, { to: environment });
  if (!("move" in moving)) return undefined;
  const { release } = moving.move;
  const { number, facts } = release;
  const { branch, event } = facts.plan.change;
  const newest = [...history.releases.values()].find((one) => one.facts.plan.change.branch === branch);
  const { promote, after = [] } = environmentIn(release, environment) ?? {};
  // Whoever takes the choice out of the definition of its branch does not want it any more, of older releases either.
  if (promote === undefined || environmentIn(newest, environment)?.promote === undefined) return undefined;
  const held = (why: string): HeldPromotion => ({
    environment,
    release: number,
    text: `release ${number} does not go to ${environment} by itself: ${why}`,
  });
  if ((event !== "push" && event !== "schedule") || branch === "") {
    return held(`${facts.by ?? "somebody"} ran it by hand`);
  }
  const isTry = ({ moves, plan }: RunFacts) => moves === number && plan.environments.includes(environment);
  const tried = runs
    .filter(isTry)
    .reduce<RunFacts | undefined>((a, b) => (a && a.number > b.number ? a : b), undefined);
  // What is at it just now says so itself.
  if (tried !== undefined) return tried.conclusion && held(`run ${tried.run} took it there, and ${endOf(tried)}`);
  if (history.environments.get(environment)?.visits.some((visit) => visit.release === number)) {
    return held("it was there before");
  }
  const since = after.map((name) => thereSince(release, name, history.environments.get(name)));
  const gone = since.find((one) => typeof one === "string");
  if (gone !== undefined) return held(gone);
  return { environment, release: number, branch, at: Math.max(...(since as number[])) + promote.soakMs };
}

function environmentIn(release: ReleaseFacts | undefined, environment: string) {
  return release?.facts.delivery.environments.find(({ name }) => name === environment);
}

function endOf({ conclusion }: RunFacts): string {
  return conclusion === "succeeded"
    ? "it is not there as a whole any more"
    : conclusion === "failed"
      ? "failed"
      : "was cancelled";
}

/** Since when the environment has this release and nothing else, or what it has instead. */
function thereSince({ number, facts }: ReleaseFacts, name: string, past: EnvironmentPast | undefined): number | string {
  const here = past?.visits.at(-1);
  // Nothing of it had to run there: it is what was there already, and was so when it was made.
  if (here === undefined) return facts.at;
  const isSame = here.release === number;
  if (here.outcome === "open") return `${isSame ? "it" : `release ${here.release}`} is being deployed to ${name}`;
  if (here.outcome === "part") return `${isSame ? "it" : `release ${here.release}`} did not come to ${name} as a whole`;
  if (here.only.length > 0) return `${name} has ${here.only.join(", ")} of release ${here.release} alone`;
  // Also where it came back: then it soaks anew.
  if (isSame) return here.at;
  const hasComeLater = here.seq > facts.seq;
  return hasComeLater || here.release > number ? `${name} has release ${here.release}` : Math.max(here.at, facts.at);
}

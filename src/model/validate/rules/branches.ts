import type { Environment } from "../../delivery.ts";
import { deploysOn } from "../../deploys-on.ts";
import { compileFilter, patternProblem } from "../../filters.ts";
import { type Rule, refusal, type Subject } from "../subject.ts";

/**
 * An environment takes pushes that do not go through what comes before it: nothing pushed could ever get there. Judged by the
 * branches that are named in full, of its own and before it; where all are patterns, each push is judged by itself.
 */
export const branches: Rule = function* (subject) {
  const environments = [...subject.environments.values()];
  // What no branch can be matched with is told elsewhere.
  if (environments.some(({ branch }) => branch !== undefined && patternProblem(branch) !== undefined)) return;
  for (const environment of environments) {
    const { name, branch } = environment;
    // That a promotion and a push both lead there is told elsewhere.
    if (branch === undefined || environment.promote !== undefined) continue;
    const before = environmentsBefore(environment, subject);
    // That it comes after itself is told elsewhere, and then nothing gets to it.
    if (before.includes(environment)) continue;
    const candidates = [environment, ...before].flatMap((one) =>
      one.branch === undefined || isPattern(one.branch) ? [] : [one.branch],
    );
    const isReached = candidates.some((candidate) => deploysOn(subject.delivery, candidate).includes(environment));
    if (candidates.length === 0 || isReached) continue;
    const blocking =
      before.find((one) => isBlocking(one, candidates[0]!)) ?? before.find((one) => one.branch !== branch);
    if (blocking === undefined) continue;
    const takes =
      blocking.promote !== undefined
        ? "is reached by promotion only"
        : blocking.branch === undefined
          ? "is reached by hand only"
          : `takes pushes to ${blocking.branch}`;
    yield refusal("branch-behind", ["environments", name, "branch"], {
      message: `no push can get to "${name}": it takes pushes to ${branch} and comes after "${blocking.name}", which ${takes}`,
      related: [
        {
          message: `"${blocking.name}" ${takes}`,
          path: ["environments", blocking.name, ...(blocking.branch === undefined ? [] : ["branch"])],
        },
      ],
      help:
        `take \`branch\` out of "${name}", so that it follows with the very commit that "${blocking.name}" had; or take ` +
        `\`after\` out: a merge into ${branch} is another commit, which "${blocking.name}" has never had`,
    });
  }
};

/** Nearest first. */
function environmentsBefore({ after }: Environment, { environments }: Subject): Environment[] {
  const before = new Set<Environment>();
  const add = (names: readonly string[]): void => {
    for (const name of names) {
      const found = environments.get(name);
      if (found !== undefined) before.add(found);
    }
  };
  add(after);
  for (const one of before) add(one.after);
  return [...before];
}

function isBlocking({ branch, after, promote }: Environment, pushed: string): boolean {
  if (promote !== undefined) return true;
  return branch === undefined ? after.length === 0 : !compileFilter([branch]).matches(pushed);
}

const isPattern = (branch: string): boolean => /[*?+[\]!\\]/.test(branch);

import { patternProblem } from "../../filters.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { allConditions } from "../conditions.ts";
import { cronProblem } from "../cron.ts";
import { type Rule, refusal } from "../subject.ts";

/** Path and branch globs that GitHub would take and that can match something; cron lines that have times. */
export const filters: Rule = function* (subject) {
  for (const { name, branch } of subject.delivery.environments) {
    if (branch !== undefined) yield* wrongGlob(branch, ["environments", name, "branch"], "branch");
    if (branch?.startsWith("!")) yield onlyNegated(["environments", name, "branch"]);
  }
  for (const { name, triggers } of subject.pipelines.values()) {
    const path = ["pipelines", name];
    yield* wrongGlobs(triggers.paths, [...path, "paths"], "path");
    yield* wrongGlobs(triggers.branches, [...path, "branches"], "branch");
    for (const [index, line] of triggers.schedules.entries()) {
      const problem = cronProblem(line);
      if (problem === undefined) continue;
      yield refusal("wrong-schedule", [...path, "schedules", index], {
        message: `"${line}" is not a cron line: ${problem}`,
        help: 'write minute, hour, day of the month, month and day of the week, for example "30 4 * * 1-5"',
      });
    }
  }
  for (const { condition, path } of allConditions(subject)) {
    if ("branch" in condition) yield* wrongGlobs(condition.branch, [...path, "branch"], "branch");
  }
};

function* wrongGlobs(globs: readonly string[], path: DefinitionPath, kind: "path" | "branch"): Generator<Refusal> {
  for (const [index, glob] of globs.entries()) yield* wrongGlob(glob, [...path, index], kind);
  if (globs.length > 0 && globs.every((glob) => glob.startsWith("!"))) yield onlyNegated(path);
}

function onlyNegated(path: DefinitionPath): Refusal {
  return refusal("only-negated-globs", path, {
    message: "every glob here begins with !, so nothing is matched that they could take away again",
    help: 'put "**" first, then what is to be left out',
  });
}

function* wrongGlob(glob: string, path: DefinitionPath, kind: "path" | "branch"): Generator<Refusal> {
  const problem = patternProblem(glob);
  const refuse = (message: string, help: string) => refusal("wrong-glob", path, { message, help });
  if (problem) {
    yield refuse(
      `"${glob}" is not a ${kind} glob: ${problem.message} (character ${problem.at + 1})`,
      problem.at < glob.length
        ? 'put "\\" before a character that is meant as it is'
        : `leave it out, or write the ${kind} that is meant`,
    );
    return;
  }
  if (kind === "branch") return;
  const bare = glob.replace(/^!/, "");
  const clean = bare.replace(/^(?:\.?\/)+/, "");
  if (clean !== bare) {
    yield refuse(`"${glob}" matches nothing: paths begin at the root of the repository`, `write "${clean}"`);
  } else if (bare.endsWith("/")) {
    yield refuse(`"${glob}" matches nothing: changes are files, never folders`, `write "${bare}**"`);
  }
}

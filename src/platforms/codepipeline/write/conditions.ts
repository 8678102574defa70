import type { Condition } from "../../../model/delivery.ts";
import { matchesAny } from "../../../model/filters.ts";
import { shellWord } from "../../../model/shell-word.ts";
import { CannotWrite } from "../../generated.ts";

/** What is known of a place when the files are written. */
export interface KnownFacts {
  readonly environment: string | undefined;
  readonly branch: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Whether a condition holds at a place; `unknown` where a parameter decides, which is given when a run starts. */
export function holds(condition: Condition, facts: KnownFacts): "yes" | "no" | "unknown" {
  if ("all" in condition) return every(condition.all.map((part) => holds(part, facts)));
  if ("any" in condition) return opposite(every(condition.any.map((part) => opposite(holds(part, facts)))));
  if ("not" in condition) return opposite(holds(condition.not, facts));
  if ("environment" in condition) {
    return answer(facts.environment !== undefined && condition.environment.includes(facts.environment));
  }
  if ("branch" in condition) return answer(matchesAny(condition.branch, [facts.branch]));
  if ("event" in condition) throw unknownEvent();
  if ("parameter" in condition) return "unknown";
  if ("variable" in condition) return answer(facts.variables[condition.variable] === condition.equals);
  return condition satisfies never;
}

/** A condition as a command of a shell that succeeds when it holds. Values come in variables of the given names. */
export function conditionCommand(
  condition: Condition,
  names: { parameter(name: string): string; variable(name: string): string },
): string {
  const inner = (one: Condition): string => conditionCommand(one, names);
  const joined = (parts: readonly string[], sign: string) =>
    parts.length === 1 ? parts[0]! : `{ ${parts.join(` ${sign} `)}; }`;
  if ("all" in condition) return condition.all.length === 0 ? "true" : joined(condition.all.map(inner), "&&");
  if ("any" in condition) return condition.any.length === 0 ? "false" : joined(condition.any.map(inner), "||");
  if ("not" in condition) return `! ${inner(condition.not)}`;
  if ("environment" in condition) {
    return joined(
      condition.environment.map((name) => equals("BATON_ENVIRONMENT", name)),
      "||",
    );
  }
  if ("branch" in condition) {
    const pattern = condition.branch.find((glob) => !/^[A-Za-z0-9._/-]+$/.test(glob));
    if (pattern !== undefined) {
      throw new CannotWrite(
        `the condition of a step tests the branch against the pattern ${pattern}, which a shell reads in another way`,
        "name the branches, or put the condition on the job",
      );
    }
    return joined(
      condition.branch.map((name) => equals("BATON_BRANCH", name)),
      "||",
    );
  }
  if ("event" in condition) throw unknownEvent();
  if ("parameter" in condition) return equals(names.parameter(condition.parameter), condition.equals);
  if ("variable" in condition) return equals(names.variable(condition.variable), condition.equals);
  return condition satisfies never;
}

const equals = (variable: string, value: string) => `[ "\${${variable}:-}" = ${shellWord(value)} ]`;

const answer = (is: boolean) => (is ? "yes" : "no");

function every(answers: readonly ("yes" | "no" | "unknown")[]): "yes" | "no" | "unknown" {
  if (answers.includes("no")) return "no";
  return answers.includes("unknown") ? "unknown" : "yes";
}

const opposite = (one: "yes" | "no" | "unknown") => (one === "yes" ? "no" : one === "no" ? "yes" : "unknown");

const unknownEvent = () =>
  new CannotWrite(
    "a condition asks for the event that started the run, and CodePipeline does not tell its actions",
    "use a parameter, which can be given when a run is started by hand",
  );

import { type ActionFacts, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { identity, readable } from "../../facts/written.ts";
import type { Moment } from "../../simulation/schedule.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { beginning } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate, Rule } from "../rule.ts";

export const changeSetNeverExecuted: Rule = {
  id: "change-set-never-executed",
  severity: "error",
  kind: "dead edge",
  title: "a change set is made and never executed",
  why: "CHANGE_SET_REPLACE only writes down what would change. Without CHANGE_SET_EXECUTE of the same change set the stage is green and the stack stays as it was.",
  url: awsDocumentation.cloudFormation,
  *find(analysis) {
    const pipelines = stagedPipelines(analysis.facts);
    for (const pipeline of pipelines) {
      if (pipeline.partial) continue;
      for (const action of pipeline.actions) {
        if (action.changeSet?.does !== "make" || isExecuted(analysis, action, pipeline)) continue;
        const { stack, name } = action.changeSet;
        const early = pipeline.actions.find((each) => executes(each, action) === "yes");
        const mistaken = pipeline.actions.find(
          (each) =>
            each.changeSet?.does === "execute" && analysis.before(action, each) && executes(each, action) === "no",
        );
        yield {
          message: early
            ? `"${early.label}" executes the change set "${readable(name.key)}" before or while "${action.label}" makes it`
            : `Nothing executes the change set "${readable(name.key)}" of stack "${readable(stack.key)}" that "${action.label}" makes`,
          at: name.at,
          related: early
            ? [{ at: early.keyAt, message: "It is executed here" }]
            : mistaken
              ? [{ at: mistaken.changeSet!.name.at, message: `"${mistaken.label}" executes another one` }]
              : [],
          confidence: pipeline.actions.some((each) => each.opaque && analysis.before(action, each)) ? "low" : "high",
          ...unexecuted(analysis, pipeline, { make: action, early }),
          help: "Add an action with CHANGE_SET_EXECUTE, the same stack and the same change set name, at a higher run order or in a later stage. Without a review in between, CREATE_UPDATE does both at once.",
        };
      }
    }
  },
};

interface Unexecuted {
  readonly make: ActionFacts;
  readonly early: ActionFacts | undefined;
}

/** The run goes through, and what was made is left as it is. */
function unexecuted(
  analysis: Analysis,
  pipeline: StagedPipeline,
  { make, early }: Unexecuted,
): Pick<Candidate, "schedule" | "claim"> {
  const chain = analysis.clearest(pipeline);
  const job = jobPattern(make, chain);
  const name = readable(make.changeSet!.name.key);
  const runs = stagedPipelines(analysis.facts).flatMap(({ actions }) => actions);
  const by = runs.filter((each) => executes(each, make) === "yes").map((each) => jobPattern(each, chain));
  const made: Moment = { kind: "job-ended", job, conclusion: "success" };
  return {
    schedule: [
      beginning(chain, pipeline),
      ...(early ? [`"${early.label}" executes the change set "${name}" of an earlier run, or finds none`] : []),
      `"${make.label}" makes the change set "${name}"`,
      "the run goes on to its end: the stack stays as it was",
    ],
    claim: analysis.claim(
      [chain],
      early
        ? [{ kind: "job-ended", job: jobPattern(early, chain) }, made]
        : [made, { kind: "run-ended", run: job.run, conclusion: "success" }],
      { kind: "not-followed", job, by },
    ),
  };
}

function isExecuted(analysis: Analysis, action: ActionFacts, own: StagedPipeline): boolean {
  const all = stagedPipelines(analysis.facts);
  const later = own.actions.filter((each) => analysis.before(action, each) || each.runOrder === undefined);
  const elsewhere = all.filter((pipeline) => pipeline !== own).flatMap((pipeline) => pipeline.actions);
  return [...later, ...elsewhere].some((each) => executes(each, action) !== "no" || executesByCommand(each));
}

function executes(each: ActionFacts, { changeSet }: ActionFacts): "yes" | "no" | "unknown" {
  if (each.changeSet?.does !== "execute" || !changeSet) return "no";
  const sides = [changeSet.stack, each.changeSet.stack, changeSet.name, each.changeSet.name].map(({ key }) =>
    identity(key),
  );
  if (sides.includes(undefined)) return "unknown";
  return sides[0] === sides[1] && sides[2] === sides[3] ? "yes" : "no";
}

function executesByCommand({ accesses }: ActionFacts): boolean {
  return accesses.some((access) => access.tool === "aws cloudformation execute-change-set");
}

import { type ActionFacts, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import type { RunPattern } from "../../simulation/scenario.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { again } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate, Rule } from "../rule.ts";

export const supersededApproval: Rule = {
  id: "superseded-approval",
  severity: "warning",
  kind: "wrong lock",
  title: "runs that wait for an approval are replaced by newer ones",
  why: "In execution mode SUPERSEDED a run that waits in front of a stage is dropped, without a word to anybody, as soon as a newer one arrives. That is right where only the newest state counts and every run holds all changes before it. It is wrong where each run is to be looked at and approved by itself, or where what was tested and announced must be what is approved.",
  url: awsDocumentation.executions,
  *find(analysis) {
    for (const pipeline of stagedPipelines(analysis.facts)) {
      const { actions, label, mode, modeAt, nameAt, starts } = pipeline;
      const approval = actions.find((action) => action.kind === "approval");
      if (mode !== "superseded" || !approval) continue;
      // Without a start of its own nobody is overtaken by chance.
      if (!starts.some(({ cause }) => cause.kind !== "schedule" && cause.kind !== "other")) continue;
      yield {
        message: `Runs of ${label} that wait for "${approval.label}" are replaced by newer ones: the execution mode is SUPERSEDED${modeAt ? "" : ", the default"}`,
        at: modeAt ?? nameAt,
        related: [{ at: approval.keyAt, message: "People are asked here, one run at a time" }],
        // Whoever wrote the mode has most likely chosen it.
        severity: modeAt ? "note" : "warning",
        confidence: modeAt ? "low" : "medium",
        ...overtaken(analysis, pipeline, approval),
        help: "Where every run is to be approved, set the execution mode QUEUED (pipeline type V2). Where only the newest state counts, write SUPERSEDED down, so that readers see it was chosen.",
      };
    }
  },
};

/** The first run is asked about, the second waits for the answer, the third takes its place. */
function overtaken(
  analysis: Analysis,
  pipeline: StagedPipeline,
  approval: ActionFacts,
): Pick<Candidate, "schedule" | "claim"> {
  const chain = analysis.clearest(pipeline);
  const { described } = chain;
  const chains = [1, 2, 3].map((number) => again(chain, `start-${number}`, `c${number}`));
  const asked = jobPattern(approval, chains[0]!);
  const second: RunPattern = { pipeline: pipeline.id, event: "start-2" };
  const path = [approval.stageLabel];
  const [repeated] = described.split(" -> ");
  return {
    schedule: [
      `${described} -> run 1 reaches "${approval.label}" and holds stage "${approval.stageLabel}"`,
      `${repeated} again -> run 2 waits in front of the stage`,
      `${repeated} once more -> run 3 takes the place of run 2, which ends as Superseded`,
      "run 1 is answered; run 3 is asked about next; run 2 never is",
    ],
    claim: analysis.claim(
      chains,
      [
        { kind: "job-started", job: asked },
        { kind: "queued", run: second, path },
        { kind: "dropped", run: second, path },
        { kind: "job-ended", job: asked },
        { kind: "job-started", job: jobPattern(approval, chains[2]!) },
      ],
      { kind: "dropped", run: second, path },
    ),
  };
}

import type { ActionFacts, StagedPipeline } from "../../facts/staged.ts";
import type { RunPattern } from "../../simulation/scenario.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { actionPattern, asEvent, stagedChain, stagedScenario } from "../analysis/staged-claims.ts";
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
    for (const pipeline of analysis.facts.staged?.pipelines ?? []) {
      const { actions, label, mode, modeAt, nameAt, starts } = pipeline;
      const approval = actions.find((action) => action.kind === "approval");
      if (mode !== "superseded" || !approval) continue;
      // Without a start of its own nobody is overtaken by chance.
      if (!starts.some((start) => start.kind !== "other")) continue;
      yield {
        message: `Runs of ${label} that wait for "${approval.label}" are replaced by newer ones: the execution mode is SUPERSEDED${modeAt ? "" : ", the default"}`,
        at: modeAt ?? nameAt,
        related: [{ at: approval.nameAt, message: "People are asked here, one run at a time" }],
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
  const { root, choices, described } = stagedChain(analysis, pipeline);
  const events = [1, 2, 3].map((number) => asEvent(root, `start-${number}`, `c${number}`));
  const asked = actionPattern(approval, "start-1");
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
    claim: {
      scenario: stagedScenario(analysis, { events, choices, pipelines: [pipeline] }),
      schedule: [
        { kind: "job-started", job: asked },
        { kind: "queued", run: second, path },
        { kind: "dropped", run: second, path },
        { kind: "job-ended", job: asked },
        { kind: "job-started", job: actionPattern(approval, "start-3") },
      ],
      bad: { kind: "dropped", run: second, path },
    },
  };
}

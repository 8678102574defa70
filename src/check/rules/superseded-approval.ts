import { awsDocumentation } from "../documentation-aws.ts";
import type { Rule } from "../rule.ts";

export const supersededApproval: Rule = {
  id: "superseded-approval",
  severity: "warning",
  kind: "wrong lock",
  title: "runs that wait for an approval are replaced by newer ones",
  why: "In execution mode SUPERSEDED a run that waits in front of a stage is dropped, without a word to anybody, as soon as a newer one arrives. That is right where only the newest state counts and every run holds all changes before it. It is wrong where each run is to be looked at and approved by itself, or where what was tested and announced must be what is approved.",
  url: awsDocumentation.executions,
  *find({ facts }) {
    for (const { actions, label, mode, modeAt, nameAt, starts } of facts.staged?.pipelines ?? []) {
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
        schedule: [
          `push 1 -> a run reaches "${approval.label}" and holds its stage`,
          "push 2 -> its run is tested and waits in front of the stage",
          "push 3 -> its run takes the place of run 2, which ends as Superseded",
          "run 1 is answered; run 3 is asked about next; run 2 never is",
        ],
        help: "Where every run is to be approved, set the execution mode QUEUED (pipeline type V2). Where only the newest state counts, write SUPERSEDED down, so that readers see it was chosen.",
      };
    }
  },
};

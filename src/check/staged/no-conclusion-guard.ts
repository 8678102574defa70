import type { StagedPipeline, StagedStart, Written } from "../../facts/staged.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { actionPattern, namedBy, stagedChain, stagedScenario } from "../analysis/staged-claims.ts";
import { firstDeployment, stagedPipelines } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A deploying pipeline that an event rule starts whatever becomes of the one before. */
export function* startedByFailure(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis)) {
    const deployment = firstDeployment(pipeline);
    if (!deployment) continue;
    const seen = new Set<string>();
    for (const start of pipeline.starts) {
      for (const named of listenedTo(start)) {
        const before = namedBy(analysis, named);
        if (!before || before.id === pipeline.id || seen.has(before.id)) continue;
        const failing = lastAction(before);
        if (!failing) continue;
        seen.add(before.id);
        const { root, choices, described } = stagedChain(analysis, before);
        const run = { pipeline: before.id, event: root.id };
        const follower = actionPattern(deployment, root.id);
        const scenario = stagedScenario(analysis, {
          events: [root],
          choices,
          pipelines: [pipeline, before],
          except: failing,
        });
        yield {
          message: `${pipeline.label} starts, and "${deployment.label}" deploys, also when ${before.label} failed`,
          at: start.at,
          related: [{ at: deployment.nameAt, message: `"${deployment.label}" deploys` }],
          confidence: "high",
          schedule: [
            `${described} -> ${before.label} starts`,
            `${before.label} fails`,
            `the rule lets the event through -> ${pipeline.label} starts all the same`,
            `"${deployment.label}" deploys`,
          ],
          why: "A rule on the state of a pipeline starts its target for every state that it does not leave out: when the pipeline before starts, when it fails and when it is cancelled.",
          url: awsDocumentation.events,
          help: "Let the pattern of the rule ask for `state: [SUCCEEDED]`.",
          claim: {
            scenario: {
              ...scenario,
              outcomes: [{ job: actionPattern(failing, root.id), outcome: "failure" }, ...scenario.outcomes],
            },
            schedule: [
              { kind: "run-ended", run, conclusion: "failure" },
              { kind: "job-started", job: follower },
            ],
            bad: { kind: "runs-after-run", run, conclusions: ["failure"], follower },
          },
        };
      }
    }
  }
}

/** The pipelines whose failure starts it as their success does. Who listens to failures alone cleans up after them. */
function listenedTo(start: StagedStart): readonly Written[] {
  if (start.kind === "after") return start.besides.includes("FAILED") ? [start.pipeline] : [];
  return start.kind === "state" && start.states === undefined ? (start.pipelines ?? []) : [];
}

/** The last that is no source: what fails it has done everything else. */
function lastAction({ actions }: StagedPipeline) {
  return actions.findLast(({ kind }) => kind !== "source");
}

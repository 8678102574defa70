import type { Pipeline } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { can, jobPattern, sameRoot } from "../analysis/analysis.ts";
import { pathsApart } from "../analysis/beside.ts";
import { isDocumentation, lastingEffects } from "../analysis/effects.ts";
import { jobName } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const pushAndWorkflowRunBoth: Rule = {
  id: "push-and-workflow-run-both",
  severity: "error",
  kind: "race",
  title: "one push starts the deployment twice, once before the tests",
  why: "With both `push` and `workflow_run`, one commit runs the job twice: at once, beside the workflow it should wait for, and again when that one has ended.",
  url: documentation.workflowRun,
  *find(analysis) {
    const seen = new Set<string>();
    for (const { pipeline, job } of analysis.work()) {
      const effects = lastingEffects(job);
      const [effect] = effects;
      if (!effect || seen.has(pipeline.id)) continue;
      const chains = analysis.chains(pipeline);
      for (const direct of chains) {
        if (direct.upstream || direct.root.kind !== "push") continue;
        const after = chains.find(
          (chain) =>
            chain.upstream &&
            sameRoot(chain, direct) &&
            !analysis.startsAfter(chain, pipeline.id) &&
            // Each for its own paths, and again after the other: that is wanted.
            !pathsApart(chain.upstream, direct) &&
            effects.some(
              ({ step }) =>
                can(job.runs(direct.circumstances)) &&
                can(job.runs(chain.circumstances)) &&
                can(step?.runs(direct.circumstances) ?? "yes") &&
                can(step?.runs(chain.circumstances) ?? "yes"),
            ),
        );
        if (!after) continue;
        seen.add(pipeline.id);
        const upstream = analysis.facts.pipeline(after.circumstances.upstream!.pipeline)!.label;
        const again = isStaged(pipeline) ? "succeeds" : "completes";
        const filtered = direct.start.cause.kind === "push" && direct.start.cause.paths.kind === "patterns";
        const event = `${direct.described}${filtered ? " that touches its paths" : ""}`;
        const does = effect.kind === "publish" ? "publishes" : "deploys";
        yield {
          message: `One ${event} runs "${jobName(job)}" twice: at once, beside ${upstream}, and again after it`,
          at: direct.start.at,
          related: [
            { at: after.start.at, message: `The second start, after ${upstream}` },
            { at: job.keyAt, message: `Job "${jobName(job)}" runs both times` },
          ],
          confidence: "high",
          ...(isDocumentation(effect) ? { severity: "warning" as const } : {}),
          schedule: [
            `${event} -> ${pipeline.label} starts; ${upstream} starts`,
            `"${jobName(job)}" ${does} while ${upstream} still runs`,
            `${upstream} ${again} -> ${pipeline.label} starts again`,
            `"${jobName(job)}" ${does} a second time`,
          ],
          ...(isStaged(pipeline)
            ? inStages(pipeline, upstream)
            : {
                help: `Keep one of the two: remove \`push\` and guard the workflow_run, or split the jobs by \`github.event_name\`.`,
              }),
          claim: analysis.claim(
            [direct],
            [
              { kind: "job-ended", job: jobPattern(job, direct) },
              { kind: "job-started", job: jobPattern(job, direct) },
            ],
            { kind: "runs-times", job: jobPattern(job, direct), times: 2 },
          ),
        };
        break;
      }
    }
  },
};

function inStages({ label }: Pipeline, upstream: string): Pick<Candidate, "why" | "url" | "help"> {
  return {
    why: "A run that starts with the push does not wait for the pipeline that it is to come after: it uses what the last push left. The second run repairs that, if it is not superseded, and everything is done twice.",
    url: awsDocumentation.triggers,
    help: `Keep one of the two: switch off change detection of the source of ${label} (\`DetectChanges: false\`), or the start after ${upstream}.`,
  };
}

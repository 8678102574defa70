import type { JobFacts, Pipeline, Start, StepFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const requiredCheckNeverReports: Rule = {
  id: "required-check-never-reports",
  severity: "warning",
  kind: "dead edge",
  title: "a status is set to pending that nothing ends for some changes",
  why: "Every pull request gets the status, but only a run that is filtered by paths ends it. With the status required, a pull request outside of those paths waits for ever.",
  url: documentation.syntax,
  *find(analysis) {
    for (const pipeline of analysis.facts.pipelines) {
      const hit = hitOf(analysis, pipeline);
      if (!hit) continue;
      const { job, step, chain, filtered, ends } = hit;
      const names = list(filtered.map(({ pipeline: id }) => fileName(id)));
      if (chain.root.kind !== "pull-request") continue;
      const root = { ...chain.root, paths: ["outside-of-every-filter"] };
      const opened = { ...chain, root };
      yield {
        message: `"${jobName(job)}" sets a status to pending that only ${names} can end, and a pull request outside of its paths does not start that`,
        at: step.at,
        related: [
          ...filtered.map(({ at }) => ({ at, message: "Starts for these paths alone" })),
          { at: ends.at, message: "Ends the status, after that" },
        ],
        confidence: "medium",
        schedule: [
          `pull request that touches nothing of ${names} -> "${jobName(job)}" sets the status to pending`,
          `${names} is not started, so ${fileName(pipeline.id)} is not started after it`,
          "the status stays pending",
        ],
        help: `Let ${names} start for every pull request and skip the work inside, or set the status only for the same paths.`,
        claim: analysis.claim([opened], [{ kind: "job-ended", job: jobPattern(job, opened) }], {
          kind: "never-created",
          run: { pipeline: pipeline.id, after: analysis.facts.pipeline(filtered[0]!.pipeline)!.name },
        }),
      };
    }
  },
};

const setsStatus = /\/statuses\/|createCommitStatus|repos\.createCommitStatus|commit-status|set-status/i;
const pending = /state[=:"'\s]+pending|"pending"|'pending'/i;

interface Hit {
  readonly job: JobFacts;
  readonly step: StepFacts;
  readonly chain: TriggerChain;
  /** What starts the runs that end it: each for certain paths. */
  readonly filtered: readonly Start[];
  readonly ends: Start;
}

function hitOf(analysis: Analysis, pipeline: Pipeline): Hit | undefined {
  const ends = pipeline.starts.find(({ cause }) => cause.kind === "completion");
  const opening = pipeline.starts.find(({ cause }) => cause.kind === "pull-request" && cause.paths.kind === "all");
  if (ends?.cause.kind !== "completion" || !opening || ends.cause.dangling.length > 0) return undefined;
  const before = ends.cause.upstream.flatMap(({ pipeline: id }) => analysis.facts.pipeline(id)?.starts ?? []);
  const filtered = before.filter(({ cause }) => cause.kind === "pull-request");
  if (
    filtered.length === 0 ||
    filtered.some(
      ({ cause }) => cause.kind !== "pull-request" || cause.paths.kind !== "patterns" || cause.paths.inverted,
    )
  ) {
    return undefined;
  }
  const chain = analysis.chains(pipeline).find((each) => each.start === opening && !each.circumstances.outsider);
  if (!chain) return undefined;
  for (const job of pipeline.jobs) {
    const step = job.steps.find(({ text }) => setsStatus.test(text) && pending.test(text));
    if (step && can(analysis.stepRuns(job, step, chain.circumstances))) return { job, step, chain, filtered, ends };
  }
  return undefined;
}

import { showKey } from "../../facts/show-key.ts";
import { type Analysis, can } from "../analysis/analysis.ts";
import { type ArtifactAccess, artifactsOf, mayMean, mayUploadUnseen } from "../analysis/artifacts.ts";
import { findsNothing } from "../analysis/found-claims.ts";
import { expression, fileName, jobName, literalText } from "../analysis/wording.ts";
import { addParameters, replaceScalar } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const downloadWithoutRunId: Rule = {
  id: "download-without-run-id",
  severity: "error",
  kind: "broken hand-off",
  title: "downloads from its own run what another run has uploaded",
  why: "actions/download-artifact without `run-id` looks only into the current run. The artifact of the workflow before is in another one, so the download fails every time.",
  url: documentation.artifacts,
  *find(analysis) {
    const { uploads, downloads } = artifactsOf(analysis);
    const seen = new Set<object>();
    yield* namingNoRun(analysis, downloads);
    yield* namingNothing(analysis, downloads);
    for (const download of downloads) {
      const { pipeline, job, step, access, name } = download;
      if (access.binding.kind !== "this-run" || !/download-artifact/.test(access.tool) || seen.has(step.at)) continue;
      if (download.pattern || name.length === 0 || step.failureIgnored) continue;
      if (uploads.some((upload) => upload.pipeline === pipeline && mayMean(download, upload))) continue;
      if (mayUploadUnseen(pipeline, literalText(download.name)) || calledElsewhere(downloads, uploads, download))
        continue;
      // Whatever decides whether it runs: when it does, it fails.
      const chain = analysis.chains(pipeline).find((each) => analysis.stepRuns(job, step, each.circumstances) !== "no");
      if (!chain) continue;
      // Where its own run uploads nothing at all, whatever the name stands for is in another one.
      const uploadsNothing = !uploads.some((upload) => upload.pipeline === pipeline);
      const producer = uploads.find(
        (upload) =>
          upload.pipeline !== pipeline &&
          mayMean(download, upload) &&
          (uploadsNothing || literalText(upload.name) !== undefined),
      );
      if (!producer) continue;
      seen.add(step.at);
      const upstream = chain.upstream && chain.circumstances.upstream!.pipeline === producer.pipeline.id;
      const edits =
        upstream && step.edit && !step.parameter("github-token") && !step.parameter("run-id")
          ? [
              addParameters(step.edit, [
                `run-id: ${expression("github.event.workflow_run.id")}`,
                `github-token: ${expression("secrets.GITHUB_TOKEN")}`,
              ]),
            ]
          : undefined;
      yield {
        message: `"${jobName(job)}" downloads "${showKey(name)}" from its own run, but ${fileName(producer.pipeline.id)} uploads it in another one`,
        at: step.at,
        related: [{ at: producer.step.at, message: `Uploaded here, by "${jobName(producer.job)}"` }],
        confidence: "high",
        schedule: [
          `${fileName(producer.pipeline.id)} uploads "${showKey(producer.name)}" in its run`,
          `${chain.described} -> ${fileName(pipeline.id)} starts a run of its own`,
          `"${jobName(job)}" looks for "${showKey(name)}" there: not found`,
        ],
        help: upstream
          ? `Name the run and a token: \`run-id: \${{ github.event.workflow_run.id }}\` and \`github-token: \${{ secrets.GITHUB_TOKEN }}\` (with \`actions: read\`).`
          : "Start this workflow with workflow_run after the one that uploads, and pass its `run-id` and a `github-token`; or make both one run.",
        ...(edits ? { edits } : {}),
        claim: findsNothing(analysis, { job, step, chain }),
      };
    }
  },
};

/** The number of a workflow, or how often it has run, is not the id of a run. */
const notARun = /^github\.event\.workflow_run\.(workflow_id|run_number|check_suite_id)$/;

function* namingNoRun(analysis: Analysis, downloads: readonly ArtifactAccess[]): Generator<Candidate> {
  for (const { pipeline, job, step, access, name } of downloads) {
    if (access.binding.kind !== "given-run" || step.failureIgnored) continue;
    const [only, ...more] = step.resolve(access.binding.run);
    if (only?.kind !== "expression" || more.length > 0 || !notARun.test(only.text.trim().toLowerCase())) continue;
    const chain = analysis.chains(pipeline).find((each) => can(analysis.stepRuns(job, step, each.circumstances)));
    const parameter = step.parameter("run-id") ?? step.parameter("run_id");
    if (!chain || !parameter) continue;
    const edits = replaceScalar(parameter.at, expression("github.event.workflow_run.id"));
    yield {
      message: `"${jobName(job)}" looks for "${showKey(name)}" in a run that does not exist: ${only.text.trim()} is not the id of a run`,
      at: parameter.at,
      confidence: "high",
      schedule: [
        `${chain.described} -> ${fileName(pipeline.id)} starts${chain.upstream ? ` after ${fileName(chain.upstream.start.pipeline)}` : ""}`,
        `"${jobName(job)}" asks for the artifacts of run ${only.text.trim()}: not found`,
      ],
      help: `Name the run: \`\${{ github.event.workflow_run.id }}\`.`,
      ...(edits ? { edits } : {}),
      claim: findsNothing(analysis, { job, step, chain }),
    };
  }
}

/** Started in another way, what is to name the run has no value. */
function* namingNothing(analysis: Analysis, downloads: readonly ArtifactAccess[]): Generator<Candidate> {
  const seen = new Set<object>();
  for (const { pipeline, job, step, access, name } of downloads) {
    if (access.binding.kind !== "given-run" || !/download-artifact$/.test(access.tool) || step.failureIgnored) continue;
    const { run } = access.binding;
    const parameter = step.parameter("run-id");
    const chain = analysis
      .chains(pipeline)
      .find(
        (each) =>
          can(analysis.stepRuns(job, step, each.circumstances)) && step.resolve(run, each.circumstances).length === 0,
      );
    if (!chain || !parameter || seen.has(step.at)) continue;
    seen.add(step.at);
    const fallback = `${showKey(run).replace(/^\$\{\{\s*|\s*\}\}$/g, "")} || github.run_id`;
    const edits = replaceScalar(parameter.at, expression(fallback));
    yield {
      message: `"${jobName(job)}" names no run for "${showKey(name)}" when ${chain.start.event} starts ${fileName(pipeline.id)}: \`run-id\` is empty there`,
      at: parameter.at,
      related: [{ at: chain.start.at, message: `Started by ${chain.start.event}` }],
      confidence: "high",
      schedule: [
        `${chain.described} -> ${fileName(pipeline.id)} starts: nothing has completed before it`,
        `"${jobName(job)}" asks for the artifacts of a run without an id: the action fails`,
      ],
      help: `Fall back to the run itself, where the artifact may lie: \`run-id: ${expression(fallback)}\`.`,
      ...(edits ? { edits } : {}),
      claim: findsNothing(analysis, { job, step, chain }),
    };
  }
}

/** The same step finds the artifact in the run of some other caller: then the workflow is made for being called there. */
function calledElsewhere(
  downloads: readonly ArtifactAccess[],
  uploads: readonly ArtifactAccess[],
  download: ArtifactAccess,
): boolean {
  return (
    download.pipeline.callable ||
    downloads.some(
      (other) =>
        other !== download &&
        other.step.at === download.step.at &&
        uploads.some((upload) => upload.pipeline === other.pipeline && mayMean(other, upload)),
    )
  );
}

import type { Activation } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { type Analysis, can } from "../analysis/analysis.ts";
import { type ArtifactAccess, artifactsOf, mayMean, mayUploadUnseen } from "../analysis/artifacts.ts";
import { findsNothing } from "../analysis/found-claims.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const artifactOnlyOnSomeTriggers: Rule = {
  id: "artifact-only-on-some-triggers",
  severity: "error",
  kind: "broken hand-off",
  title: "the artifact is not made on this trigger",
  why: "The step that downloads runs on events on which no step uploads. It fails, or takes what some other event left behind.",
  url: documentation.artifacts,
  *find(analysis) {
    const { uploads, downloads } = artifactsOf(analysis);
    const seen = new Set<object>();
    for (const download of downloads) {
      if (seen.has(download.step.at) || download.step.failureIgnored) continue;
      const ofOwnRun = download.access.binding.kind === "this-run";
      const producers = uploads.filter(
        (upload) => (!ofOwnRun || upload.pipeline === download.pipeline) && mayMean(download, upload),
      );
      if (producers.length === 0) continue;
      const found = searched(analysis, download, producers);
      if (!found) continue;
      seen.add(download.step.at);
      yield found;
    }
  },
};

function searched(
  analysis: Analysis,
  download: ArtifactAccess,
  producers: readonly ArtifactAccess[],
): Candidate | undefined {
  switch (download.access.binding.kind) {
    case "this-run":
      return inOneRun(analysis, download, producers);
    case "given-run":
      return fromRunBefore(analysis, download, producers);
    case "latest":
      return fromElsewhere(analysis, download, producers);
    default:
      return undefined;
  }
}

/** Within one run: the download is certain to run, and every upload is certain not to. */
function inOneRun(
  analysis: Analysis,
  download: ArtifactAccess,
  producers: readonly ArtifactAccess[],
): Candidate | undefined {
  const { pipeline, job, step } = download;
  if (producers.length === 0 || download.pattern || download.name.length === 0 || mayUploadUnseen(pipeline))
    return undefined;
  const chain = analysis
    .chains(pipeline)
    .find(
      (each) =>
        each.start.cause.kind !== "call" &&
        can(analysis.stepRuns(job, step, each.circumstances)) &&
        producers.every((producer) => uploadRuns(analysis, producer, each) === "no"),
    );
  if (!chain) return undefined;
  const [producer] = producers;
  return candidate(analysis, {
    download,
    producer: producer!,
    chain,
    words: `"${jobName(producer!.job)}" does not upload it then`,
  });
}

function uploadRuns(analysis: Analysis, { job, step }: ArtifactAccess, chain: TriggerChain): Activation {
  return analysis.stepRuns(job, step, chain.circumstances);
}

/** From the run before: that run, on this event, uploads nothing. */
function fromRunBefore(
  analysis: Analysis,
  download: ArtifactAccess,
  producers: readonly ArtifactAccess[],
): Candidate | undefined {
  const { pipeline, job, step } = download;
  if (download.pattern || download.name.length === 0 || !namesRunBefore(download)) return undefined;
  const chain = analysis.chains(pipeline).find((each) => {
    const { upstream } = each;
    if (!upstream || each.depth > 1 || !can(analysis.stepRuns(job, step, each.circumstances))) return false;
    const before = analysis.facts.pipeline(upstream.start.pipeline)!;
    const own = producers.filter((producer) => producer.pipeline === before);
    return (
      own.length > 0 &&
      !mayUploadUnseen(before) &&
      own.every((producer) => uploadRuns(analysis, producer, upstream) === "no")
    );
  });
  if (!chain) return undefined;
  const producer = producers.find((each) => each.pipeline.id === chain.upstream!.start.pipeline)!;
  return candidate(analysis, {
    download,
    producer,
    chain,
    words: `${fileName(producer.pipeline.id)} does not upload it for ${chain.described}`,
  });
}

function namesRunBefore({ access }: ArtifactAccess): boolean {
  return (
    access.binding.kind === "given-run" &&
    access.binding.run.some((part) => part.kind === "expression" && /workflow_run\.id/.test(part.text))
  );
}

/** The newest of another workflow: one that never runs for this event, and only for changes that are not merged. */
function fromElsewhere(
  analysis: Analysis,
  download: ArtifactAccess,
  producers: readonly ArtifactAccess[],
): Candidate | undefined {
  const { pipeline, job, step, access } = download;
  const workflow = access.details.get("workflow");
  const named = workflow && literalText(step.resolve(workflow));
  const elsewhere = producers.filter(
    (producer) =>
      producer.pipeline !== pipeline &&
      (named === undefined || fileName(producer.pipeline.id) === fileName(named) || producer.pipeline.name === named),
  );
  if (elsewhere.length === 0 || producers.some((producer) => producer.pipeline === pipeline)) return undefined;
  const onlyPullRequests = elsewhere.every((producer) =>
    analysis
      .chains(producer.pipeline)
      .filter((chain) => uploadRuns(analysis, producer, chain) !== "no")
      .every((chain) => chain.root.kind === "pull-request" && !chain.upstream && !closesMerged(chain)),
  );
  if (!onlyPullRequests) return undefined;
  const chain = analysis
    .chains(pipeline)
    .find(
      (each) => each.root.kind === "push" && !each.upstream && can(analysis.stepRuns(job, step, each.circumstances)),
    );
  if (!chain) return undefined;
  const [producer] = elsewhere;
  return candidate(analysis, {
    download,
    producer: producer!,
    chain,
    words: `${fileName(producer!.pipeline.id)} makes it for pull requests only`,
  });
}

function closesMerged(chain: TriggerChain): boolean {
  return chain.circumstances.action === "closed";
}

interface Found {
  readonly download: ArtifactAccess;
  readonly producer: ArtifactAccess;
  readonly chain: TriggerChain;
  readonly words: string;
}

function candidate(analysis: Analysis, { download, producer, chain, words }: Found): Candidate {
  const { job, step, name } = download;
  const label = name.length > 0 ? `"${showKey(name)}"` : "artifacts";
  return {
    message: `"${jobName(job)}" downloads ${label} on ${chain.described}, but ${words}`,
    at: step.at,
    related: [
      {
        at: producer.step.at,
        message: `Uploaded here, by "${jobName(producer.job)}" in ${fileName(producer.pipeline.id)}`,
      },
      { at: chain.start.at, message: `Started by ${chain.described}` },
    ],
    confidence: "high",
    schedule: [
      `${chain.described} -> ${fileName(download.pipeline.id)} starts`,
      words,
      `"${jobName(job)}" looks for ${label}`,
    ],
    help: "Build it on the same event, in the same run, or let the download run only where the upload does.",
    claim: findsNothing(analysis, { job, step, chain }),
  };
}

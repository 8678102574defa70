/**
 * Uploads that CodePipeline does itself: a job that is nothing but one `s3.sync` of one artifact, as it was left, becomes its
 * S3 action. The action unpacks a zip into the bucket and deletes nothing, so the job must keep what else is there, and who
 * leaves the artifact has to leave its files themselves and not the tar file that builds hand each other.
 */

import type { Step } from "../../../model/delivery.ts";
import { promisedOutputs } from "../../../model/job-values.ts";
import type { Statement } from "./infrastructure.ts";
import { type JobPlace, type Register, referenceOf } from "./job-place.ts";
import { artifactSource, knownText } from "./known-values.ts";
import { Names, path } from "./names.ts";
import { runningText } from "./native.ts";
import { permissionsOf } from "./permissions.ts";

export interface NativeUpload {
  /** The job whose artifact is uploaded. */
  readonly from: JobPlace;
  readonly bucket: string;
  readonly prefix: string | undefined;
  readonly cacheControl: string | undefined;
}

/** What a job uploads and does nothing else; undefined when a machine is needed. */
export function nativeUpload(place: JobPlace, register: Register): NativeUpload | undefined {
  const upload = uploadOf(place, register);
  return upload && leavesFiles(upload.from, register) ? upload : undefined;
}

/**
 * Whether a job leaves the files of its artifact themselves: when the artifact is its only one, and all who take it do so for
 * such an upload, in every environment and on every branch, because they share the buildspec.
 */
export function leavesFiles(place: JobPlace, register: Register): boolean {
  const [artifact, ...others] = Object.keys(place.job.artifacts);
  if (artifact === undefined || others.length > 0) return false;
  const takers = takersOf(`${place.pipeline.name}.${artifact}`, place);
  return takers.length > 0 && takers.every((taker) => uploadOf(taker, register) !== undefined);
}

/** Rights of who uploads: CodePipeline, as the pipeline's role or as one of the environment's account. */
export function uploadStatements(places: readonly JobPlace[], register: Register): Statement[] {
  const names = new Names();
  return places
    .filter((place) => nativeUpload(place, register) !== undefined)
    .flatMap((place) => permissionsOf(place, "as an upload").statements)
    .map((statement, index) => ({ ...statement, sid: names.of(String(index), statement.sid) }));
}

function takersOf(reference: string, { delivery, line, ...place }: JobPlace): JobPlace[] {
  // Whoever takes it on another branch counts as well.
  const everywhere = { ...line, onBranch: delivery.pipelines };
  return delivery.pipelines.flatMap((pipeline) =>
    Object.entries(pipeline.jobs)
      .filter(([, { uses }]) => uses.some(({ artifact }) => artifact === reference))
      .flatMap(([name, job]) => {
        const environments = job.per === "release" ? [undefined] : delivery.environments;
        return environments.map((environment) => ({
          ...place,
          ...{ delivery, line: everywhere, pipeline, name, job, environment },
        }));
      }),
  );
}

function uploadOf(place: JobPlace, register: Register): NativeUpload | undefined {
  const step = uploadStep(place);
  if (step === undefined) return undefined;
  const { inputs } = step.action!;
  const [use] = place.job.uses;
  // All of the artifact and nothing beside it.
  const isWhole = typeof inputs.from === "string" && path(step.workingDirectory, inputs.from) === path(use!.path);
  const { from } = artifactSource(use!.artifact, place);
  if (!isWhole) return undefined;
  const texts = ["bucket", "prefix", "cacheControl"].map((name) => {
    const value = inputs[name];
    return value === undefined ? "" : runningText(value, place, register);
  });
  const [bucket, prefix, cacheControl] = texts;
  if (bucket === undefined || prefix === undefined || cacheControl === undefined) return undefined;
  // A bucket that only a run knows is in no policy unless the team names it.
  const isNamed = knownText(inputs.bucket, place) !== undefined && (prefix === "" || knownText(inputs.prefix, place));
  const isAllowed = Object.hasOwn(place.options.settings.permissions, referenceOf(place));
  if (!isNamed && !isAllowed) return undefined;
  return { from, bucket, prefix: prefix || undefined, cacheControl: cacheControl || undefined };
}

/** The only step, when all that it asks for is what the action can do. */
function uploadStep(place: JobPlace): Step | undefined {
  const { job, pipeline, line } = place;
  const [step, ...others] = job.steps;
  // An action cannot leave itself out where its pipeline stays as it is.
  if (line.joined) return undefined;
  if (step?.action?.kind !== "s3.sync" || others.length > 0 || job.uses.length !== 1) return undefined;
  if (step.action.inputs.others !== "kept") return undefined;
  if (job.retry.attempts > 1 || job.continueOnFailure || job.matrix || job.condition || job.per === "release")
    return undefined;
  if (step.condition || step.continueOnFailure || Object.keys(job.artifacts).length > 0) return undefined;
  // Whoever tells the AWS CLI where to go and as whom would not be heard.
  const names = [pipeline.env, job.env, step.env].flatMap((env) => Object.keys(env));
  if (names.some((name) => name.startsWith("AWS_"))) return undefined;
  return Object.keys(promisedOutputs(place.pipeline, place.name)).length > 0 ? undefined : step;
}

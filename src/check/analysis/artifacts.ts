/** Who uploads and who downloads which artifact. */

import type { Key, ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import type { Analysis } from "./analysis.ts";
import { patternKey, unify } from "./wording.ts";

export interface ArtifactAccess {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly step: StepFacts;
  readonly access: ResourceAccess;
  /** Inputs and environment filled in. Empty: all, or the tool's default name. */
  readonly name: Key;
  /** A glob over names. */
  readonly pattern: Key | undefined;
}

const memo = new WeakMap<Analysis, { uploads: ArtifactAccess[]; downloads: ArtifactAccess[] }>();

export function artifactsOf(analysis: Analysis): {
  readonly uploads: readonly ArtifactAccess[];
  readonly downloads: readonly ArtifactAccess[];
} {
  let found = memo.get(analysis);
  if (found) return found;
  found = { uploads: [], downloads: [] };
  memo.set(analysis, found);
  for (const pipeline of analysis.facts.pipelines) {
    for (const job of pipeline.jobs) {
      for (const step of job.steps) {
        for (const access of step.accesses) {
          if (access.kind !== "resource" || access.resource !== "artifact") continue;
          const pattern = access.details.get("pattern");
          const one: ArtifactAccess = {
            pipeline,
            job,
            step,
            access,
            name: step.resolve(access.key),
            pattern: pattern && step.resolve(pattern),
          };
          if (access.mode === "read") found.downloads.push(one);
          else found.uploads.push(one);
        }
      }
    }
  }
  return found;
}

/** Whether the download may mean this upload. */
export function mayMean(download: ArtifactAccess, upload: ArtifactAccess): boolean {
  if (download.pattern) return unify(patternKey(download.pattern), upload.name);
  return download.name.length === 0 || unify(download.name, upload.name);
}

/** Actions that upload artifacts of their own, and names that sound like it: what they upload is not known. */
const uploaders =
  /build-and-inspect|sbom|scorecard|megalinter|dist\b|maturin|cibuildwheel|wheel|packager?\b|build|bundle|artifact|report|upload|release|export|screenshot|snapshot|benchmark|publish|gradle|slsa|compile|unity/;

const plainOwners = /^(actions|docker|aws-actions|hashicorp|google-github-actions|azure|pnpm|astral-sh|codecov|ruby)\//;

/** What actions that build a site upload, whatever they are called: `actions/deploy-pages` asks for it by this name. */
const pagesArtifact = "github-pages";

/** Something in the run may upload artifacts, or the one of this name, that cannot be seen from here. */
export function mayUploadUnseen(pipeline: Pipeline, name = ""): boolean {
  return pipeline.jobs.some(
    (job) =>
      job.kind === "remote-call" ||
      job.steps.some(
        (step) =>
          // What an action does that is known is no secret.
          (step.action !== undefined &&
            step.accesses.length === 0 &&
            !plainOwners.test(step.action) &&
            (name === pagesArtifact || uploaders.test(step.action))) ||
          // A program of the repository's own, whatever its step is called.
          (step.kind === "action" && step.action === undefined) ||
          /uploadArtifact|DefaultArtifactClient|@actions\/artifact/.test(step.text),
      ),
  );
}

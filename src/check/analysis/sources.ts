/** Which revision a job works on. */

import type { ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, StepFacts } from "../../facts/facts.ts";
import { workflowRunFields } from "../../facts/workflow-run-fields.ts";
import type { Analysis } from "./analysis.ts";
import { artifactsOf, mayMean } from "./artifacts.ts";
import { testsCode } from "./effects.ts";
import { onceFor } from "./once-for.ts";
import { literalText } from "./wording.ts";

export interface Checkout {
  readonly step: StepFacts;
  readonly access: ResourceAccess;
  /** Text of what is checked out, lower case; empty for the default. */
  readonly ref: string;
  /** A branch that is written out, with its own spelling. */
  readonly branch: string | undefined;
}

/** The default branch, or any branch by its name, as it is when the step runs. */
export function takesTip({ ref, branch }: Checkout): boolean {
  return branch !== undefined || tips.has(firstThatIs(ref));
}

/** Of alternatives the first that a run after another has: what its event lacks is empty. */
function firstThatIs(ref: string): string {
  if (/[()&'"]/.test(ref)) return ref;
  const [first = "", ...rest] = ref.split("||").map((each) => each.trim());
  return rest.length > 0 && isEmptyAfterRun(first) ? firstThatIs(rest.join(" || ")) : first;
}

const ofOtherEvents =
  /^github\.(?:head_ref|base_ref|event\.(?:pull_request|release|inputs|head_commit|client_payload|merge_group)\b.*)$/;

function isEmptyAfterRun(path: string): boolean {
  const [, field] = /^github\.event\.workflow_run\.([a-z_]+)/.exec(path) ?? [];
  return field === undefined ? ofOtherEvents.test(path) : !workflowRunFields.has(field);
}

const tips: ReadonlySet<string> = new Set([
  "",
  "github.sha",
  "github.ref",
  "github.ref_name",
  "github.event.repository.default_branch",
]);

/** The jobs of the run whose files the job takes, nearest first: what they have checked out is what it works with. */
export function makersFor(analysis: Analysis, job: JobFacts): JobFacts[] {
  const { uploads, downloads } = artifactsOf(analysis);
  const taken = downloads.filter((each) => each.job === job && each.access.binding.kind === "this-run");
  if (taken.length === 0) return [];
  const makers = uploads.filter(
    (upload) => analysis.before(upload.job, job) && taken.some((download) => mayMean(download, upload)),
  );
  return [...new Set(makers.map((upload) => upload.job))];
}

/** Literal folders that the commands of a job work in; none for the root. */
export const foldersOf: (job: JobFacts) => readonly string[] = onceFor(({ steps }) => {
  const found = steps.flatMap((step) => {
    const own = step.folder && literalText(step.folder);
    const inside = [
      ...step.text.matchAll(
        /(?:^|[\n;&|])\s*cd\s+["']?([\w@][\w@./-]*)|\s(?:--prefix|--cwd|-chdir|--working-directory)[= ]["']?([\w@][\w@./-]*)/g,
      ),
    ];
    // Where an image is built.
    const context = step.parameter("context");
    const built = context && literalText(step.resolve(context.value));
    return [own, built, ...(step.kind === "command" ? inside.map(([, cd, flag]) => cd ?? flag) : [])];
  });
  return [...new Set(found.flatMap((folder) => normal(folder) ?? []))];
});

/** What is in other folders than a job and what makes its files does not speak about it; without a folder it speaks about all. */
export function sharesFolder(analysis: Analysis, job: JobFacts, other: JobFacts): boolean {
  const own = [job, ...analysis.jobsBefore(job)].flatMap(foldersOf);
  const others = foldersOf(other);
  if (own.length === 0 || others.length === 0) return true;
  return own.some((a) => others.some((b) => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`)));
}

function normal(text: string | undefined): string | undefined {
  const folder = text?.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  return !folder || folder === "." || folder.startsWith("..") || folder.startsWith("/") ? undefined : folder;
}

/** Checkouts of this repository. */
export function checkoutsOf(analysis: Analysis, job: JobFacts): Checkout[] {
  return job.steps.flatMap((step) =>
    step.accesses.flatMap((access): Checkout[] => {
      if (access.kind !== "resource" || access.resource !== "source" || access.mode !== "read") return [];
      if (!/checkout/.test(access.tool)) return [];
      const repository = step.parameter("repository");
      if (repository) {
        const name = literalText(step.resolve(repository.value));
        const [only] = repository.value;
        const own = repository.value.length === 1 && only?.kind === "expression" && only.text === "github.repository";
        if (!own && (name === undefined || name !== analysis.facts.repository)) return [];
      }
      const given = step.parameter("ref");
      const ref = given ? refText(step, given.value) : "";
      return [{ step, access, ref, branch: given && branchIn(literalText(step.resolve(given.value))) }];
    }),
  );
}

/** A commit and a tag stay where they are. */
function branchIn(ref: string | undefined): string | undefined {
  if (!ref || /^[0-9a-f]{7,40}$/i.test(ref) || /^(refs\/(tags|pull)\/|v?\d)/.test(ref)) return undefined;
  return ref.replace(/^refs\/heads\//, "");
}

function refText(step: StepFacts, value: Parameters<StepFacts["resolve"]>[0]): string {
  return step
    .resolve(value)
    .map((part) =>
      part.kind === "text" || part.kind === "expression" ? part.text : part.kind === "variable" ? `$${part.name}` : "?",
    )
    .join("")
    .toLowerCase();
}

/** Some command moves the work tree to a commit that the run was started for. */
export function movesToTestedCommit(job: JobFacts): boolean {
  return job.steps.some(
    (step) => step.kind === "command" && /git (checkout|reset|switch|worktree add)[^\n]*(sha|commit)/i.test(step.text),
  );
}

/** Takes what the run before has built, so its own checkout only brings scripts. */
export function takesBuiltFiles(analysis: Analysis, job: JobFacts): boolean {
  return [job, ...analysis.jobsBefore(job)].some((each) =>
    each.steps.some((step) =>
      step.accesses.some(
        (access) =>
          access.kind === "resource" &&
          access.resource === "artifact" &&
          access.mode === "read" &&
          (access.binding.kind === "given-run" ||
            access.binding.kind === "given-commit" ||
            access.binding.kind === "latest"),
      ),
    ),
  );
}

/** How people speak of what a run did with its commit. */
export function hasTested({ facts }: Analysis, pipeline: string): string {
  return facts.pipeline(pipeline)?.jobs.some(testsCode) ? "has tested" : "ran for";
}
